/** A private key that WebCrypto keeps, and a promise to sign with it. */
import { concat, type Bytes } from "../bytes";
import { ES256, ORDER, toNumber, verifyWith, type PublicKey } from "./publickey";

export class SigningKey {
  readonly public: PublicKey;
  private readonly secret: CryptoKey;

  /** `secret` may be (and on a device is) one that cannot be extracted. */
  constructor(secret: CryptoKey, publicKey: PublicKey) {
    [this.secret, this.public] = [secret, publicKey];
  }

  /**
   * 64 bytes: R||S, or r||s with low S. Nothing relies on two signatures over the same bytes being
   * equal: ES256 draws a nonce, and some engines' Ed25519 does too.
   */
  async sign(message: Bytes): Promise<Bytes> {
    const { alg } = this.public;
    const signature = new Uint8Array(await crypto.subtle.sign(verifyWith(alg), this.secret, message));
    return alg === ES256 ? lowered(signature) : signature;
  }
}

/** The twin of an ES256 signature whose S is at most half of the group's order. */
export function lowered(signature: Uint8Array): Bytes {
  const s = toNumber(signature.subarray(32));
  const low = s > ORDER / 2n ? ORDER - s : s;
  const digits = low.toString(16).padStart(64, "0").match(/../g) ?? [];
  return concat(signature.subarray(0, 32), Uint8Array.from(digits, (pair) => parseInt(pair, 16)));
}
