/** A file of several statements: a CBOR sequence (RFC 8742), taken apart by its lengths alone. */
import { Problem } from "../problem";

/** The encoded items, in order, exactly as they came. Throws `Problem` `malformed_cbor`. */
export function split(body: Uint8Array): Uint8Array[] {
  const items: Uint8Array[] = [];
  for (let at = 0; at < body.length; ) {
    const end = endOf(body, at);
    items.push(body.slice(at, end));
    at = end;
  }
  return items;
}

/** Where the item that starts here ends. Nesting only adds to what is left to read. */
function endOf(body: Uint8Array, start: number): number {
  let [at, left] = [start, 1];
  while (left > 0) {
    const first = body[at];
    if (first === undefined || (first & 31) > 27) throw broken(start);
    const [major, info] = [first >> 5, first & 31];
    const width = info < 24 ? 0 : 1 << (info - 24);
    const argument = width ? body.subarray(at + 1, at + 1 + width).reduce((sum, byte) => sum * 256 + byte, 0) : info;
    at += 1 + width + (major === 2 || major === 3 ? argument : 0);
    left += (major === 4 ? argument : major === 5 ? 2 * argument : major === 6 ? 1 : 0) - 1;
  }
  if (at > body.length) throw broken(start);
  return at;
}

function broken(start: number): Problem {
  const detail = `the item that starts at byte ${start} is not whole CBOR of definite length`;
  return new Problem("malformed", "malformed_cbor", detail);
}
