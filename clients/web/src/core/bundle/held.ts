/** Step 10, for whoever holds a head of the log from elsewhere: the twin of `ledger/verify/held_head.py`. */
import { equal, utf8, type Bytes } from "../bytes";
import { said } from "../problem";
import { openCheckpoint, type SignedCheckpoint } from "../proof/checkpoint";
import type { VerifierKey } from "../proof/note";
import type { Fold } from "./pruned";
import type { Findings } from "./report";

const [STEP, NAME] = [10, "The head that you hold is of this history"] as const;

export class HeldHead {
  private root: Bytes | null = null; // of the bundle's tree at its size; null where a subtree is cut there
  private readonly head: SignedCheckpoint | null;
  private readonly findings: Findings;

  private constructor(head: SignedCheckpoint | null, findings: Findings) {
    [this.head, this.findings] = [head, findings];
  }

  static async open(note: string, vkey: VerifierKey, findings: Findings): Promise<HeldHead> {
    findings.add(STEP, NAME);
    try {
      return new HeldHead(await openCheckpoint(utf8(note), vkey), findings);
    } catch (error) {
      findings.wrong(STEP, null, `the log's key did not sign it: ${said(error)}`);
      findings.done(STEP, "no head of this log was given", false);
      return new HeldHead(null, findings);
    }
  }

  /** The tree while it grows. */
  see(fold: Fold): void {
    if (this.head?.size === fold.size) this.root = fold.root;
  }

  /** `committed`, `size`: entries of the largest checkpoint whose root came out, and of the last. */
  compare(committed: number, size: number): void {
    if (!this.head) return;
    const held = this.head;
    if (held.size > size) this.notDone(`it is ${held.size - size} entries younger than the bundle, which ends before`);
    else if (committed < held.size) this.notDone("no root at its size came out of the bundle");
    else if (!this.root) this.notDone("the bundle gives one hash for entries on both sides of its end");
    else if (equal(this.root, held.root)) this.findings.done(STEP, `the same root at ${held.size} of ${size} entries`);
    else {
      this.findings.wrong(
        STEP, null, `TWO HISTORIES: the head of ${held.size} entries that you hold has another root than the bundle's ` +
        "tree at that size, and the log's key signed both. Keep both: they are the proof",
      );
      this.findings.done(STEP, `another root at ${held.size} entries`);
    }
  }

  private notDone(why: string): void {
    this.findings.done(STEP, `NOT compared: it has ${this.head!.size} entries: ${why}. A copy of the log can show it`, false);
  }
}
