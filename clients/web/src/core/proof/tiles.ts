/** The tree in tiles of 256 hashes, as c2sp.org/tlog-tiles serves it. */
import type { Bytes } from "../bytes";
import { Problem } from "../problem";
import { HASH_SIZE } from "./hash";
import { nodeHash, type NodeReader } from "./merkle";

export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;

/** `tile/0/x001/x234/067.p/12`: index in groups of three digits, all but the last with `x`. */
export function tilePath(level: number, index: number, width = TILE_WIDTH): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.../g) ?? [];
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
  return `tile/${level}/${path}${width < TILE_WIDTH ? `.p/${width}` : ""}`;
}

/** How many hashes that tile has in a tree of `size` entries. */
export function tileWidth(level: number, index: number, size: number): number {
  return Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);
}

/** Nodes from tiles; each tile is read once, each node computed once.
 * Throws `Problem` `no_such_tile` where a tile is too short. */
export function tileReader(readTile: (level: number, index: number) => Promise<Bytes>): NodeReader {
  const tiles = new Map<string, Promise<Bytes>>();
  const nodes = new Map<string, Promise<Bytes>>();

  async function hashesIn(level: number, index: number, count: number): Promise<Bytes[]> {
    const tile = Math.floor(index / TILE_WIDTH);
    const hashes = await kept(tiles, `${level}/${tile}`, () => readTile(level, tile));
    const first = index % TILE_WIDTH;
    if (hashes.length < (first + count) * HASH_SIZE) {
      throw new Problem("proof_invalid", "no_such_tile", `tile ${level}/${tile} has no hash ${first + count - 1}`);
    }
    return Array.from({ length: count }, (_, at) => hashes.slice((first + at) * HASH_SIZE, (first + at + 1) * HASH_SIZE));
  }

  return (level, index) =>
    kept(nodes, `${level}/${index}`, async () => {
      const width = 2 ** (level % TILE_HEIGHT);
      return joined(await hashesIn(Math.floor(level / TILE_HEIGHT), index * width, width));
    });
}

function kept<T>(known: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
  const found = known.get(name) ?? make();
  known.set(name, found);
  return found;
}

/** The node over a power of two of neighbours. */
async function joined(hashes: Bytes[]): Promise<Bytes> {
  let row = hashes;
  while (row.length > 1) {
    const [lefts, rights] = [row.filter((_, at) => at % 2 === 0), row.filter((_, at) => at % 2)];
    row = await Promise.all(lefts.map((left, at) => nodeHash(left, rights[at] ?? left)));
  }
  const [node] = row;
  if (!node) throw new Problem("proof_invalid", "no_such_tile", "a node over no hashes");
  return node;
}
