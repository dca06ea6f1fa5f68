import { concat, plain, type Bytes } from "../bytes";

export const HASH_SIZE = 32;

/** SHA-256 over the parts, one after the other. */
export async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  const whole = parts.length === 1 ? plain(parts[0]!) : concat(...parts);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}
