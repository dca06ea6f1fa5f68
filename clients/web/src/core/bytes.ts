/** Bytes and the few texts that they are written as. */
import { Problem } from "./problem";

/** Bytes that WebCrypto and IndexedDB take as they are. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
// A byte order mark is a character like any other: taking it away would be a second spelling.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** Strict. Throws `Problem` `not_utf8`. */
export function fromUtf8(data: Uint8Array): string {
  try {
    return decoder.decode(data);
  } catch {
    throw new Problem("malformed", "not_utf8", "these bytes are not UTF-8");
  }
}

/** The same bytes, not copied unless their memory is shared (nothing here shares any). */
export function plain(data: Uint8Array): Bytes {
  return data.buffer instanceof ArrayBuffer ? (data as Bytes) : new Uint8Array(data);
}

/** A few bytes as a name in a map or set: a character for each. */
export function nameOf(data: Uint8Array): string {
  return String.fromCharCode.apply(null, data as unknown as number[]);
}

export function concat(...parts: Uint8Array[]): Bytes {
  let [length, at] = [0, 0];
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Below zero, zero or above, as Python compares bytes. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function toHex(data: Uint8Array): string {
  let text = "";
  for (const byte of data) text += HEX[byte];
  return text;
}

/** Lower case only. Throws `Problem` `bad_hex`. */
export function fromHex(text: string): Bytes {
  if (!/^([0-9a-f]{2})*$/.test(text)) {
    throw new Problem("malformed", "bad_hex", "not bytes as lower-case hex digits");
  }
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** Standard base64 with padding, as signed notes have it. */
export function toBase64(data: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < data.length; at += 8192) {
    binary += String.fromCharCode(...data.subarray(at, at + 8192));
  }
  return btoa(binary);
}

/** The one canonical spelling only. Throws `Problem` `bad_base64`. */
export function fromBase64(text: string): Bytes {
  let binary: string | null;
  try {
    binary = atob(text);
  } catch {
    binary = null;
  }
  if (binary === null || btoa(binary) !== text) {
    throw new Problem("malformed", "bad_base64", "not base64 in its canonical form");
  }
  const data = new Uint8Array(binary.length);
  for (let at = 0; at < data.length; at++) data[at] = binary.charCodeAt(at);
  return data;
}

/** base64url without padding, as the API and the events have it (RFC 4648 §5). */
export function toBase64Url(data: Uint8Array): string {
  return toBase64(data).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Throws `Problem` `bad_base64`. */
export function fromBase64Url(text: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) {
    throw new Problem("malformed", "bad_base64", "not base64url without padding");
  }
  const padded = text + "=".repeat(-text.length & 3);
  return fromBase64(padded.replaceAll("-", "+").replaceAll("_", "/"));
}

const BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** RFC 9285: two bytes are three characters of QR's alphanumeric mode, one byte is two. */
export function toBase45(data: Uint8Array): string {
  let text = "";
  for (let at = 0; at < data.length; at += 2) {
    const pair = at + 1 < data.length;
    let number = pair ? (data[at] ?? 0) * 256 + (data[at + 1] ?? 0) : (data[at] ?? 0);
    for (let digits = pair ? 3 : 2; digits > 0; digits--) {
      text += BASE45[number % 45];
      number = Math.floor(number / 45);
    }
  }
  return text;
}

/** Throws `Problem` `bad_base45`. */
export function fromBase45(text: string): Bytes {
  const found: number[] = [];
  for (let at = 0; at < text.length; at += 3) found.push(...group45(text.slice(at, at + 3)));
  return Uint8Array.from(found);
}

function group45(letters: string): number[] {
  const digits = Array.from(letters, (letter) => BASE45.indexOf(letter));
  const number = digits.reduceRight((sum, digit) => sum * 45 + digit, 0);
  const width = digits.length - 1;
  if (digits.includes(-1) || width < 1 || number >= 256 ** width) {
    throw new Problem("malformed", "bad_base45", "not base45 (RFC 9285)");
  }
  return width === 2 ? [number >> 8, number & 255] : [number];
}
