/** What an administrator needs to enrol a key: a text for a QR code, a fingerprint to read aloud. */
import { fromBase45, toBase45, toBase64Url, toHex, utf8, fromUtf8, type Bytes } from "./bytes";
import { Problem } from "./problem";
import { dumps, loads } from "./proof/cbor";
import { ED25519, fingerprintOf, PublicKey } from "./proof/publickey";
import type { EnrolmentRequest } from "./types";

const PREFIX = "UBE1:";

/** `spki`: SubjectPublicKeyInfo DER. Throws `Problem` `unsupported_key`. */
export async function requestOf(name: string, spki: Uint8Array): Promise<EnrolmentRequest> {
  const key = await PublicKey.fromSpki(spki);
  const kid = toHex(key.kid);
  return {
    name,
    alg: key.alg === ED25519 ? "Ed25519" : "ES256",
    kid,
    spki: toBase64Url(key.spki),
    fingerprint: fingerprintOf(kid),
    text: PREFIX + toBase45(dumps([utf8(name), key.spki])),
  };
}

/** What an administrator's app reads from the QR code. Throws `Problem` `bad_enrolment_request`. */
export async function readRequest(text: string): Promise<EnrolmentRequest> {
  const found = parsed(text.trim());
  if (!found) {
    throw new Problem("malformed", "bad_enrolment_request", `not an enrolment request: it begins with ${PREFIX}`);
  }
  return requestOf(found.name, found.spki);
}

function parsed(text: string): { name: string; spki: Bytes } | null {
  if (!text.startsWith(PREFIX)) return null;
  try {
    const [name, spki] = loads(fromBase45(text.slice(PREFIX.length))) as [Bytes, Bytes];
    return { name: fromUtf8(name), spki };
  } catch {
    return null;
  }
}
