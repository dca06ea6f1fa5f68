/**
 * One entry's proof, step by step as a person can follow it: bytes, id, leaf, path, root, the log's
 * signature, and beside them the signer's own signature and what the device had seen. Every step is
 * computed here from what the server sent; it is asked for bytes only, never whether they are right.
 */

import { toHex, utf8, type Bytes } from "../../core/bytes";
import { decode, type JsonObject } from "../../core/canonical";
import { Problem } from "../../core/problem";
import { openCheckpoint, type SignedCheckpoint } from "../../core/proof/checkpoint";
import { sha256 } from "../../core/proof/hash";
import { leafHash, nodeHash, rootOfInclusion } from "../../core/proof/merkle";
import type { VerifierKey } from "../../core/proof/note";
import { parseReceipt, type Receipt } from "../../core/proof/receipt";
import { parse, sigStructure, type Statement } from "../../core/proof/statement";

export type StepName = "bytes" | "receipt" | "place" | "id" | "leaf" | "path" | "root" | "log";

/** `unreached`: an earlier step broke, so that this one says nothing. */
export interface Step {
  name: StepName;
  state: "ok" | "broken" | "unreached";
  value: string; // what the step arrived at, for people to compare
  why: string; // what is wrong, where it broke
}

/** One node on the way up: the sibling that the proof brings, and what both hash to. */
export interface Rung {
  sibling: string;
  side: "left" | "right";
  result: string;
}

export interface Walk {
  steps: Step[];
  ok: boolean;
  statement: Statement | null;
  fields: JsonObject | null;
  receipt: Receipt | null;
  rungs: Rung[];
}

const ORDER: readonly StepName[] = ["bytes", "receipt", "place", "id", "leaf", "path", "root", "log"];

/** Walks the proof of the entry at `position`. `expected`: the statement id that a link named. */
export async function walk(
  raw: Uint8Array, data: Uint8Array, position: number, vkey: VerifierKey, expected: string | null = null,
): Promise<Walk> {
  const found: Walk = { steps: [], ok: false, statement: null, fields: null, receipt: null, rungs: [] };
  const step = async (name: StepName, look: () => string | Promise<string>) => {
    found.steps.push({ name, state: "ok", value: await look(), why: "" });
  };
  try {
    let root: Bytes = new Uint8Array();
    await step("bytes", () => read(found, raw));
    await step("receipt", () => readReceipt(found, data, vkey));
    const receipt = found.receipt as Receipt;
    await step("place", () => placed(receipt, position));
    await step("id", async () => expectedId(toHex(await sha256(raw)), expected));
    await step("leaf", async () => toHex(await leafHash(raw)));
    await step("path", async () => {
      root = await rootOfInclusion(await leafHash(raw), receipt.index, receipt.size, receipt.proof);
      found.rungs = await ladder(raw, receipt);
      return String(receipt.proof.length);
    });
    await step("root", () => toHex(root));
    await step("log", async () => {
      await vkey.public.verify(receipt.alg, receipt.signature, sigStructure(receipt.protected, root));
      return toHex(vkey.public.kid);
    });
    found.ok = true;
  } catch (error) {
    broken(found.steps, error);
  }
  return found;
}

function broken(steps: Step[], error: unknown): void {
  const why = error instanceof Problem ? error.detail : String(error);
  for (const [number, name] of ORDER.slice(steps.length).entries()) {
    steps.push({ name, state: number ? "unreached" : "broken", value: "", why: number ? "" : why });
  }
}

function read(found: Walk, raw: Uint8Array): string {
  found.statement = parse(raw);
  found.fields = decode(found.statement.payload);
  return String(raw.length);
}

function readReceipt(found: Walk, data: Uint8Array, vkey: VerifierKey): string {
  const receipt = parseReceipt(data);
  if (receipt.origin !== vkey.name || toHex(receipt.kid) !== toHex(vkey.public.kid)) {
    throw new Problem("proof_invalid", "bad_receipt", `a receipt by ${receipt.origin}, where ${vkey.name} is due`);
  }
  found.receipt = receipt;
  return receipt.origin;
}

function placed(receipt: Receipt, position: number): string {
  if (receipt.index === position) return `${receipt.index}/${receipt.size}`;
  throw new Problem("proof_invalid", "wrong_receipt", `asked for entry ${position}, got the proof of ${receipt.index}`);
}

function expectedId(id: string, expected: string | null): string {
  if (expected === null || expected === id) return id;
  throw new Problem("proof_invalid", "wrong_receipt", `these bytes are statement ${id}, not ${expected}`);
}

/** RFC 9162 §2.1.3.2, written out rung by rung, so that each can be looked at. */
async function ladder(raw: Uint8Array, { index, size, proof }: Receipt): Promise<Rung[]> {
  const rungs: Rung[] = [];
  let [at, last, node] = [index, size - 1, await leafHash(raw)];
  for (const sibling of proof) {
    const left = at % 2 === 1 || at === last;
    while (left && at % 2 === 0 && at > 0) [at, last] = [at / 2, Math.floor(last / 2)];
    node = left ? await nodeHash(sibling, node) : await nodeHash(node, sibling);
    rungs.push({ sibling: toHex(sibling), side: left ? "left" : "right", result: toHex(node) });
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return rungs;
}

/** The head that the signer's device had seen, as the log's key signed it. Throws `Problem`. */
export async function seenHead(
  note: string, seen: { size: number; root: string }, vkey: VerifierKey,
): Promise<SignedCheckpoint> {
  const head = await openCheckpoint(utf8(note), vkey);
  if (head.size === seen.size && toHex(head.root) === seen.root) return head;
  throw new Problem("proof_invalid", "unknown_checkpoint", `the log never had the head of ${seen.size} entries that the device saw`);
}
