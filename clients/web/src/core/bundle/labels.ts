/** Pictures of printed labels in a bundle: the twin of `ledger/verify/bundle_labels.py` and `label_picture.py`. */
import { concat, equal, toHex, utf8, type Bytes } from "../bytes";
import { sha256 } from "../proof/hash";
import { crc32 } from "./archive";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const BLOCK = 0xffff; // bytes of a stored block at most
const MM_PER_INCH = 25.4;
const DATA_AT = 8 + 25 + 21 + 8 + 2; // behind IHDR, pHYs, and the headers of IDAT and of its data
const NAME = /^labels\/([0-9a-f]{64})\.png$/;

/** What is wrong with the pictures of these names. `printed`: resolutions of printed labels by their digests. */
export async function* labelProblems(
  files: ReadonlyMap<string, Uint8Array>, printed: ReadonlyMap<string, number>, leftOut: readonly string[] | null,
): AsyncGenerator<string> {
  const here = new Set([...files.keys()].map((name) => NAME.exec(name)?.[1] ?? name));
  for (const [name, png] of files) {
    const digest = NAME.exec(name)?.[1] ?? "";
    const dpi = printed.get(digest);
    if (dpi === undefined) yield `${name}: no entry here says that this label was printed`;
    else if ((await digestOf(png, dpi)) !== digest) yield `${name}: it shows another bitmap than the one that was printed`;
  }
  if (leftOut === null) {
    if (files.size) yield "it does not speak of labels, and pictures of some are here";
    return;
  }
  const missing = [...printed.keys()].filter((digest) => !here.has(digest)).toSorted();
  if (missing.join() !== [...new Set(leftOut)].toSorted().join()) yield "it does not name just the printed labels of which no picture is here";
}

/** What `LabelPrinted` says as `digest`; "" for a PNG that is not in the one form. */
async function digestOf(png: Uint8Array, dpi: number): Promise<string> {
  if (png.length < 24) return "";
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const each = Math.ceil(width / 8);
  if (!width || width >= 10 ** 6 || !height || height >= 10 ** 6 || height * (each + 1) > png.length) return "";
  const rows = rowsIn(png, height, each);
  if (!equal(written(width, height, dpi, rows), png)) return "";
  return toHex(await sha256(utf8(`unbroken label bitmap v1\n${width} ${height} ${dpi}\n`), rows));
}

/** Eight dots a byte, 1 is ink; in the PNG 0 is black. */
function rowsIn(png: Uint8Array, height: number, each: number): Bytes {
  const [length, parts] = [height * (each + 1), [] as Uint8Array[]];
  for (let start = 0, at = DATA_AT + 5; start < length; start += BLOCK, at += BLOCK + 5) {
    parts.push(png.subarray(at, at + Math.min(BLOCK, length - start)));
  }
  const lines = concat(...parts);
  const rows = new Uint8Array(height * each);
  for (let row = 0; row < height; row++) {
    for (let byte = 0; byte < each; byte++) rows[row * each + byte] = 255 - (lines[row * (each + 1) + 1 + byte] ?? 0);
  }
  return rows;
}

function written(width: number, height: number, dpi: number, rows: Bytes): Bytes {
  const each = Math.ceil(width / 8);
  const lines = new Uint8Array(height * (each + 1));
  rows.forEach((byte, index) => (lines[Math.floor(index / each) * (each + 1) + 1 + (index % each)] = 255 - byte));
  const perMetre = Math.round((dpi * 1000) / MM_PER_INCH);
  return concat(
    SIGNATURE,
    chunk("IHDR", concat(big(width), big(height), Uint8Array.of(1, 0, 0, 0, 0))),
    chunk("pHYs", concat(big(perMetre), big(perMetre), Uint8Array.of(1))),
    chunk("IDAT", stored(lines)),
    chunk("IEND", new Uint8Array()),
  );
}

/** RFC 1950, with stored blocks alone. */
function stored(data: Bytes): Bytes {
  const made = [Uint8Array.of(0x78, 0x01)];
  for (let at = 0; at < data.length; at += BLOCK) {
    const some = data.slice(at, at + BLOCK);
    const [low, high] = [some.length & 0xff, some.length >>> 8];
    made.push(Uint8Array.of(Number(at + BLOCK >= data.length), low, high, low ^ 0xff, high ^ 0xff), some);
  }
  return concat(...made, big(adler32(data)));
}

function adler32(data: Bytes): number {
  let [low, high] = [1, 0];
  for (const byte of data) [low, high] = [(low + byte) % 65521, (high + low + byte) % 65521];
  return high * 65536 + low;
}

function chunk(name: string, data: Bytes): Bytes {
  const named = concat(utf8(name), data);
  return concat(big(data.length), named, big(crc32(named)));
}

function big(value: number): Bytes {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}
