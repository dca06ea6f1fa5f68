/** What a bundle says of itself, and the log's signature over it: the twin of `ledger/verify/manifest.py`
 * and `ledger/proof/detached.py`. */
import { concat, equal, type Bytes } from "../bytes";
import { decode, isObject, type Json, type JsonObject } from "../canonical";
import { Problem } from "../problem";
import { dumps, loads, type Cbor } from "../proof/cbor";
import type { PublicKey } from "../proof/publickey";
import { isBytes, sigStructure } from "../proof/statement";

export const [MANIFEST, SIGNATURE] = ["manifest.json", "manifest.cose"] as const;
const CONTENT_TYPE = "application/vnd.unbroken.bundle+json; v=1";
export const PROOF = /^proofs\/(0|[1-9][0-9]{0,15})\.(?:cose|receipt\.cose|tlog-proof)$/;
const FILES = /^(README\.txt|verify\.html|schemas\.json|(checkpoints|entries)\/[0-9]{6}|report\/[0-9]{6}\.txt|evidence\/[0-9a-f]{64}|labels\/[0-9a-f]{64}\.png|timestamps\/[1-9][0-9]{0,18}-[0-9]{2}\.ers)$/;
const MAX_TEXT = 400; // code points
const HEX = /^[0-9a-f]{64}$/;
const MEMBERS = ["files", "format", "left_out", "log_key", "made_by", "origin", "request", "root", "size", "v", "whole"];
const LATER = ["therapies", "witnessed", "labels", "proofs"]; // older bundles lack these
const MAX_POLICY = 65536; // code points

export interface Manifest {
  origin: string;
  logKey: string;
  size: number;
  root: string;
  request: { position: number; statementId: string };
  whole: string[] | null;
  leftOut: { entries: number; files: string[] };
  files: { name: string; size: number; sha256: string }[];
  therapies: { given: string[]; unreadable: number } | null; // of a lot or a site
  witnessed: { policy: string; size: number } | null; // the operator's own policy, and the newest head that meets it
  labels: { leftOut: string[] } | null; // printed labels of which no picture is here
  proofs: { entries: number } | null; // of so many entries the proofs are here as files
}

/** True for a file that a bundle may hold beside the manifest and its signature. */
export function isName(name: string): boolean {
  return FILES.test(name) || PROOF.test(name);
}

/** Throws `Problem` `malformed_manifest`. */
export function readManifest(data: Uint8Array): Manifest {
  const said = decode(data);
  const { request, left_out: leftOut, files, whole } = said;
  if (LATER.some((name) => said[name] === null)) throw malformed(); // one that has nothing to say of it lacks the member
  const members = [...MEMBERS, ...LATER.filter((name) => name in said)].toSorted();
  const isOne = said["format"] === "unbroken bundle" && said["v"] === 1 && equalNames(said, members);
  if (!isOne || !isObject(request) || !isObject(leftOut) || !Array.isArray(files)) throw malformed();
  if (!equalNames(request, ["position", "statement_id"]) || !equalNames(leftOut, ["entries", "files"])) throw malformed();
  text(said["made_by"]);
  return {
    origin: text(said["origin"]), logKey: text(said["log_key"]), size: count(said["size"], 1), root: hex(said["root"]),
    request: { position: count(request["position"]), statementId: hex(request["statement_id"]) },
    whole: whole === null ? null : list(whole).map((one) => text(one)),
    leftOut: { entries: count(leftOut["entries"]), files: list(leftOut["files"]).map(hex) },
    files: files.map(listed), therapies: therapiesIn(said["therapies"] ?? null),
    witnessed: witnessedIn(said["witnessed"] ?? null), labels: labelsIn(said["labels"] ?? null), proofs: proofsIn(said["proofs"] ?? null),
  };
}

function labelsIn(value: Json): Manifest["labels"] {
  if (value === null) return null;
  if (!isObject(value) || !equalNames(value, ["left_out"])) throw malformed();
  return { leftOut: list(value["left_out"]).map(hex) };
}

function proofsIn(value: Json): Manifest["proofs"] {
  if (value === null) return null;
  if (!isObject(value) || !equalNames(value, ["entries"])) throw malformed();
  return { entries: count(value["entries"]) };
}

function witnessedIn(value: Json): Manifest["witnessed"] {
  if (value === null) return null;
  if (!isObject(value) || !equalNames(value, ["policy", "size"])) throw malformed();
  return { policy: text(value["policy"], MAX_POLICY), size: count(value["size"], 1) };
}

function therapiesIn(value: Json): Manifest["therapies"] {
  if (value === null) return null;
  if (!isObject(value) || !equalNames(value, ["given", "unreadable"])) throw malformed();
  return { given: list(value["given"]).map((one) => text(one)), unreadable: count(value["unreadable"]) };
}

function listed(value: Json): Manifest["files"][number] {
  if (!isObject(value) || !equalNames(value, ["name", "sha256", "size"])) throw malformed();
  return { name: text(value["name"]), size: count(value["size"]), sha256: hex(value["sha256"]) };
}

/** Throws `Problem` `bad_signature`. */
export async function checkSignature(raw: Uint8Array, signed: Bytes, key: PublicKey): Promise<void> {
  const [alg, signature] = partsOf(raw);
  const header = dumps(new Map<Cbor, Cbor>([[1, alg], [3, CONTENT_TYPE], [4, key.kid]]));
  const again = concat(Uint8Array.of(0xd2), dumps([header, new Map(), null, signature]));
  if (!equal(again, raw)) throw bad("not a signature by this log's key over a bundle");
  await key.verify(alg, signature, sigStructure(header, signed)).catch((error: unknown) => {
    throw bad(error instanceof Problem ? error.detail : String(error));
  });
}

function partsOf(raw: Uint8Array): [alg: number, signature: Bytes] {
  const body = loads(raw.subarray(1));
  const [header, , , signature] = Array.isArray(body) ? body : [];
  const protectedHeader = isBytes(header) ? loads(header) : null;
  const alg = protectedHeader instanceof Map ? protectedHeader.get(1) : undefined;
  if (typeof alg !== "number" || !isBytes(signature, 64)) throw bad("not the structure of a signature");
  return [alg, signature];
}

function equalNames(value: JsonObject, names: readonly string[]): boolean {
  return Object.keys(value).toSorted().join() === names.join();
}

function text(value: Json | undefined, most = MAX_TEXT): string {
  if (typeof value !== "string" || !value || [...value].length > most) throw malformed();
  return value;
}

function hex(value: Json | undefined): string {
  if (!HEX.test(text(value))) throw malformed();
  return value as string;
}

function count(value: Json | undefined, least = 0): number {
  if (!Number.isSafeInteger(value) || (value as number) < least) throw malformed();
  return value as number;
}

function list(value: Json | undefined): Json[] {
  if (!Array.isArray(value)) throw malformed();
  return value;
}

function malformed(): Problem {
  return new Problem("malformed", "malformed_manifest", "manifest.json has other members than a bundle's");
}

function bad(detail: string): Problem {
  return new Problem("proof_invalid", "bad_signature", detail);
}
