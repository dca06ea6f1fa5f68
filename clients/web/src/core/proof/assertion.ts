/**
 * A passkey's assertion: the verification of Web Authentication Level 2, section 7.2. The twin of
 * `ledger/proof/assertion.py`: its steps, under their numbers there, and the same verdicts.
 *
 * 9, 10. The client data is UTF-8 and JSON, one object, no name twice.
 * 11. Its type is `webauthn.get`.
 * 12. Its challenge is the base64url of the one expected.
 * 13. Its origin lies within the passkey's domain; and, of Level 3, it is not cross-origin.
 * 15. The authenticator data begins with the SHA-256 of that domain.
 * 16, 17. The user was present and verified (flags UP and UV).
 * 19, 20. The signature covers authenticator data and SHA-256 of the client data, by the passkey.
 */
import { concat, equal, fromUtf8, toBase64Url, utf8, type Bytes } from "../bytes";
import { isObject, type JsonObject } from "../canonical";
import { Problem } from "../problem";
import { sha256 } from "./hash";
import { ES256, lowered, ORDER, toNumber, type PublicKey } from "./publickey";

export const [USER_PRESENT, USER_VERIFIED] = [0x01, 0x04] as const; // section 6.1
const [HAS_CREDENTIAL, HAS_EXTENSIONS] = [0x40, 0x80] as const;
const HEADER = 37; // bytes of authenticator data before either of these: hash, flags, counter
const FLAGS = 32; // where they stand in it
const ORIGIN = /^(https?):\/\/([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::[1-9][0-9]{0,4})?$/;

/** What was enrolled: the public key, and the domain (relying party id) that it is bound to. */
export interface EnrolledPasskey {
  key: PublicKey;
  rpId: string;
}

/** The bytes that authenticator and browser answered. `signature`: DER for ES256 (section 6.5.5), 64
 * bytes for Ed25519. */
export interface AssertionBytes {
  authenticatorData: Bytes;
  clientData: Bytes;
  signature: Bytes;
}

/** `challenge`: the bytes that the browser was given. Throws `Problem` `bad_assertion`. */
export async function verifyAssertion(given: AssertionBytes, challenge: Bytes, passkey: EnrolledPasskey): Promise<void> {
  checkClientData(given.clientData, challenge, passkey.rpId);
  await checkAuthenticatorData(given.authenticatorData, passkey.rpId);
  const signed = concat(given.authenticatorData, await sha256(given.clientData)); // step 19
  try { // step 20
    await passkey.key.verify(passkey.key.alg, raw(given.signature, passkey.key.alg), signed);
  } catch (error) {
    throw error instanceof Problem && error.code !== "bad_assertion" ? wrong(error.detail) : error;
  }
}

/** Whether the authenticator says that it verified who used it. */
export function isVerified(authenticatorData: Uint8Array): boolean {
  return ((authenticatorData[FLAGS] ?? 0) & USER_VERIFIED) !== 0;
}

function checkClientData(data: Bytes, challenge: Bytes, rpId: string): void {
  const said = clientData(data); // steps 9 and 10
  if (said["type"] !== "webauthn.get") throw wrong("the client data is not of type webauthn.get"); // step 11
  if (said["challenge"] !== toBase64Url(challenge)) { // step 12
    throw wrong("the challenge is not the hash of this payload: it was made for another one");
  }
  if (!isWithin(said["origin"], rpId)) { // step 13
    throw wrong(`it was made at ${JSON.stringify(said["origin"] ?? null).slice(0, 120)}, which is not within ${rpId}`);
  }
  const isCross = Object.hasOwn(said, "crossOrigin") && said["crossOrigin"] !== false;
  if (isCross || Object.hasOwn(said, "topOrigin")) { // Level 3, section 7.2
    throw wrong("it was made inside a page of somebody else (cross-origin)");
  }
}

function clientData(data: Bytes): JsonObject {
  let said: unknown = null;
  try {
    const text = fromUtf8(data);
    said = isOnce(text) ? JSON.parse(text) : null;
  } catch {
    // said so below
  }
  if (isObject(said)) return said;
  throw wrong("the client data is not a JSON object in UTF-8");
}

/** Of a name that stands in an object twice, two readers may take different ones. What is no JSON at
 * all the parser finds. Throws `SyntaxError`. */
function isOnce(text: string): boolean {
  const open: Set<string>[] = [];
  for (const [token, name] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (name !== undefined) {
      const names = open.at(-1) ?? new Set();
      const said = JSON.parse(name) as string;
      if (names.has(said)) return false;
      names.add(said);
    }
  }
  return true;
}

/** Section 5.1.4.1 step 8: the domain is the origin's host, or a suffix of it at a dot. Only `https`;
 * `http` at localhost alone, which browsers take for a secure context. */
function isWithin(origin: unknown, rpId: string): boolean {
  const [, scheme, host = ""] = (typeof origin === "string" && ORIGIN.exec(origin)) || [];
  if (!scheme) return false;
  const local = host === "localhost" || host.endsWith(".localhost");
  return isOfDomain(host, rpId) && (scheme === "https" || local);
}

/** Whether a page at this host may ask for passkeys of the domain. */
export function isOfDomain(host: string, rpId: string): boolean {
  return host === rpId || host.endsWith(`.${rpId}`);
}

async function checkAuthenticatorData(data: Bytes, rpId: string): Promise<void> {
  if (data.length < HEADER) throw wrong(`the authenticator data has ${data.length} bytes, not at least ${HEADER}`);
  if (!equal(data.subarray(0, FLAGS), await sha256(utf8(rpId)))) { // step 15
    throw wrong(`the authenticator made it for another domain than ${rpId}`);
  }
  const flags = data[FLAGS] ?? 0;
  if (!(flags & USER_PRESENT)) throw wrong("nobody touched the authenticator (user presence)"); // step 16
  if (!(flags & USER_VERIFIED)) throw wrong("the authenticator did not verify who used it (user verification)"); // step 17
  if (data.length > HEADER && !(flags & (HAS_CREDENTIAL | HAS_EXTENSIONS))) {
    throw wrong("the authenticator data goes on where it should end");
  }
}

/** ES256 in the DER of WebAuthn to r||s with low S: authenticators write either S. */
function raw(given: Bytes, alg: number): Bytes {
  if (alg !== ES256) return given;
  const [r, afterR] = integer(given, 2);
  const [s, afterS] = integer(given, afterR);
  const whole = given[0] === 0x30 && given[1] === given.length - 2 && afterS === given.length;
  if (!whole || !r || !s || toNumber(s) > ORDER) throw wrong("the signature is not in DER");
  return lowered(concat(r, s));
}

/** The DER INTEGER that starts here, not negative and in its one spelling (X.690 §8.3.2), as 32 bytes; and
 * where the next one starts. Null: there is none. */
function integer(der: Bytes, at: number): [Bytes | null, number] {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  const digits = der.subarray(at + 2, end);
  const [first = 0x80, second = 0x80] = digits;
  const isOne = der[at] === 0x02 && length === digits.length && first < 0x80 && (first > 0 || length === 1 || second >= 0x80);
  const bare = first === 0 ? digits.subarray(1) : digits;
  if (!isOne || bare.length > 32) return [null, end];
  return [concat(new Uint8Array(32 - bare.length), bare), end];
}

function wrong(why: string): Problem {
  return new Problem("unauthentic", "bad_assertion", `the passkey's assertion proves nothing: ${why}`);
}
