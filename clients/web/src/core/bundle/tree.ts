/** Step 3: what is given and the hashes of the rest, put together from the left, give each head's root. */
import { equal } from "../bytes";
import { Problem, said } from "../problem";
import type { SignedCheckpoint } from "../proof/checkpoint";
import type { Contents } from "./contents";
import type { Heads } from "./heads";
import type { HeldHead } from "./held";
import { Fold, leafHashSync, type PrunedRecord } from "./pruned";
import type { Findings } from "./report";

/** `raws`: what is given, by position; `hidden`: how many stand as hashes; `committed`: the size of the
 * last head whose root came out. */
export class Tree {
  readonly raws = new Map<number, Uint8Array>();
  hidden = 0;
  committed = 0;

  private readonly fold = new Fold();
  private readonly findings: Findings;

  constructor(findings: Findings) {
    this.findings = findings;
  }

  /** `held`: a head from elsewhere, which wants to see the tree at its size. */
  check(files: Contents, heads: Heads, held: HeldHead | null): void {
    const waiting = [...heads.opened].reverse();
    held?.see(this.fold);
    try {
      for (const record of files.records("entries")) {
        this.take(record);
        held?.see(this.fold);
        while (waiting.length && waiting.at(-1)!.size <= this.fold.size) this.settle(waiting.pop()!);
      }
      const size = heads.last!.size;
      if (this.fold.size !== size) {
        throw new Problem("proof_invalid", "bad_bundle", `it holds a tree of ${this.fold.size}, not of ${size} entries`);
      }
    } catch (error) {
      this.findings.wrong(3, this.committed, said(error));
    }
    this.findings.done(3, `${this.raws.size} entries and the hashes of ${this.hidden} others`);
  }

  private take(record: PrunedRecord): void {
    const at = this.fold.size;
    if (record instanceof Uint8Array) {
      this.fold.add(0, leafHashSync(record));
      this.raws.set(at, record);
      return;
    }
    this.fold.add(record.height, record.hash);
    this.hidden += this.fold.size - at;
  }

  /** After the first head that differs, none can agree. */
  private settle(head: SignedCheckpoint): void {
    if (this.findings.step(3).ok === false) return;
    if (this.fold.size === head.size && equal(this.fold.root, head.root)) {
      this.committed = head.size;
      return;
    }
    const span = `the entries and hashes from ${this.committed} to ${head.size - 1}`;
    this.findings.wrong(3, this.committed, `${span} are not what checkpoint ${head.size} committed to`);
  }
}
