/** A tree of which some leaves are shown and the others stand as hashes of whole subtrees: the twin of
 * `ledger/proof/pruned.py`. */
import type { Bytes } from "../bytes";
import { Problem } from "../problem";
import { HASH_SIZE } from "../proof/hash";
import { sha256Sync } from "../proof/sha256";

const [LEAF, NODE] = [Uint8Array.of(0), Uint8Array.of(1)]; // RFC 9162 §2.1.1
const MAX_HEIGHT = 52; // sizes stay below 2^53 here

/** An entry's bytes, or 2^height leaves that are not shown and the hash over them. */
export type PrunedRecord = Uint8Array | { height: number; hash: Uint8Array };

/** Throws `Problem` `malformed_bundle`. */
export function* decodeRecords(data: Uint8Array): Generator<PrunedRecord> {
  let at = 0;
  while (at < data.length) {
    const length = ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
    const end = at + (length ? 2 + length : 3 + HASH_SIZE);
    if (end > data.length || at + 2 > data.length) throw malformed("it ends within a record");
    const height = data[at + 2]!;
    if (!length && height > MAX_HEIGHT) throw malformed(`no tree holds 2^${height} entries`);
    yield length ? data.subarray(at + 2, end) : { height, hash: data.subarray(at + 3, end) };
    at = end;
  }
}

export function leafHashSync(entry: Uint8Array): Bytes {
  return sha256Sync(LEAF, entry);
}

/** The root of the leaves so far, shown or not. */
export class Fold {
  size = 0;
  private readonly peaks: { height: number; node: Bytes }[] = [];

  /** The next complete subtree. Throws `Problem` `bad_subtree` where it cannot begin here. */
  add(height: number, hash: Uint8Array): void {
    if (this.size % 2 ** height) {
      throw new Problem("proof_invalid", "bad_subtree", `no subtree of 2^${height} entries begins at ${this.size}`);
    }
    this.size += 2 ** height;
    let node: Bytes = new Uint8Array(hash);
    let grown = height;
    while (this.peaks.at(-1)?.height === grown) {
      node = sha256Sync(NODE, this.peaks.pop()!.node, node);
      grown += 1;
    }
    this.peaks.push({ height: grown, node });
  }

  get root(): Bytes {
    const [first, ...rest] = this.peaks.toReversed();
    return rest.reduce((found, { node }) => sha256Sync(NODE, node, found), first?.node ?? sha256Sync());
  }
}

function malformed(detail: string): Problem {
  return new Problem("malformed", "malformed_bundle", detail);
}
