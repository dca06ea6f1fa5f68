/**
 * SHA-256 (FIPS 180-4) at once, for a tree of many short hashes: WebCrypto answers each in a turn of its
 * own, which takes longer than the hash. Everything is public, so time may vary.
 */
import type { Bytes } from "../bytes";

/** The first 32 bits of the fractional parts of the roots of the first primes: square, then cube. */
const [FIRST, ROUNDS] = constants();
const words = new Int32Array(64);

/** Over the parts, one after the other. */
export function sha256Sync(...parts: Uint8Array[]): Bytes {
  const state = Int32Array.from(FIRST);
  const [data, end] = padded(parts);
  for (let at = 0; at < end; at += 64) block(state, data, at);
  const out = new Uint8Array(32);
  const written = new DataView(out.buffer);
  for (let at = 0; at < 8; at++) written.setInt32(4 * at, state[at]!);
  return out;
}

let room = new DataView(new ArrayBuffer(4096)); // used again by each

/** §5.1.1: a one bit, zeros, and the length in bits in eight bytes; and where that ends. */
function padded(parts: readonly Uint8Array[]): [DataView, number] {
  let length = 0;
  for (const part of parts) length += part.length;
  const end = Math.ceil((length + 9) / 64) * 64;
  if (end > room.byteLength) room = new DataView(new ArrayBuffer(end));
  const data = new Uint8Array(room.buffer, 0, end);
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  data.fill(0, length);
  data[length] = 0x80;
  room.setUint32(end - 8, Math.floor(length / 2 ** 29));
  room.setUint32(end - 4, length << 3);
  return [room, end];
}

/** §6.2.2. Plain assignments: a list for each round would take longer than the round. */
function block(state: Int32Array, view: DataView, start: number): void {
  schedule(view, start);
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

function schedule(view: DataView, start: number): void {
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
