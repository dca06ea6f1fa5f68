/**
 * The evidence of an e-signature: a passkey's assertion, bound to the payload that it stands in. The
 * twin of `ledger/verify/esignatures.py`; whose the passkey is, and since when, its caller asks the log.
 */
import { fromBase64Url, type Bytes } from "./bytes";
import { encode, isObject, type JsonObject } from "./canonical";
import { Problem } from "./problem";
import { verifyAssertion, type EnrolledPasskey } from "./proof/assertion";
import { sha256 } from "./proof/hash";
import type { Assertion } from "./types";

/** How a signer was asked again. `assertion`: with `passkey` only. */
export interface ESigned {
  meaning: string;
  method: "passphrase" | "passkey";
  signedAt: string;
  assertion: Assertion | null;
}

/** What a passkey is asked to sign: SHA-256 of the canonical payload without the member `assertion` of
 * its member `esignature`. All the rest is covered, `signed_at` and `seq` included. */
export function challengeOf(payload: JsonObject): Promise<Bytes> {
  const { assertion: _, ...said } = payload["esignature"] as JsonObject;
  return sha256(encode({ ...payload, esignature: said }));
}

/** The e-signature that a payload carries; null: none. Throws `Problem` `invalid_event`. */
export function esignatureIn(payload: JsonObject): ESigned | null {
  const said = payload["esignature"];
  if (said === undefined) return null;
  const { meaning, method, signed_at: signedAt, assertion } = isObject(said) ? said : {};
  const isText = typeof meaning === "string" && typeof signedAt === "string";
  if (isText && method === "passphrase" && assertion === undefined) return { meaning, method, signedAt, assertion: null };
  if (isText && method === "passkey" && isAssertion(assertion)) return { meaning, method, signedAt, assertion };
  throw new Problem("malformed", "invalid_event", "a passkey brings its assertion, a passphrase none");
}

/** Throws `Problem` `bad_assertion`, `bad_base64`, `invalid_event`. */
export async function checkAssertion(payload: JsonObject, passkey: EnrolledPasskey): Promise<void> {
  const given = esignatureIn(payload)?.assertion;
  if (!given) throw new Problem("malformed", "invalid_event", "the payload carries no assertion");
  const [authenticatorData, clientData, signature] = [given.authenticator_data, given.client_data, given.signature].map(fromBase64Url) as [Bytes, Bytes, Bytes];
  await verifyAssertion({ authenticatorData, clientData, signature }, await challengeOf(payload), passkey);
}

function isAssertion(value: unknown): value is Assertion & JsonObject {
  const members = ["credential", "authenticator_data", "client_data", "signature"];
  return isObject(value) && members.every((name) => typeof value[name] === "string");
}
