/**
 * A device's own fork detector: the log that it saw yesterday must be part of today's. The twin
 * of `clients/heads.py`.
 *
 * Each tree head that this device meets is kept, and is believed (`seen`) only once a consistency
 * proof (RFC 9162 §2.1.4), computed from the log's public hash tiles, connects it with the newest
 * head before. One that cannot be checked now stays and is checked next time: none is skipped.
 */
import { equal, fromHex, toHex, type Bytes } from "./bytes";
import type { Database, Head } from "./database";
import { alone } from "./locks";
import { Problem } from "./problem";
import { consistencyProof, root, verifyConsistency, type NodeReader } from "./proof/merkle";

/** From a tree's size to a reader of its complete subtrees. */
export type ReaderOf = (size: number) => NodeReader;

export class Heads {
  private readonly db: Database;
  private readonly lock: string;

  constructor(db: Database, name = "unbroken") {
    [this.db, this.lock] = [db, `${name}: heads`];
  }

  /** The newest head that was shown to extend every head before it. */
  newest(): Promise<Head | null> {
    return this.db.reading(["heads"], (tx) => newestHead(tx.objectStore("heads")));
  }

  /** Keeps a head that the log signed (the caller has verified that), unchecked. */
  meet(size: number, treeRoot: Uint8Array, evidence: Uint8Array): Promise<void> {
    const head = { size, root: toHex(treeRoot), evidence: Uint8Array.from(evidence), checked: false };
    return this.db.writing(["heads"], async (tx) => {
      const store = tx.objectStore("heads");
      if (!(await store.get([head.size, head.root]))) await store.put(head);
    });
  }

  /**
   * Connects every unchecked head with the newest; resolves to the newest. The first head ever is
   * trusted as it stands: the key is pinned, the history is not known yet. Throws `Problem`
   * `fork_detected` (both heads stay as evidence), `log_went_back`, `tiles_withheld`, `wrong_tiles`,
   * and what the reader throws when the tiles are out of reach: call again later.
   */
  check(readerOf: ReaderOf): Promise<Head | null> {
    return alone(this.lock, () => this.checkAll(readerOf));
  }

  private async checkAll(readerOf: ReaderOf): Promise<Head | null> {
    const all = await this.db.reading(["heads"], (tx) => tx.objectStore("heads").getAll()); // by size, then root
    for (const head of all.filter(({ checked }) => !checked)) {
      const known = await this.newest();
      if (known) await connect(known, head, readerOf);
      await this.mark(head);
    }
    return this.newest();
  }

  /** Checked; the older ones are covered by the newest and go. */
  private mark(head: Head): Promise<void> {
    return this.db.writing(["heads"], async (tx) => {
      const store = tx.objectStore("heads");
      await store.put({ ...head, checked: true });
      const checked = (await store.getAll()).filter((one) => one.checked);
      const newest = Math.max(...checked.map(({ size }) => size));
      for (const one of checked) if (one.size < newest) await store.delete([one.size, one.root]);
    });
  }
}

interface Cursor {
  readonly value: Head;
  continue(): Promise<Cursor | null>;
}

/** As `Heads.newest`, inside somebody's transaction. */
export async function newestHead(store: {
  openCursor(query: null, direction: "prev"): Promise<Cursor | null>;
}): Promise<Head | null> {
  let cursor = await store.openCursor(null, "prev");
  while (cursor && !cursor.value.checked) cursor = await cursor.continue();
  return cursor?.value ?? null;
}

/** Shows that one of two heads extends the other. Throws as `Heads.check`. */
export async function connect(known: Head, head: Head, readerOf: ReaderOf): Promise<void> {
  const [old, later] = known.size <= head.size ? [known, head] : [head, known];
  if (old.size === later.size) {
    if (old.root !== later.root) throw fork(old, later);
    return;
  }
  try {
    await prove(old, later, readerOf(later.size));
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== "not_found") throw error;
    const [code, what] = later === known ? ["log_went_back", "no longer shows"] : ["tiles_withheld", "hides"];
    throw invalid(code ?? "", `the log ${what} its tree of ${later.size} entries: ${error.detail}`, old, later);
  }
}

async function prove(old: Head, later: Head, read: NodeReader): Promise<void> {
  const [oldRoot, laterRoot] = [fromHex(old.root), fromHex(later.root)];
  try {
    const proof = await consistencyProof(old.size, later.size, read);
    await verifyConsistency(old.size, oldRoot, later.size, laterRoot, proof);
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== "proof_invalid") throw error;
    if (await leadsTo(later.size, read, laterRoot)) throw fork(old, later);
    const detail = `the server's hash tiles do not make the tree of ${later.size} that it signed`;
    throw new Problem("proof_invalid", "wrong_tiles", detail);
  }
}

/** Whether the tiles are those of the later tree; too short ones are not. */
async function leadsTo(size: number, read: NodeReader, treeRoot: Bytes): Promise<boolean> {
  try {
    return equal(await root(size, read), treeRoot);
  } catch (error) {
    if (error instanceof Problem && error.kind === "proof_invalid") return false;
    throw error;
  }
}

function fork(old: Head, later: Head): Problem {
  const detail =
    `the log signed two histories: its tree of ${later.size} entries does not continue its tree of` +
    ` ${old.size}. Keep this device as it is and tell an auditor`;
  return invalid("fork_detected", detail, old, later);
}

function invalid(code: string, detail: string, ...heads: Head[]): Problem {
  return new Problem("proof_invalid", code, detail, { heads: heads.map(({ size, root }) => ({ size, root })) });
}
