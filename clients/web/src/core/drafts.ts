/**
 * From what a person wants to say to the bytes that their key signs: the twin of
 * `clients/drafts.py`. A draft is checked before it takes a place in the key's sequence.
 */
import { toHex, type Bytes } from "./bytes";
import { decode, encode, type JsonObject } from "./canonical";
import type { Row } from "./database";
import { challengeOf } from "./esignature";
import { checkMembers, checkTime, kindOf, namesVersion } from "./events/check";
import { STREAMS } from "./events/table";
import type { Link } from "./outbox";
import { Problem } from "./problem";
import { sha256 } from "./proof/hash";
import type { SigningKey } from "./proof/signingkey";
import * as statement from "./proof/statement";
import type { ESignature, Profile } from "./types";

const ENVELOPE = ["v", "occurred_at", "seen", "seq", "prev", "chain_version", "esignature"]; // the client's own to say

/** A valid event that lacks only its place in the sequence, and its signer's second signature. */
export interface Draft {
  type: string;
  stream: string;
  payload: JsonObject;
}

export interface Said {
  occurredAt?: string | undefined;
  chainVersion?: number | null;
}

/** Throws `Problem`: `unknown_event`, `invalid_event`, `reserved_member`, `unknown_stream`, `no_view`. */
export function draft(fields: { type: string }, stream: string, nowMs: number, said: Said = {}): Draft {
  const { type, ...members } = fields as { type: string } & Record<string, unknown>;
  const reserved = Object.keys(members).filter((name) => ENVELOPE.includes(name));
  if (reserved.length) throw malformed("reserved_member", `${reserved.join(", ")}: the client says this itself`);
  mustBeStream(stream);
  const own = { ...members, ...version(type, said.chainVersion ?? null) };
  checkMembers(type, own);
  const occurredAt = said.occurredAt ?? momentOf(nowMs);
  checkTime(type, occurredAt);
  const payload = { ...own, type, v: kindOf(type).version, occurred_at: occurredAt };
  return { type, stream, payload: decode(encode(payload)) }; // a copy, which nobody changes meanwhile
}

/** What was said before, to be signed at another place: when it happened stays as it was. Null for a
 * decision, which is made on what its signer sees, and for what was signed twice. */
export function restated(fields: JsonObject, stream: string): Draft | null {
  const type = String(fields["type"]);
  if (kindOf(type).kind === "decision" || fields["esignature"] !== undefined) return null;
  const own = Object.entries(fields).filter(([name]) => !ENVELOPE.includes(name));
  return draft({ ...Object.fromEntries(own), type }, stream, 0, { occurredAt: String(fields["occurred_at"]) });
}

/** This device's clock, as events write it. */
export function momentOf(nowMs: number): string {
  return new Date(nowMs).toISOString();
}

/** Signs the draft at its place, with a fresh `cti`; asks for the second signature last, because a
 * passkey signs the whole payload. */
export async function signed(
  made: Draft, link: Link, key: SigningKey, { agent, origin }: Profile, nowMs: number, esignature?: ESignature,
): Promise<Row> {
  const place: JsonObject = { seen: link.seen as JsonObject | null, seq: link.seq, prev: link.prev };
  const payload = await countersigned({ ...made.payload, ...place }, nowMs, esignature);
  const claims = { iss: agent, sub: made.stream, aud: origin, cti: crypto.getRandomValues(new Uint8Array(16)) };
  const raw = await statement.sign(key, claims, encode(payload));
  return rowOf(raw, toHex(key.public.kid), link.seq, made.type, made.stream, nowMs);
}

async function countersigned(payload: JsonObject, nowMs: number, wanted?: ESignature): Promise<JsonObject> {
  if (!wanted) return payload;
  const said = { meaning: wanted.meaning, signed_at: momentOf(nowMs) };
  if ("passphrase" in wanted) return { ...payload, esignature: { ...said, method: "passphrase" } };
  const esignature = { ...said, method: "passkey" };
  const assertion = await wanted.passkey(await challengeOf({ ...payload, esignature }));
  return { ...payload, esignature: { ...esignature, assertion: { ...assertion } } };
}

/** A statement that another device signed, to be carried. Only what its envelope and place say is
 * looked at: a newer app may sign what this one does not know. Throws `Problem` as the parsers,
 * `wrong_log`, `invalid_event`. */
export async function foreign(raw: Uint8Array, origin: string, nowMs: number): Promise<Row> {
  const parsed = statement.parse(raw);
  if (parsed.aud !== origin) {
    throw new Problem("unauthentic", "wrong_log", `signed for the log ${parsed.aud}; this device's is ${origin}`);
  }
  const { seq, type } = decode(parsed.payload);
  if (typeof seq !== "number" || typeof type !== "string") {
    throw malformed("invalid_event", "a statement without a type or a place in its key's sequence");
  }
  return rowOf(Uint8Array.from(raw), toHex(parsed.kid), seq, type, parsed.sub, nowMs);
}

async function rowOf(raw: Bytes, kid: string, seq: number, type: string, stream: string, nowMs: number): Promise<Row> {
  const kept = { raw, answer: null, receipt: null, problem: null, state: "queued", pending: 1 } as const;
  return { id: toHex(await sha256(raw)), kid, seq, type, stream, made_at: momentOf(nowMs), ...kept };
}

function version(type: string, seen: number | null): { chain_version?: number } {
  if (!namesVersion(type)) return {};
  if (seen === null) throw malformed("no_view", "look at the therapy first: a decision names the state it was made on");
  return { chain_version: seen };
}

function mustBeStream(stream: string): void {
  const [, kind = "", name = ""] = /^([^/]*)\/(.*)$/s.exec(stream) ?? [];
  if (name && STREAMS.includes(kind)) return;
  throw malformed("unknown_stream", `${stream} is none of ${STREAMS.map((one) => `${one}/…`).join(", ")}`);
}

function malformed(code: string, detail: string): Problem {
  return new Problem("malformed", code, detail);
}
