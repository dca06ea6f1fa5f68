/**
 * The one form of a ZIP that holds evidence: the twin of `ledger/proof/archive.py`.
 *
 * Names and places come from the directory at its end; then the whole archive is written again from
 * names and contents, and must be equal: no byte of it is free. ZIP64 is not read here.
 */
import { concat, equal, utf8, type Bytes } from "../bytes";
import { Problem } from "../problem";

const [LOCAL, CENTRAL, END] = [30, 46, 22] as const; // bytes of each header without names
const DATE = 0x21; // 1980-01-01
const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The files by name, in their order; null for one whose contents were altered. Throws `Problem`
 * `malformed_archive` where the archive itself is not in the one form. */
export function openArchive(data: Uint8Array): Map<string, Uint8Array | null> {
  const [files, sums] = [new Map<string, Uint8Array>(), new Map<string, number>()];
  for (const [name, offset, size, sum] of directory(data)) {
    if (files.has(name)) throw malformed(`it names ${name} twice`);
    const start = offset + LOCAL + name.length;
    files.set(name, data.subarray(start, start + size));
    sums.set(name, sum);
  }
  if (!equal(written(files, (name) => sums.get(name)!), data)) throw malformed("it is not in the one form that is written here");
  return new Map([...files].map(([name, content]) => [name, crc32(content) === sums.get(name) ? content : null]));
}

/** The archive of these files. */
export function writeArchive(files: ReadonlyMap<string, Uint8Array>): Bytes {
  return written(files, (_, content) => crc32(content));
}

function written(files: ReadonlyMap<string, Uint8Array>, sumOf: (name: string, content: Uint8Array) => number): Bytes {
  const [contents, entries]: [Uint8Array[], Uint8Array[]] = [[], []];
  let at = 0;
  for (const [name, content] of files) {
    const common = [0, 0, 0, DATE, sumOf(name, content), content.length, content.length, name.length, 0] as const;
    contents.push(packed([0x04034b50, 20, ...common], "422222444" + "22"), utf8(name), content);
    entries.push(packed([0x02014b50, 20, 20, ...common, 0, 0, 0, 0, at], "4222222444" + "22" + "22244"), utf8(name));
    at += LOCAL + name.length + content.length;
  }
  const list = concat(...entries);
  const end = packed([0x06054b50, 0, 0, files.size, files.size, list.length, at, 0], "42222442");
  return concat(...contents, list, end);
}

function* directory(data: Uint8Array): Generator<[name: string, offset: number, size: number, sum: number]> {
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
    yield [name, view.getUint32(at + 42, true), view.getUint32(at + 24, true), view.getUint32(at + 16, true)];
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
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}

function malformed(detail: string): Problem {
  return new Problem("malformed", "malformed_archive", detail);
}
