/** Steps 1 and 2: the log's key opens the latest head, and all that are given, and they only grow. */
import { equal, toHex } from "../bytes";
import { asProblem, Problem, said } from "../problem";
import { openCheckpoint, type SignedCheckpoint } from "../proof/checkpoint";
import type { VerifierKey } from "../proof/note";
import { noteIn, type Contents } from "./contents";
import type { Findings } from "./report";

const AT_ONCE = 256; // notes under way
const UNPINNED =
  "NOTHING PINS THE LOG: no key was given, so the one that the bundle itself names was taken. All that follows only " +
  "shows that the bundle agrees with itself; whoever forged it forged the key, too";

/** The heads that opened, strictly growing, and all notes as they stand: null where they cannot be read to
 * their end. */
export class Heads {
  readonly opened: SignedCheckpoint[] = [];
  notes: Uint8Array[] | null = [];

  get last(): SignedCheckpoint | undefined {
    return this.opened.at(-1);
  }

  /** The first head that contains the entry. */
  covering(position: number): SignedCheckpoint | undefined {
    let [low, high] = [0, this.opened.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.opened[middle]!.size > position) high = middle;
      else low = middle + 1;
    }
    return this.opened[low];
  }

  /** Null where it joins; else why it does not. */
  add(head: SignedCheckpoint): Problem | null {
    const before = this.last;
    if (before && (head.size <= before.size || head.timeS < before.timeS)) {
      return new Problem("proof_invalid", "bad_checkpoint", `size ${head.size} or its time does not grow`);
    }
    this.opened.push(head);
    return null;
  }
}

/** `pinned`: the key came from outside. */
export async function openHeads(files: Contents, vkey: VerifierKey, pinned: boolean, findings: Findings): Promise<Heads> {
  const latest = await openLatest(files, vkey, pinned, findings);
  const heads = new Heads();
  const seen = await openAll(files, vkey, heads, findings);
  if (latest) mustBeLast(latest, heads, findings);
  if (!heads.last) findings.wrong(2, null, "there is no checkpoint that opens");
  findings.done(2, `${heads.opened.length} of ${seen} checkpoints open and grow`);
  return heads;
}

async function openLatest(files: Contents, vkey: VerifierKey, pinned: boolean, findings: Findings): Promise<SignedCheckpoint | null> {
  try {
    const latest = await openCheckpoint(files.latestNote(), vkey);
    findings.done(1, pinned ? `size ${latest.size}, root ${toHex(latest.root)}` : UNPINNED, pinned);
    return latest;
  } catch (error) {
    findings.wrong(1, null, `the latest checkpoint does not open with this key: ${said(error)}`);
    if (!pinned) [findings.step(1).ok, findings.step(1).detail] = [null, UNPINNED];
    return null;
  }
}

/** Signatures are checked many at once; heads join in their order. */
async function openAll(files: Contents, vkey: VerifierKey, heads: Heads, findings: Findings): Promise<number> {
  let [seen, opening]: [number, Promise<SignedCheckpoint | Problem>[]] = [0, []];
  const join = async (): Promise<void> => {
    for (const head of await Promise.all(opening)) {
      seen += 1;
      const wrong = head instanceof Problem ? head : heads.add(head);
      if (wrong) findings.wrong(2, null, `checkpoint ${seen}: ${wrong.detail}`);
    }
    opening = [];
  };
  try {
    for (const record of files.records("checkpoints")) {
      heads.notes?.push(noteIn(record));
      opening.push(openCheckpoint(noteIn(record), vkey).catch(asProblem));
      if (opening.length >= AT_ONCE) await join();
    }
  } catch (error) {
    heads.notes = null;
    findings.wrong(2, null, `the checkpoints cannot all be read: ${said(error)}`);
  }
  await join();
  return seen;
}

/** Where it is not, it joins them if it is newer: then all steps speak of it. */
function mustBeLast(latest: SignedCheckpoint, heads: Heads, findings: Findings): void {
  const last = heads.last;
  if (last && last.size === latest.size && last.timeS === latest.timeS && equal(last.root, latest.root)) return;
  findings.wrong(2, null, `the latest checkpoint (size ${latest.size}) is not the last of those that open and grow`);
  if (!last || (latest.size > last.size && latest.timeS >= last.timeS)) heads.opened.push(latest);
}
