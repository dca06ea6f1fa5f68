/**
 * Public keys and what they verify: the twin of `ledger/proof/keys.py`.
 *
 * Three signatures that some verifiers accept and others refuse are refused here before WebCrypto
 * is asked: an Ed25519 key or R of low order, a point in a second encoding (RFC 8032 §5.1.3 asks
 * for y < p), and an ES256 signature in its high-S twin.
 */
import { concat, equal, fromHex, plain, type Bytes } from "../bytes";
import { Problem } from "../problem";
import { sha256 } from "./hash";

export const ED25519 = -8; // EdDSA, RFC 9053 §2.2: what we write
export const ED25519_FULL = -19; // the fully-specified Ed25519, RFC 9864 §2.2
export const ES256 = -7; // RFC 9053 §2.1

const ED25519_SPKI = fromHex("302a300506032b6570032100");
const P256_SPKI = fromHex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
const P = 2n ** 255n - 19n;
/** P-256's order. */
export const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const Y_OF_ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
// y of the points of order 1, 2, 4 and 8; the sign of x doesn't matter to the rule.
const LOW_ORDER = [0n, 1n, P - 1n, Y_OF_ORDER_8, P - Y_OF_ORDER_8].map((y) => Uint8Array.from({ length: 32 }, (_, at) => Number((y >> BigInt(8 * at)) & 255n)));
const ES256_NAME = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Whether this browser's WebCrypto knows Ed25519. Asked once. */
export const hasEd25519 = once(async () => {
  const key = concat(ED25519_SPKI, fromHex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"));
  try {
    await crypto.subtle.importKey("spki", key, "Ed25519", false, ["verify"]);
    return true;
  } catch {
    return false;
  }
});

/** `spki`: SubjectPublicKeyInfo DER; `kid`: its SHA-256. */
export class PublicKey {
  readonly spki: Bytes;
  readonly kid: Bytes;
  readonly alg: typeof ED25519 | typeof ES256;
  private readonly key: CryptoKey | null; // null: Ed25519 where WebCrypto lacks it

  private constructor(spki: Bytes, kid: Bytes, key: CryptoKey | null, isEd25519: boolean) {
    [this.spki, this.kid, this.key, this.alg] = [spki, kid, key, isEd25519 ? ED25519 : ES256];
  }

  /** Throws `Problem` `unsupported_key`, `low_order_point`. */
  static async fromSpki(der: Uint8Array): Promise<PublicKey> {
    const spki = Uint8Array.from(der);
    const isEd25519 = begins(spki, ED25519_SPKI, 32);
    if (!isEd25519 && !begins(spki, P256_SPKI, 64)) {
      throw new Problem("malformed", "unsupported_key", "the key is neither Ed25519 nor P-256 in its one DER form");
    }
    if (isEd25519) mustBeSound(spki.subarray(-32), "public key");
    return new PublicKey(spki, await sha256(spki), await imported(spki, isEd25519), isEd25519);
  }

  /** An Ed25519 key from its 32 bytes. Throws as `fromSpki`. */
  static fromRaw(raw: Uint8Array): Promise<PublicKey> {
    return PublicKey.fromSpki(concat(ED25519_SPKI, raw));
  }

  /** The 32 bytes of an Ed25519 key. */
  get raw(): Bytes {
    return this.spki.slice(-32);
  }

  /** `signature`: 64 bytes, R||S or r||s (low S). Throws `Problem` `bad_signature`,
   * `low_order_point`, `high_s`, `unsupported_algorithm`. */
  async verify(alg: number, signature: Uint8Array, message: Uint8Array): Promise<void> {
    if (signature.length !== 64) throw unauthentic("bad_signature", `a signature has 64 bytes, not ${signature.length}`);
    const isEd25519 = this.alg === ED25519 && (alg === ED25519 || alg === ED25519_FULL);
    if (!isEd25519 && !(this.alg === ES256 && alg === ES256)) {
      throw new Problem("malformed", "unsupported_algorithm", `algorithm ${alg} does not fit this kind of key`);
    }
    if (isEd25519) mustBeSound(signature.subarray(0, 32), "signature's R");
    else mustBeLow(signature.subarray(32));
    if (!(await this.holds(plain(signature), plain(message)))) {
      throw unauthentic("bad_signature", "the signature was not made by this key over these bytes");
    }
  }

  private holds(signature: Bytes, message: Bytes): Promise<boolean> {
    if (this.key) return crypto.subtle.verify(verifyWith(this.alg), this.key, signature, message);
    return import("./ed25519").then(({ verify }) => verify(this.raw, signature, message));
  }
}

/** What WebCrypto is told to sign and verify with. */
export function verifyWith(alg: number): AlgorithmIdentifier | EcdsaParams {
  return alg === ES256 ? ES256_NAME : "Ed25519";
}

/** The twin of an ES256 signature whose S is at most half of the group's order. */
export function lowered(signature: Uint8Array): Bytes {
  const s = toNumber(signature.subarray(32));
  const low = s > ORDER / 2n ? ORDER - s : s;
  const digits = low.toString(16).padStart(64, "0").match(/../g) ?? [];
  return concat(signature.subarray(0, 32), Uint8Array.from(digits, (pair) => parseInt(pair, 16)));
}

/** A key's fingerprint, to be read aloud: of the 256 bits of its kid in hex 128, as eight groups of four.
 * Enough that nobody finds a second key for them. */
export function fingerprintOf(kid: string): string[] {
  return kid.slice(0, 32).match(/.{4}/g) ?? [];
}

/** Big-endian. */
export function toNumber(data: Uint8Array): bigint {
  return data.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

async function imported(spki: Bytes, isEd25519: boolean): Promise<CryptoKey | null> {
  if (isEd25519 && !(await hasEd25519())) return null;
  try {
    return await crypto.subtle.importKey("spki", spki, isEd25519 ? "Ed25519" : ES256_NAME, true, ["verify"]);
  } catch {
    throw new Problem("malformed", "unsupported_key", "not a public key that can be read");
  }
}

function begins(spki: Bytes, prefix: Bytes, rest: number): boolean {
  return spki.length === prefix.length + rest && equal(spki.subarray(0, prefix.length), prefix);
}

/** Refuses what RFC 8032 verifiers are known to disagree on. `point`: 32 bytes. */
function mustBeSound(point: Uint8Array, what: string): void {
  if (isOutOfField(point)) throw unauthentic("low_order_point", `the ${what} is not in its one canonical encoding`);
  if (LOW_ORDER.some((one) => isSameY(one, point))) {
    throw unauthentic("low_order_point", `the ${what} is a point of low order, which proves nothing`);
  }
}

/** y >= 2^255 - 19, little-endian, without the sign of x. */
function isOutOfField(point: Uint8Array): boolean {
  if ((point[31]! & 0x7f) !== 0x7f || point[0]! < 0xed) return false;
  for (let at = 1; at < 31; at++) if (point[at] !== 0xff) return false;
  return true;
}

function isSameY(one: Uint8Array, point: Uint8Array): boolean {
  for (let at = 0; at < 31; at++) if (one[at] !== point[at]) return false;
  return one[31] === (point[31]! & 0x7f);
}

function mustBeLow(s: Uint8Array): void {
  if (toNumber(s) > ORDER / 2n) {
    throw unauthentic("high_s", "S is above half of the order: the same signature in a second spelling");
  }
}

function unauthentic(code: string, detail: string): Problem {
  return new Problem("unauthentic", code, detail);
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | null = null;
  return () => (known ??= ask());
}
