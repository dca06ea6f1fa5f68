/**
 * What this device signed, kept until the log has it, and for ever after: the twin of
 * `clients/outbox.py`.
 *
 *     queued ──▶ sent ──▶ accepted   the log has it; the receipt, verified, lies beside it
 *                   └───▶ refused    the log said no; the problem lies beside it
 *
 * A statement is signed and durable before a byte of it is sent. Nothing is ever deleted and no
 * statement is signed twice, so a crash between any two steps leaves either no statement, or one
 * that will be sent again as the same bytes; the log answers those with the first receipt.
 *
 * **The sequence.** Each payload says `seq` and `prev`. A new one follows the last that is still
 * on its way, or, when none is, the last that the log accepted. A refused one leaves its number to the
 * next; sent again after that, it takes a number of its own.
 *
 * **Several tabs.** WebCrypto cannot be awaited inside a transaction. So the place is read, the
 * statement signed, and then one transaction keeps it only if the place is still the next one;
 * else it is thrown away, never sent, and signed anew. The lock makes that rare.
 */
import type { Bytes } from "./bytes";
import type { Database, Reading, Row, Signer, Writing } from "./database";
import { newestHead } from "./heads";
import { alone } from "./locks";
import { Problem } from "./problem";
import type { Answer, ProblemDocument, State } from "./types";

/** What the next statement of a key must say about what came before it. */
export interface Link {
  seq: number;
  prev: string | null;
  seen: { size: number; root: string } | null;
}

/** What the log said about one statement: an answer with its receipt, or a problem. */
export type Settled = { row: Row } & ({ answer: Answer; receipt: Bytes } | { problem: ProblemDocument });

export type Make = (link: Link) => Promise<Row>;
type OfOutbox = "outbox" | "signers" | "heads";
const STORES: OfOutbox[] = ["outbox", "signers", "heads"];

export class Outbox {
  private readonly db: Database;
  private readonly lock: string;

  constructor(db: Database, name: string) {
    [this.db, this.lock] = [db, `${name}: signing`];
  }

  /**
   * Gives each of `makes` its place in the key's sequence, and keeps what they sign: all, or none.
   * `only` (decisions) throws `Problem` `outbox_not_empty` while anything of this key is on its way.
   * `instead`: a refused statement for which the new one stands from now on.
   */
  sign(kid: string, makes: readonly Make[], only = false, instead?: string): Promise<Row[]> {
    return alone(this.lock, async () => {
      for (;;) {
        const link = await this.db.reading(STORES, (tx) => nextLink(tx, kid, only));
        const rows = await signedAfter(link, makes);
        if (await this.keep(kid, link, rows, only, instead)) return rows;
      }
    });
  }

  /** False where another tab was faster: then nothing was kept. */
  private keep(kid: string, link: Link, rows: Row[], only: boolean, instead?: string): Promise<boolean> {
    return this.db.writing(STORES, async (tx) => {
      const now = await nextLink(tx, kid, only);
      if (now.seq !== link.seq || now.prev !== link.prev) return false;
      const store = tx.objectStore("outbox");
      for (const row of rows) row.number = await store.add(row);
      const again = rows[0]?.id;
      if (instead === undefined || again === undefined) return true;
      const { notice: _, ...old } = mustBeRefused(found(await store.index("id").get(instead), instead));
      await store.put({ ...old, again });
      return true;
    });
  }

  /** Keeps statements that other devices signed, to send them for these; counts the new ones. */
  carry(rows: readonly Row[]): Promise<number> {
    return this.db.writing(["outbox"], async (tx) => {
      const store = tx.objectStore("outbox");
      let taken = 0;
      for (const row of rows) {
        if (await store.index("id").getKey(row.id)) continue;
        await store.add({ ...row });
        taken++;
      }
      return taken;
    });
  }

  /** What is on its way, in the order of sending. */
  unsent(limit?: number): Promise<Row[]> {
    return this.db.reading(["outbox"], (tx) => tx.objectStore("outbox").index("pending").getAll(1, limit));
  }

  /** What is on its way, and what was refused and not acknowledged, in the order of signing. */
  waiting(): Promise<Row[]> {
    return this.db.reading(["outbox"], async (tx) => {
      const store = tx.objectStore("outbox");
      const rows = [...(await store.index("pending").getAll()), ...(await store.index("notice").getAll())];
      return rows.sort((a, b) => (a.number ?? 0) - (b.number ?? 0));
    });
  }

  /** Everything, or all in one state, in the order of signing. */
  async held(state?: State): Promise<Row[]> {
    const rows = await this.db.reading(["outbox"], (tx) => tx.objectStore("outbox").getAll());
    return state ? rows.filter((row) => row.state === state) : rows;
  }

  /** Throws `Problem` `not_in_outbox`. */
  find(id: string): Promise<Row> {
    return this.db.reading(["outbox"], async (tx) => found(await tx.objectStore("outbox").index("id").get(id), id));
  }

  /** Says, before they are, that these are being sent: what they meet is not known yet. */
  async markSent(rows: readonly Row[]): Promise<void> {
    const fresh = rows.filter(({ state }) => state === "queued").map(({ id }) => id);
    if (!fresh.length) return;
    await this.change(fresh, (row) => (row.state === "queued" ? { ...row, state: "sent" } : row));
  }

  /** Keeps what the log said. The caller has verified every receipt. A late problem never
   * overrides an acceptance, which has a proof. */
  settle(outcomes: readonly Settled[]): Promise<void> {
    return this.db.writing(["outbox", "signers"], async (tx) => {
      for (const outcome of outcomes) {
        const row = found(await tx.objectStore("outbox").index("id").get(outcome.row.id), outcome.row.id);
        if (row.state === "accepted" || (row.state === "refused" && !("answer" in outcome))) continue;
        await tx.objectStore("outbox").put(settled(row, outcome));
        if ("answer" in outcome) await advance(tx, row, outcome.answer.position);
      }
    });
  }

  /**
   * Sends a refused statement again as it is. Throws `Problem` `not_refused`; `place_taken` where its key
   * has signed at its place or later since: two statements with one number in a key's sequence would be
   * two stories, so it has to be signed anew (`sign`, `instead`).
   */
  requeue(id: string): Promise<void> {
    return this.db.writing(["outbox", "signers"], async (tx) => {
      const store = tx.objectStore("outbox");
      const { notice: _, ...row } = mustBeRefused(found(await store.index("id").get(id), id));
      const accepted = await tx.objectStore("signers").get(row.kid);
      const others = (await store.getAll()).filter((one) => one.kid === row.kid && one.state !== "refused");
      const last = Math.max(accepted?.seq ?? -1, ...others.map(({ seq }) => seq));
      if (last >= row.seq) throw new Problem("refused", "place_taken", `number ${row.seq} of this key is taken: its last is ${last}`);
      await store.put({ ...row, state: "queued", pending: 1 });
    });
  }

  /** Somebody has read why it was refused. It stays. */
  acknowledge(id: string): Promise<void> {
    return this.change([id], ({ notice: _, ...row }) => row);
  }

  /** The last statement of the key that the log is known to have accepted. */
  async last(kid: string): Promise<Signer | null> {
    return (await this.db.reading(["signers"], (tx) => tx.objectStore("signers").get(kid))) ?? null;
  }

  /** Takes over what the log says was this key's last accepted statement; without effect while
   * anything of the key is on its way, which will be answered with a place of its own. */
  align(kid: string, seq: number, last: string): Promise<void> {
    return this.db.writing(["outbox", "signers"], async (tx) => {
      if (await tx.objectStore("outbox").index("last").getKey([kid, 1])) return;
      await tx.objectStore("signers").put({ kid, seq, last, position: -1 });
    });
  }

  private change(ids: readonly string[], how: (row: Row) => Row): Promise<void> {
    return this.db.writing(["outbox"], async (tx) => {
      const store = tx.objectStore("outbox");
      for (const id of ids) await store.put(how(found(await store.index("id").get(id), id)));
    });
  }
}

async function signedAfter(link: Link, makes: readonly Make[]): Promise<Row[]> {
  const rows: Row[] = [];
  let next = link;
  for (const make of makes) {
    const row = await make(next);
    rows.push(row);
    next = { ...next, seq: row.seq + 1, prev: row.id };
  }
  return rows;
}

async function nextLink(tx: Reading<OfOutbox> | Writing<OfOutbox>, kid: string, only: boolean): Promise<Link> {
  const cursor = await tx.objectStore("outbox").index("last").openCursor([kid, 1], "prev");
  const onItsWay = cursor?.value;
  if (onItsWay && only) {
    throw new Problem("refused", "outbox_not_empty", "earlier statements are not recorded yet: send them first");
  }
  const accepted = await tx.objectStore("signers").get(kid);
  const last = onItsWay ? { seq: onItsWay.seq, last: onItsWay.id } : accepted;
  const head = await newestHead(tx.objectStore("heads"));
  const seen = head && { size: head.size, root: head.root };
  return last ? { seq: last.seq + 1, prev: last.last, seen } : { seq: 0, prev: null, seen };
}

function settled({ pending: _, notice: __, ...row }: Row, outcome: Settled): Row {
  if ("answer" in outcome) return { ...row, state: "accepted", answer: outcome.answer, receipt: outcome.receipt, problem: null };
  return { ...row, state: "refused", problem: outcome.problem, notice: 1 };
}

/** The key's last statement is the one at the highest position, as the log counts it. */
async function advance(tx: Writing<"outbox" | "signers">, row: Row, position: number): Promise<void> {
  const store = tx.objectStore("signers");
  const known = await store.get(row.kid);
  if (!known || known.position < position) await store.put({ kid: row.kid, seq: row.seq, last: row.id, position });
}

function mustBeRefused(row: Row): Row {
  if (row.state === "refused" && row.again === undefined) return row;
  const is = row.again === undefined ? `is ${row.state}, not refused` : "was signed again";
  throw new Problem("refused", "not_refused", `the statement ${is}`);
}

function found(row: Row | undefined, id: string): Row {
  if (row) return row;
  throw new Problem("not_found", "not_in_outbox", `this device keeps no statement ${id}`);
}
