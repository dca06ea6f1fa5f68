/**
 * SHA-256 (FIPS 180-4) at once, for a tree of many short hashes: WebCrypto answers each in a turn of its
 * own, which takes longer than the hash. Everything is public, so time may vary.
 */
import type { Bytes } from "../bytes";

/** The first 32 bits of the fractional parts of the roots of the first primes: square, then cube. */
const [FIRST, ROUNDS] = constants();
const [state, words] = [new Int32Array(8), new Int32Array(64)];
/** What is hashed, padded: one piece of memory for all, as nothing else runs in between. */
let padded = new Uint8Array(1024);
let view = new DataView(padded.buffer);

/** Over the parts, one after the other. */
export function sha256Sync(...parts: Uint8Array[]): Bytes {
  const end = pad(parts);
  state.set(FIRST);
  for (let at = 0; at < end; at += 64) block(at);
  const out = new Uint8Array(32);
  for (let at = 0; at < 32; at++) out[at] = state[at >> 2]! >>> (24 - 8 * (at & 3));
  return out;
}

/** §5.1.1: a one bit, zeros, and the length in bits in eight bytes; how many bytes there are with these. */
function pad(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  const end = Math.ceil((length + 9) / 64) * 64;
  if (end > padded.length) {
    padded = new Uint8Array(2 * end);
    view = new DataView(padded.buffer);
  }
  let at = 0;
  for (const part of parts) {
    padded.set(part, at);
    at += part.length;
  }
  padded.fill(0, length, end)[length] = 0x80;
  view.setUint32(end - 8, Math.floor(length / 2 ** 29));
  view.setUint32(end - 4, length << 3);
  return end;
}

/** §6.2.2. Plain assignments: a list for each round would take longer than the round. */
function block(start: number): void {
  schedule(start);
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!, e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
  for (let round = 0; round < 64; round++) {
    const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[round]! + words[round]!) | 0;
    const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0;
    d = c; c = b; b = a; a = (one + two) | 0;
  }
  state[0]! += a; state[1]! += b; state[2]! += c; state[3]! += d;
  state[4]! += e; state[5]! += f; state[6]! += g; state[7]! += h;
}

function schedule(start: number): void {
  for (let at = 0; at < 16; at++) words[at] = view.getInt32(start + 4 * at);
  for (let at = 16; at < 64; at++) {
    const low = words[at - 15]!, high = words[at - 2]!;
    const small = turned(low, 7) ^ turned(low, 18) ^ (low >>> 3);
    words[at] = (words[at - 16]! + small + words[at - 7]! + (turned(high, 17) ^ turned(high, 19) ^ (high >>> 10))) | 0;
  }
}

function turned(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function constants(): [Int32Array, Int32Array] {
  const primes: number[] = [];
  for (let one = 2; primes.length < 64; one++) if (primes.every((prime) => one % prime)) primes.push(one);
  const bits = (root: number): number => ((root % 1) * 2 ** 32) | 0;
  return [Int32Array.from(primes.slice(0, 8), (one) => bits(Math.sqrt(one))), Int32Array.from(primes, (one) => bits(Math.cbrt(one)))];
}
