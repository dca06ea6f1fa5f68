import { concat, type Bytes } from "../bytes";

export const HASH_SIZE = 32;

/** SHA-256 over the parts, one after the other. */
export async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}
