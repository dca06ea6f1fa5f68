/**
 * The statement: COSE_Sign1 (RFC 9052 §4.2), laid out as an RFC 9943 Signed Statement. The twin of
 * `ledger/proof/statement.py`.
 *
 * One parser, which refuses what `sign` would not write: from the values that it accepted it
 * writes the envelope again, and the bytes must be equal.
 */
import { concat, equal, utf8, type Bytes } from "../bytes";
import { Problem } from "../problem";
import { dumps, head, loads, type Cbor } from "./cbor";
import { ED25519, ED25519_FULL, ES256, type PublicKey } from "./publickey";
import type { SigningKey } from "./signingkey";

export const EVENT = "application/vnd.unbroken.event+json; v=1";
export const SESSION = "application/vnd.unbroken.session+json; v=1";
export const MAX_STATEMENT = 65_535; // bytes: what a tlog-tiles entry bundle can carry

const TAG = Uint8Array.of(0xd2); // tag 18, RFC 9052 §2
const [ALG, CONTENT_TYPE, KID, CLAIMS] = [1, 3, 4, 15] as const; // RFC 9052 §3.1; 15: RFC 9597 §2
const [ISS, SUB, AUD, CTI] = [1, 2, 3, 7] as const; // RFC 8392 §4
const BEFORE = concat(Uint8Array.of(0x84, 0x6a), utf8("Signature1")); // of an array of four
const NOTHING = Uint8Array.of(0x40); // no external data
const ALGORITHMS: readonly Cbor[] = [ED25519, ED25519_FULL, ES256];

/** What the signature covers. `cti`: 16 bytes that this key never used before. */
export interface Claims {
  iss: string;
  sub: string;
  aud: string;
  cti: Bytes;
}

/** A parsed statement; its id is the SHA-256 of `raw`. */
export interface Statement extends Claims {
  raw: Uint8Array;
  protected: Bytes;
  alg: number;
  kid: Bytes;
  contentType: string;
  payload: Bytes;
  signature: Bytes;
}

/** RFC 9052 §4.4. */
export function sigStructure(protectedHeader: Bytes, payload: Bytes): Bytes {
  return concat(BEFORE, head(2, protectedHeader.length), protectedHeader, NOTHING, head(2, payload.length), payload);
}

/** The signed bytes. Throws as `parse`: a statement that we would not read is not written. */
export async function sign(key: SigningKey, claims: Claims, payload: Bytes, contentType = EVENT): Promise<Bytes> {
  const header = protectedHeader(key.public.alg, contentType, key.public.kid, claims);
  const raw = envelope(header, payload, await key.sign(sigStructure(header, payload)));
  parse(raw, contentType);
  return raw;
}

/** Reads strictly; the signature is not checked here. Throws `Problem`: `statement_too_large`,
 * `malformed_cbor`, `malformed_cose`, `unknown_header`, `unsupported_algorithm`, `wrong_content_type`. */
export function parse(raw: Uint8Array, contentType = EVENT): Statement {
  if (raw.length > MAX_STATEMENT) {
    throw malformed("statement_too_large", `${raw.length} bytes; a statement has at most ${MAX_STATEMENT}`);
  }
  if (raw[0] !== TAG[0]) throw malformed("malformed_cose", "not a tagged COSE_Sign1 (tag 18)");
  const [header, payload, signature] = body(loads(raw.subarray(1)));
  const [alg, declared, kid, claimed] = members(loads(header), [ALG, CONTENT_TYPE, KID, CLAIMS], "header");
  const checked = checkedHeader(alg, declared, kid, contentType);
  const claims = checkedClaims(members(claimed, [ISS, SUB, AUD, CTI], "claim"));
  const again = protectedHeader(checked.alg, checked.contentType, checked.kid, claims);
  if (!equal(again, header) || !equal(envelope(again, payload, signature), raw)) {
    throw malformed("malformed_cbor", "not in the one deterministic encoding (RFC 8949 §4.2.1)");
  }
  return { raw, protected: header, ...checked, ...claims, payload, signature };
}

/** Throws `Problem` `wrong_key`, `bad_signature`, `low_order_point`, `high_s`. */
export async function verify(statement: Statement, key: PublicKey): Promise<void> {
  if (!equal(statement.kid, key.kid)) {
    throw new Problem("unauthentic", "wrong_key", "the statement names another key");
  }
  await key.verify(statement.alg, statement.signature, sigStructure(statement.protected, statement.payload));
}

function protectedHeader(alg: number, contentType: string, kid: Bytes, { iss, sub, aud, cti }: Claims): Bytes {
  const claims: Cbor = new Map<Cbor, Cbor>([[ISS, iss], [SUB, sub], [AUD, aud], [CTI, cti]]);
  return dumps(new Map<Cbor, Cbor>([[ALG, alg], [CONTENT_TYPE, contentType], [KID, kid], [CLAIMS, claims]]));
}

function envelope(header: Bytes, payload: Bytes, signature: Bytes): Bytes {
  return concat(TAG, dumps([header, new Map(), payload, signature]));
}

function body(value: Cbor): [Bytes, Bytes, Bytes] {
  if (!Array.isArray(value) || value.length !== 4) throw malformed("malformed_cose", "a COSE_Sign1 is an array of four");
  const [header, unprotected, payload, signature] = value;
  if (!(unprotected instanceof Map) || unprotected.size > 0) {
    throw malformed("unknown_header", "the unprotected header must be empty");
  }
  if (!(isBytes(header) && isBytes(payload) && isBytes(signature))) {
    throw malformed("malformed_cose", "protected header, payload and signature are byte strings");
  }
  if (signature.length !== 64) throw malformed("malformed_cose", `a signature has 64 bytes, not ${signature.length}`);
  return [header, payload, signature];
}

function members(value: Cbor | undefined, labels: readonly number[], what: string): (Cbor | undefined)[] {
  if (!(value instanceof Map)) throw malformed("malformed_cose", `the protected ${what}s are not a map`);
  const unknown = [...value.keys()].filter((label) => !labels.includes(label as number));
  if (unknown.length) throw malformed("unknown_header", `the ${what} labels are not ${labels.join(", ")} alone`);
  if (value.size !== labels.length) throw malformed("malformed_cose", `of the ${what} labels some are missing`);
  return labels.map((label) => value.get(label));
}

function checkedHeader(
  alg: Cbor | undefined, declared: Cbor | undefined, kid: Cbor | undefined, contentType: string,
): { alg: number; contentType: string; kid: Bytes } {
  if (typeof alg !== "number" || !ALGORITHMS.includes(alg)) {
    throw malformed("unsupported_algorithm", `the algorithm is not one of ${ALGORITHMS.join(", ")}`);
  }
  if (declared !== contentType) throw malformed("wrong_content_type", `another content type, where ${contentType} is due`);
  if (!isBytes(kid, 32)) throw malformed("malformed_cose", "kid is the SHA-256 of the key, 32 bytes");
  return { alg, contentType, kid };
}

function checkedClaims([iss, sub, aud, cti]: (Cbor | undefined)[]): Claims {
  if (!(isText(iss) && isText(sub) && isText(aud))) {
    throw malformed("malformed_cose", "iss, sub and aud are texts that are not empty");
  }
  if (!isBytes(cti, 16)) throw malformed("malformed_cose", "cti has 16 bytes");
  return { iss, sub, aud, cti };
}

function isText(value: Cbor | undefined): value is string {
  return typeof value === "string" && value !== "";
}

export function isBytes(value: Cbor | undefined, length?: number): value is Bytes {
  return value instanceof Uint8Array && (length === undefined || value.length === length);
}

function malformed(code: string, detail: string): Problem {
  return new Problem("malformed", code, detail);
}
