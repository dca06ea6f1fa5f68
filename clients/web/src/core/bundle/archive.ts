/**
 * The one form of a ZIP that holds evidence: the twin of `ledger/proof/archive.py`.
 *
 * Names and places come from the directory at its end; then headers and directory are written again
 * from names and contents, and must be equal: no byte of it is free. ZIP64 is not read here.
 */
import { concat, equal, utf8, type Bytes } from "../bytes";
import { Problem } from "../problem";

const [LOCAL, CENTRAL, END] = [30, 46, 22] as const; // bytes of each header without names
const DATE = 0x21; // 1980-01-01
const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/;
/** Of each byte; then of each with one, two and three bytes of zeros behind it: so four are taken at once. */
const TABLE = new Int32Array(4 * 256);
for (let at = 0; at < TABLE.length; at++) {
  let crc = at < 256 ? at : TABLE[at - 256]!;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  TABLE[at] = crc;
}

/** The files by name, in their order; null for one of which header or contents were altered. Throws
 * `Problem` `malformed_archive` where the directory is not in the one form, or is not that of these files. */
export function openArchive(data: Uint8Array): Map<string, Uint8Array | null> {
  const [files, listed] = [new Map<string, Uint8Array | null>(), [...directory(data)]];
  let at = 0;
  for (const one of listed) {
    if (files.has(one.name)) throw malformed(`it names ${one.name} twice`);
    if (one.offset !== at) throw malformed(`${one.name} does not follow on the file before it`);
    at += LOCAL + one.name.length + one.size;
    const content = data.subarray(at - one.size, at);
    const isOurs = equal(data.subarray(one.offset, at - one.size), local(one)) && crc32(content) === one.sum;
    files.set(one.name, isOurs ? content : null);
  }
  if (!equal(data.subarray(at), ending(listed, at))) throw malformed("its directory is not in the one form that is written here");
  return files;
}

/** The archive of these files. */
export function writeArchive(files: ReadonlyMap<string, Uint8Array>): Bytes {
  const [parts, listed]: [Uint8Array[], Member[]] = [[], []];
  let offset = 0;
  for (const [name, content] of files) {
    const one = { name, offset, size: content.length, sum: crc32(content) };
    listed.push(one);
    parts.push(local(one), content);
    offset += LOCAL + name.length + content.length;
  }
  return concat(...parts, ending(listed, offset));
}

interface Member {
  name: string;
  offset: number;
  size: number;
  sum: number;
}

/** What both headers of a file say of it. */
function common({ name, size, sum }: Member): number[] {
  return [0, 0, 0, DATE, sum, size, size, name.length, 0];
}

function local(one: Member): Bytes {
  return concat(packed([0x04034b50, 20, ...common(one)], "422222444" + "22"), utf8(one.name));
}

/** The directory and the end of an archive whose files end at `start`. */
function ending(listed: readonly Member[], start: number): Bytes {
  const entries = listed.map((one) =>
    concat(packed([0x02014b50, 20, 20, ...common(one), 0, 0, 0, 0, one.offset], "4222222444" + "22" + "22244"), utf8(one.name)));
  const list = concat(...entries);
  return concat(list, packed([0x06054b50, 0, 0, listed.length, listed.length, list.length, start, 0], "42222442"));
}

function* directory(data: Uint8Array): Generator<Member> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const end = data.length - END;
  if (end < 0 || view.getUint32(end, true) !== 0x06054b50) {
    throw malformed("it does not end as a ZIP does: cut off, something stands behind it, or no ZIP at all");
  }
  const [count, start] = [view.getUint16(end + 10, true), view.getUint32(end + 16, true)];
  if (count === 0xffff || start === 0xffffffff) throw malformed("it is larger than this page reads: use unbroken verify");
  for (let left = count, at = start; left > 0; left--) {
    if (at + CENTRAL > end) throw malformed("its directory is cut off");
    const width = view.getUint16(at + 28, true);
    const name = String.fromCharCode(...data.subarray(at + CENTRAL, at + CENTRAL + width));
    if (!NAME.test(name)) throw malformed(`${name.slice(0, 80)} is no name of a file in it`);
    yield { name, offset: view.getUint32(at + 42, true), size: view.getUint32(at + 24, true), sum: view.getUint32(at + 16, true) };
    at += CENTRAL + width;
  }
}

/** Little-endian numbers; `widths`: a digit for each, its bytes. */
function packed(values: readonly number[], widths: string): Bytes {
  const made: number[] = [];
  values.forEach((value, index) => {
    for (let byte = 0; byte < Number(widths[index]); byte++) made.push((value >>> (8 * byte)) & 0xff);
  });
  return Uint8Array.from(made);
}

export function crc32(data: Uint8Array): number {
  let [crc, at] = [-1, 0];
  for (; at + 4 <= data.length; at += 4) {
    crc ^= data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    crc = TABLE[768 + (crc & 0xff)]! ^ TABLE[512 + ((crc >>> 8) & 0xff)]! ^ TABLE[256 + ((crc >>> 16) & 0xff)]! ^ TABLE[crc >>> 24]!;
  }
  for (; at < data.length; at++) crc = (crc >>> 8) ^ TABLE[(crc ^ data[at]!) & 0xff]!;
  return ~crc >>> 0;
}

function malformed(detail: string): Problem {
  return new Problem("malformed", "malformed_archive", detail);
}
