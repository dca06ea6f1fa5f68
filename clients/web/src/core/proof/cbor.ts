/**
 * Plain CBOR (RFC 8949): the few types that envelopes are made of, and no others.
 *
 * Written in the deterministic encoding of section 4.2.1, but for the order of a map's members,
 * which stays as given. Read strictly: longer spellings of a number, indefinite lengths, tags,
 * floats, duplicate names and trailing bytes are refused. Integers stay below 2^53.
 */
import { concat, fromUtf8, utf8, type Bytes } from "../bytes";
import { Problem } from "../problem";

export type Cbor = number | string | boolean | null | Bytes | Cbor[] | CborMap;
export type CborMap = Map<Cbor, Cbor>;

const MAX_DEPTH = 8;
const SIMPLE = new Map<number, boolean | null>([
  [20, false],
  [21, true],
  [22, null],
]);

export function dumps(value: Cbor): Bytes {
  const parts: Uint8Array[] = [];
  write(value, parts);
  return concat(...parts);
}

/** Pieces first, put together once: thousands of envelopes are written again to be compared. */
function write(value: Cbor, parts: Uint8Array[]): void {
  if (typeof value === "number") parts.push(value < 0 ? head(1, -1 - value) : head(0, value));
  else if (typeof value === "string") string(3, utf8(value), parts);
  else if (value instanceof Uint8Array) string(2, value, parts);
  else if (Array.isArray(value)) {
    parts.push(head(4, value.length));
    for (const each of value) write(each, parts);
  } else if (value instanceof Map) {
    parts.push(head(5, value.size));
    for (const member of value) for (const each of member) write(each, parts);
  } else parts.push(Uint8Array.of(value === null ? 0xf6 : value ? 0xf5 : 0xf4));
}

function string(major: number, data: Bytes, parts: Uint8Array[]): void {
  parts.push(head(major, data.length), data);
}

/** Major type and argument in as few bytes as it takes. */
export function head(major: number, argument: number): Bytes {
  const first = major << 5;
  if (argument < 24) return Uint8Array.of(first | argument);
  const power = argument < 0x100 ? 0 : argument < 0x1_0000 ? 1 : argument < 0x1_0000_0000 ? 2 : 3;
  const bytes = new Uint8Array(1 + (1 << power));
  bytes[0] = first | (24 + power);
  for (let at = bytes.length - 1, left = argument; at > 0; at--, left = Math.floor(left / 256)) {
    bytes[at] = left % 256;
  }
  return bytes;
}

/** One item that fills `data`. Throws `Problem` `malformed_cbor`. */
export function loads(data: Uint8Array): Cbor {
  const reader = new Reader(data);
  const value = reader.item(0);
  if (reader.at !== data.length) throw malformed("bytes follow the item");
  return value;
}

class Reader {
  at = 0;
  private readonly data: Uint8Array;

  constructor(data: Uint8Array) {
    this.data = data;
  }

  item(depth: number): Cbor {
    const first = this.take(1)[0] ?? 0;
    const [major, info] = [first >> 5, first & 31];
    if (major === 7) return this.simple(info);
    const argument = this.argument(info);
    if (major === 0) return argument;
    if (major === 1) return safe(-1 - argument);
    if (major === 2) return new Uint8Array(this.take(argument));
    if (major === 3) return this.text(argument);
    if (major === 6) throw malformed("a tag, where none has a place");
    if (depth >= MAX_DEPTH) throw malformed("nested too deep");
    return major === 4 ? this.list(argument, depth + 1) : this.map(argument, depth + 1);
  }

  private take(count: number): Uint8Array {
    const end = this.at + count;
    if (end > this.data.length) throw malformed("it ends too early");
    const taken = this.data.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  private argument(info: number): number {
    if (info < 24) return info;
    if (info > 27) throw malformed("an indefinite length or a reserved form");
    const width = 1 << (info - 24);
    const value = this.take(width).reduce((sum, byte) => sum * 256 + byte, 0);
    const least = width === 1 ? 24 : 2 ** (width * 4);
    if (value < least) throw malformed("a number in a longer form than it needs");
    return safe(value);
  }

  private text(length: number): string {
    try {
      return fromUtf8(this.take(length));
    } catch {
      throw malformed("a text that is not UTF-8");
    }
  }

  private simple(info: number): boolean | null {
    const value = SIMPLE.get(info);
    if (value === undefined) throw malformed("a float or another simple value");
    return value;
  }

  private list(length: number, depth: number): Cbor[] {
    const items: Cbor[] = [];
    while (items.length < length) items.push(this.item(depth));
    return items;
  }

  private map(size: number, depth: number): CborMap {
    const members: CborMap = new Map();
    for (let count = 0; count < size; count++) {
      const name = this.item(depth);
      if (typeof name !== "number" && typeof name !== "string") throw malformed("a member's name is no number or text");
      if (members.has(name)) throw malformed("a member that is there twice");
      members.set(name, this.item(depth));
    }
    return members;
  }
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw malformed("an integer that is not below 2^53");
  return value;
}

function malformed(what: string): Problem {
  return new Problem("malformed", "malformed_cbor", `not CBOR as it is written here: ${what}`);
}
