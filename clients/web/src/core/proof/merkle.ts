/**
 * The Merkle tree of RFC 9162 §2.1: inclusion verified, consistency made from tiles and verified.
 * The twin of `ledger/proof/merkle.py`. Sizes and indexes are integers below 2^53, so halves are
 * taken by division: JavaScript's shifts end at 32 bits.
 */
import { equal, type Bytes } from "../bytes";
import { Problem } from "../problem";
import { HASH_SIZE, sha256 } from "./hash";

/** The hash of the complete subtree of 2^level leaves that starts at leaf `index` * 2^level. */
export type NodeReader = (level: number, index: number) => Promise<Bytes>;

const [LEAF, NODE] = [Uint8Array.of(0), Uint8Array.of(1)];

/** RFC 9162 §2.1.1: `MTH({d[0]}) = HASH(0x00 || d[0])`. */
export function leafHash(entry: Uint8Array): Promise<Bytes> {
  return sha256(LEAF, entry);
}

/** RFC 9162 §2.1.1: `HASH(0x01 || MTH(D[0:k]) || MTH(D[k:n]))`. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(NODE, left, right);
}

/** The root of the tree of the first `size` leaves. */
export function root(size: number, read: NodeReader): Promise<Bytes> {
  return size ? range(0, size, read) : sha256();
}

/** RFC 9162 §2.1.4.1. Throws `Problem` `no_such_tree`. */
export async function consistencyProof(old: number, size: number, read: NodeReader): Promise<Bytes[]> {
  if (!(0 < old && old <= size)) throw invalid("no_such_tree", `there is no consistency proof from size ${old} to ${size}`);
  let [start, end, whole] = [0, size, true];
  const path: Bytes[] = [];
  while (old !== end) {
    const middle = start + split(end - start);
    if (old <= middle) {
      path.unshift(await range(middle, end, read));
      end = middle;
    } else {
      path.unshift(await range(start, middle, read));
      [start, whole] = [middle, false];
    }
  }
  return whole ? path : [await range(start, end, read), ...path];
}

/** RFC 9162 §2.1.3.2. Throws `Problem` `bad_inclusion_proof`. */
export async function verifyInclusion(
  leaf: Uint8Array, index: number, size: number, proof: readonly Uint8Array[], treeRoot: Uint8Array,
): Promise<void> {
  if (!equal(await rootOfInclusion(leaf, index, size, proof), treeRoot)) {
    throw invalid("bad_inclusion_proof", `the proof of entry ${index} does not lead to the root`);
  }
}

/** The root that the proof leads to. Throws `Problem` `bad_inclusion_proof`. */
export async function rootOfInclusion(
  leaf: Uint8Array, index: number, size: number, proof: readonly Uint8Array[],
): Promise<Bytes> {
  if (!(isCount(index) && isCount(size) && index < size)) {
    throw invalid("bad_inclusion_proof", `there is no entry ${index} in a tree of ${size}`);
  }
  if ([leaf, ...proof].some((each) => each.length !== HASH_SIZE)) {
    throw invalid("bad_inclusion_proof", "a hash does not have 32 bytes");
  }
  const climb = new Climb(index, size - 1, "bad_inclusion_proof");
  let found = Uint8Array.from(leaf);
  for (const sibling of proof) {
    found = climb.isRight() ? await nodeHash(sibling, found) : await nodeHash(found, sibling);
    climb.up();
  }
  climb.mustBeDone();
  return found;
}

/** RFC 9162 §2.1.4.2. Throws `Problem` `bad_consistency_proof`. */
export async function verifyConsistency(
  oldSize: number, oldRoot: Uint8Array, newSize: number, newRoot: Uint8Array, proof: readonly Uint8Array[],
): Promise<void> {
  const sound = isCount(oldSize) && isCount(newSize) && 0 < oldSize && oldSize <= newSize;
  if (!sound || proof.some((each) => each.length !== HASH_SIZE)) {
    throw invalid("bad_consistency_proof", `no proof leads from size ${oldSize} to ${newSize}`);
  }
  if (oldSize === newSize) {
    if (!proof.length && equal(oldRoot, newRoot)) return;
    throw invalid("bad_consistency_proof", "equal sizes need an empty proof and equal roots");
  }
  const whole = Number.isInteger(Math.log2(oldSize)) ? [oldRoot, ...proof] : proof;
  const [old, made] = await rootsOf(oldSize, newSize, whole);
  if (!equal(old, oldRoot) || !equal(made, newRoot)) {
    throw invalid("bad_consistency_proof", `size ${newSize} does not continue size ${oldSize}`);
  }
}

async function rootsOf(oldSize: number, newSize: number, proof: readonly Uint8Array[]): Promise<[Uint8Array, Uint8Array]> {
  const [first, ...rest] = proof;
  if (!first) throw invalid("bad_consistency_proof", "the proof is empty");
  const climb = new Climb(oldSize - 1, newSize - 1, "bad_consistency_proof");
  climb.toLeftChild();
  let [old, made] = [first, first];
  for (const sibling of rest) {
    if (climb.isRight()) [old, made] = [await nodeHash(sibling, old), await nodeHash(sibling, made)];
    else made = await nodeHash(made, sibling);
    climb.up();
  }
  climb.mustBeDone();
  return [old, made];
}

/** The `fn` and `sn` of RFC 9162: a node, and the last node, of one level after the other. */
class Climb {
  private node: number;
  private last: number;
  private readonly code: string;

  constructor(node: number, last: number, code: string) {
    [this.node, this.last, this.code] = [node, last, code];
  }

  toLeftChild(): void {
    while (this.node % 2) this.halve();
  }

  /** Whether the next sibling stands to the left. Skips the levels where there is none. */
  isRight(): boolean {
    if (this.last === 0) throw invalid(this.code, "the proof is too long");
    if (this.node % 2 === 0 && this.node !== this.last) return false;
    while (this.node % 2 === 0 && this.node) this.halve();
    return true;
  }

  up(): void {
    this.halve();
  }

  mustBeDone(): void {
    if (this.last) throw invalid(this.code, "the proof is too short");
  }

  private halve(): void {
    [this.node, this.last] = [Math.floor(this.node / 2), Math.floor(this.last / 2)];
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** RFC 9162 §2.1.1: "the largest power of two smaller than n". */
function split(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** The hash of leaves [start, end): complete subtrees, joined from the right. */
async function range(start: number, end: number, read: NodeReader): Promise<Bytes> {
  const size = end - start;
  const level = Math.log2(size);
  if (Number.isInteger(level)) return read(level, start / size);
  const middle = start + split(size);
  return nodeHash(await range(start, middle, read), await range(middle, end, read));
}

function invalid(code: string, detail: string): Problem {
  return new Problem("proof_invalid", code, detail);
}
