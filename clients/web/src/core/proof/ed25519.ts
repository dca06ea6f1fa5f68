/**
 * Ed25519 verification (RFC 8032 §5.1.7) for browsers whose WebCrypto lacks it.
 *
 * Loaded only there: the device then signs with P-256, but the log's key is Ed25519, and a
 * receipt that is not verified here is worth nothing. Everything is public, so time may vary.
 * The equation is the one without the cofactor, as OpenSSL, BoringSSL and Go check it.
 */
import { concat, equal, type Bytes } from "../bytes";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * invert(121666n));
const SQRT_MINUS_1 = power(2n, (P - 1n) / 4n);

/** Extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. */
type Point = readonly [bigint, bigint, bigint, bigint];
const ZERO: Point = [0n, 1n, 1n, 0n];
const BASE = decodePoint(baseBytes()) ?? ZERO;

/** `key`: 32 bytes, `signature`: R||S. */
export async function verify(key: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<boolean> {
  const s = little(signature.subarray(32));
  const a = decodePoint(key);
  if (a === null || s >= L || signature.length !== 64) return false;
  const [r, rest] = [signature.subarray(0, 32), concat(signature.subarray(0, 32), key, message)];
  const h = little(new Uint8Array(await crypto.subtle.digest("SHA-512", rest))) % L;
  const [x, y, z, t] = a;
  const found = add(multiply(s, BASE), multiply(h, [mod(-x), y, z, mod(-t)]));
  return equal(encodePoint(found), r);
}

function mod(a: bigint): bigint {
  const rest = a % P;
  return rest < 0n ? rest + P : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

function invert(a: bigint): bigint {
  return power(a, P - 2n);
}

/** RFC 8032 §5.1.4: complete, so it doubles too. */
function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * t1 * t2 * D);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function multiply(scalar: bigint, point: Point): Point {
  let [result, double] = [ZERO, point];
  for (let left = scalar; left > 0n; left >>= 1n) {
    if (left & 1n) result = add(result, double);
    double = add(double, double);
  }
  return result;
}

function little(data: Uint8Array): bigint {
  return data.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function encodePoint([x, y, z]: Point): Bytes {
  const inverse = invert(z);
  let number = mod(y * inverse) | ((mod(x * inverse) & 1n) << 255n);
  return Uint8Array.from({ length: 32 }, () => {
    const byte = Number(number & 255n);
    number >>= 8n;
    return byte;
  });
}

/** RFC 8032 §5.1.3; null where no point has this encoding. */
function decodePoint(data: Uint8Array): Point | null {
  const number = little(data);
  const [sign, y] = [number >> 255n, number & (2n ** 255n - 1n)];
  if (y >= P) return null;
  const [u, v] = [mod(y * y - 1n), mod(D * y * y + 1n)];
  let x = mod(u * power(v, 3n) * power(mod(u * power(v, 7n)), (P - 5n) / 8n));
  if (mod(v * x * x) === mod(-u)) x = mod(x * SQRT_MINUS_1);
  if (mod(v * x * x) !== u || (x === 0n && sign === 1n)) return null;
  if ((x & 1n) !== sign) x = mod(-x);
  return [x, y, 1n, mod(x * y)];
}

/** y = 4/5, x even (RFC 8032 §5.1): 58 and 31 times 66. */
function baseBytes(): Bytes {
  return new Uint8Array(32).fill(0x66).fill(0x58, 0, 1);
}
