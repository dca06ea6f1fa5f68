/**
 * Passkeys, from the browser's side (Web Authentication Level 2, sections 5.1.3 and 5.1.4): one is made
 * for a person, shown to an administrator, and asked under what its person signs (ADR-0012).
 *
 * ES256 first: every browser gives that public key as SubjectPublicKeyInfo. No attestation is asked for,
 * so the challenge at its making is checked by nobody; what counts is the fingerprint, compared by people.
 */
import { fromBase45, fromBase64Url, fromUtf8, toBase45, toBase64Url, toHex, utf8, type Bytes } from "./bytes";
import type { MadePasskey } from "./database";
import { Problem } from "./problem";
import { isOfDomain, isVerified } from "./proof/assertion";
import { dumps, loads } from "./proof/cbor";
import { sha256 } from "./proof/hash";
import { ED25519, ES256, fingerprintOf, PublicKey } from "./proof/publickey";
import { isBytes } from "./proof/statement";
import type { Assertion, Passkey, PasskeyRequest } from "./types";

export const PREFIX = "UBP1:";
/** How long a person may take. The ledger takes an e-signature within five minutes of its decision. */
const PATIENCE_MS = 2 * 60_000;

/** Why a passkey gave no answer. */
export const FAILURES = [
  "passkey_not_given", "passkey_exists_here", "passkey_wrong_address", "passkey_unsupported", "passkey_failed",
] as const;

/** Whether it was the passkey that gave no answer, and nobody else who said no. */
export function isOfPasskey(problem: Problem | null): boolean {
  return FAILURES.some((code) => code === problem?.code);
}

/** Has an authenticator make a passkey, bound to this page's host. Throws `Problem` `passkey_…`. */
export async function make(agent: string, origin: string, known: readonly Passkey[], host = location.hostname): Promise<MadePasskey> {
  const user = { id: await sha256(utf8(`${origin} ${agent}`)), name: agent, displayName: agent };
  const publicKey = creation({ id: host, name: origin }, user, usable(known, host));
  const made = await asked(() => navigator.credentials.create({ publicKey }));
  const response = made.response as AuthenticatorAttestationResponse;
  const spki = response.getPublicKey();
  if (!spki) throw failed("passkey_unsupported", "it made a kind of key that this browser does not know");
  if (!isVerified(bytesOf(response.getAuthenticatorData()))) {
    throw failed("passkey_unsupported", "it does not verify who uses it (user verification)");
  }
  return { name: agent, credential: bytesOf(made.rawId), spki: bytesOf(spki), rpId: host };
}

function creation(
  rp: PublicKeyCredentialRpEntity, user: PublicKeyCredentialUserEntity, known: readonly Passkey[],
): PublicKeyCredentialCreationOptions {
  return {
    rp,
    user,
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    pubKeyCredParams: [ES256, ED25519].map((alg) => ({ type: "public-key", alg })),
    authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
    excludeCredentials: descriptors(known),
    attestation: "none",
    timeout: PATIENCE_MS,
  };
}

/** Asks one of these passkeys to sign the challenge. Throws `Problem` `passkey_…`: then nothing is signed. */
export async function assertionBy(known: readonly Passkey[], challenge: Bytes): Promise<Assertion> {
  const rpId = known[0]?.rp_id;
  if (!rpId) throw failed("passkey_unsupported", "no passkey fits this page");
  const given = await asked(() => navigator.credentials.get({
    publicKey: { challenge, rpId, allowCredentials: descriptors(known), userVerification: "required", timeout: PATIENCE_MS },
  }));
  const response = given.response as AuthenticatorAssertionResponse;
  return {
    credential: toBase64Url(bytesOf(given.rawId)),
    authenticator_data: toBase64Url(bytesOf(response.authenticatorData)),
    client_data: toBase64Url(bytesOf(response.clientDataJSON)),
    signature: toBase64Url(bytesOf(response.signature)),
  };
}

/** Those in force that a page at this host may ask; all of one domain, since a browser asks for one. */
export function usable(known: readonly Passkey[], host = location.hostname): readonly Passkey[] {
  const fit = known.filter((one) => one.status === "active" && isOfDomain(host, one.rp_id));
  const domain = fit.some((one) => one.rp_id === host) ? host : fit.at(-1)?.rp_id;
  return fit.filter((one) => one.rp_id === domain);
}

/** What an administrator scans. Throws `Problem` `unsupported_key`. */
export async function requestOf({ name, credential, spki, rpId }: MadePasskey): Promise<PasskeyRequest> {
  const kid = toHex((await PublicKey.fromSpki(spki)).kid);
  const text = PREFIX + toBase45(dumps([utf8(name), credential, spki, utf8(rpId)]));
  return { name, credential: toBase64Url(credential), spki: toBase64Url(spki), rpId, kid, fingerprint: fingerprintOf(kid), text };
}

/** Throws `Problem` `bad_passkey_request`, `unsupported_key`. */
export async function readRequest(text: string): Promise<PasskeyRequest> {
  const found = parsed(text.trim());
  if (found) return requestOf(found);
  throw new Problem("malformed", "bad_passkey_request", `not a passkey's request: it begins with ${PREFIX}`);
}

function parsed(text: string): MadePasskey | null {
  if (!text.startsWith(PREFIX)) return null;
  try {
    const parts = loads(fromBase45(text.slice(PREFIX.length)));
    if (!Array.isArray(parts) || parts.length !== 4 || !parts.every((one) => isBytes(one))) return null;
    const [name, credential, spki, rpId] = parts as [Bytes, Bytes, Bytes, Bytes];
    return { name: fromUtf8(name), credential, spki, rpId: fromUtf8(rpId) };
  } catch {
    return null;
  }
}

function descriptors(known: readonly Passkey[]): PublicKeyCredentialDescriptor[] {
  return known.map(({ credential }) => ({ type: "public-key", id: fromBase64Url(credential) }));
}

/** What the browser says no with (sections 5.1.3, 5.1.4), as what a person can do about it. */
const REFUSALS: Readonly<Record<string, string>> = {
  NotAllowedError: "passkey_not_given", // browsers don't say which: cancelled, too late, or none there
  AbortError: "passkey_not_given",
  InvalidStateError: "passkey_exists_here",
  SecurityError: "passkey_wrong_address",
  NotSupportedError: "passkey_unsupported",
  ConstraintError: "passkey_unsupported",
};

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (!("PublicKeyCredential" in globalThis)) throw failed("passkey_unsupported", "this browser knows no passkeys");
  try {
    const given = await ask();
    if (given) return given as PublicKeyCredential;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw failed(REFUSALS[error.name] ?? "passkey_failed", error.message);
  }
  throw failed("passkey_not_given", "the browser gave no answer");
}

function failed(code: string, detail: string): Problem {
  return new Problem("refused", code, detail);
}

function bytesOf(buffer: ArrayBuffer): Bytes {
  return new Uint8Array(buffer);
}
