/** A private key that WebCrypto keeps, and a promise to sign with it. */
import type { Bytes } from "../bytes";
import { ES256, lowered, verifyWith, type PublicKey } from "./publickey";

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
