/**
 * Many statements of one log, read as `statement.parse` reads each, with the same verdicts.
 *
 * A key says much on one stream, and of such headers only the cti differs: 16 bytes at the end, as they
 * are. So a header whose start was accepted with one cti is right with any, and is not read again. All
 * other bytes go to `statement.parse`, for its verdict and its error.
 */
import { nameOf, plain, type Bytes } from "../bytes";
import { EVENT, MAX_STATEMENT, parse, type Statement } from "./statement";

const [CTI_SIZE, SIGNATURE_SIZE] = [16, 64] as const;
const LONGEST = 512; // bytes: longer headers are not kept,
const MOST = 4096; // nor more of them, so that nobody fills the memory with them

type Known = Pick<Statement, "alg" | "kid" | "iss" | "sub" | "aud">;

export class StatementReader {
  private readonly starts = new Map<string, Known>();

  /** Throws as `statement.parse`. Statements with like headers share the bytes of their `kid`. */
  parse(raw: Uint8Array): Statement {
    const parts = raw.length > MAX_STATEMENT ? null : partsOf(raw);
    const known = parts && this.starts.get(startOf(parts.protected));
    if (!known) return this.keep(parse(raw));
    const { alg, kid, iss, sub, aud } = known;
    return { raw, ...parts, alg, kid, iss, sub, aud, contentType: EVENT, cti: parts.protected.subarray(-CTI_SIZE) };
  }

  private keep(read: Statement): Statement {
    const { alg, kid, iss, sub, aud } = read;
    if (this.starts.size >= MOST) this.starts.clear();
    if (read.protected.length <= LONGEST) this.starts.set(startOf(read.protected), { alg, kid, iss, sub, aud });
    return read;
  }
}

/** Of a header that is too long to be kept, a name that none has. */
function startOf(header: Uint8Array): string {
  return header.length > LONGEST ? "" : nameOf(header.subarray(0, -CTI_SIZE));
}

/** Where they stand in an envelope of the one form; null for all other bytes. */
function partsOf(raw: Uint8Array): { protected: Bytes; payload: Bytes; signature: Bytes } | null {
  const [header, headerEnd] = span(raw, 2);
  const [payload, end] = span(raw, headerEnd + 1);
  const isOurs = raw[0] === 0xd2 && raw[1] === 0x84 && raw[headerEnd] === 0xa0 && raw[end] === 0x58 && raw[end + 1] === SIGNATURE_SIZE;
  if (!header || !payload || !isOurs || end + 2 + SIGNATURE_SIZE !== raw.length) return null;
  const part = (from: number, to: number): Bytes => plain(raw.subarray(from, to));
  return { protected: part(header, headerEnd), payload: part(payload, end), signature: part(end + 2, raw.length) };
}

/** Where the byte string at `at` begins behind its shortest head (RFC 8949 §3, §4.2.1), and where it ends;
 * zeros where there is none, or one of 64 KiB or more. */
function span(raw: Uint8Array, at: number): [start: number, end: number] {
  const first = raw[at] ?? 0;
  const second = raw[at + 1] ?? 0;
  if (first >= 0x40 && first <= 0x57) return [at + 1, at + 1 + first - 0x40];
  if (first === 0x58 && second > 23) return [at + 2, at + 2 + second];
  if (first === 0x59 && second > 0) return [at + 3, at + 3 + ((second << 8) | (raw[at + 2] ?? 0))];
  return [0, 0];
}
