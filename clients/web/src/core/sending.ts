/**
 * Sending the outbox: in order, the same bytes again until the log has answered each. The twin of
 * `clients/sending.py`.
 *
 * What comes back is believed only after its receipt was verified against the statement's own
 * bytes, the pinned key of the log, and the place that the answer claims. A refusal is believed
 * only as an RFC 9457 problem with a code: a proxy's own page is none.
 */
import { fromBase64Url, type Bytes } from "./bytes";
import { isObject, type Json, type JsonObject } from "./canonical";
import type { Row } from "./database";
import type { Heads } from "./heads";
import { alone } from "./locks";
import type { Outbox, Settled } from "./outbox";
import { Problem } from "./problem";
import type { VerifierKey } from "./proof/note";
import { verifyReceipt } from "./proof/receipt";
import { problemOf, type Remote, type Verdict } from "./remote";
import type { Answer, ProblemDocument, Raised } from "./types";

const MAX_STATEMENTS = 1000; // in one body, as the API takes them
const MAX_BODY = 4 * 1024 * 1024;

/** An outcome to keep, and the tree head that an answer's receipt proves. */
type Judged = Settled & { head?: { size: number; root: Bytes } };

export class Sender {
  private readonly outbox: Outbox;
  private readonly heads: Heads;
  private readonly remote: Remote;
  private readonly vkey: VerifierKey;
  private readonly lock: string;

  constructor(outbox: Outbox, heads: Heads, remote: Remote, vkey: VerifierKey, name: string) {
    [this.outbox, this.heads, this.remote, this.vkey] = [outbox, heads, remote, vkey];
    this.lock = `${name}: sending`;
  }

  /**
   * Sends everything on its way and keeps what the log says; then connects the new heads. Throws
   * `Problem` when the server or network gave up, or an answer's receipt proves nothing: what was
   * not settled stays on its way and is sent again.
   */
  flush(): Promise<void> {
    return alone(this.lock, async () => {
      for (;;) {
        const batch = fitting(await this.outbox.unsent(MAX_STATEMENTS));
        if (!batch.length) break;
        await this.send(batch);
      }
      await this.heads.check((size) => this.remote.nodes(size));
    });
  }

  /** Runs `work` while nothing is being sent, so that no answer arrives meanwhile. */
  quiet<T>(work: () => Promise<T>): Promise<T> {
    return alone(this.lock, work);
  }

  private async send(batch: readonly Row[]): Promise<void> {
    await this.outbox.markSent(batch);
    const verdicts = await this.posted(batch);
    const outcomes: Judged[] = [];
    const failures: unknown[] = [];
    for (const [at, row] of batch.entries()) {
      try {
        outcomes.push(await this.judge(row, verdicts[at] ?? { status: 500, body: {}, problem: false }));
      } catch (error) {
        failures.push(error);
      }
    }
    await this.keep(outcomes);
    if (failures.length) throw failures[0];
  }

  /** Where the body of several was refused as a whole, each is asked about by itself. */
  private async posted(batch: readonly Row[]): Promise<Verdict[]> {
    const bodies = batch.map(({ raw }) => raw);
    try {
      return await this.remote.post(bodies);
    } catch (error) {
      if (!(error instanceof Problem) || error.passes || batch.length === 1) throw error;
    }
    const verdicts: Verdict[] = [];
    for (const body of bodies) verdicts.push(...(await this.remote.post([body])));
    return verdicts;
  }

  /** Throws where the statement must stay on its way. */
  private async judge(row: Row, { status, body, problem }: Verdict): Promise<Judged> {
    if (status === 200 || status === 201) return this.believed(row, body);
    const about = status >= 400 && status < 500 && ![408, 425, 429].includes(status);
    const code = body["code"];
    if (!about || !problem || typeof code !== "string") {
      const kind = about ? new Problem("fault", "bad_answer", `${status}, and not from the ledger`) : problemOf(body, status);
      throw kind;
    }
    const said: ProblemDocument = { ...body, status, code, title: String(body["title"] ?? ""), detail: String(body["detail"] ?? "") };
    return { row, problem: said };
  }

  /** Heads first: should the page die in between, the answers simply come again. */
  private async keep(outcomes: readonly Judged[]): Promise<void> {
    for (const outcome of outcomes) {
      if (outcome.head && "receipt" in outcome) {
        await this.heads.meet(outcome.head.size, outcome.head.root, outcome.receipt);
      }
    }
    await this.outbox.settle(outcomes);
  }

  /** The answer, once its receipt proves what it says. Throws `Problem` `bad_receipt`,
   * `wrong_receipt` (a proof of something else), `bad_answer`. */
  private async believed(row: Row, body: JsonObject): Promise<Judged> {
    const { answer, receipt } = answerOf(body);
    const proved = await verifyReceipt(receipt, row.raw, this.vkey);
    if (proved.index !== answer.position || proved.size !== answer.log_size) {
      throw wrong(
        `the answer says position ${answer.position} of ${answer.log_size}, its receipt proves` +
          ` ${proved.index} of ${proved.size}`,
      );
    }
    if (answer.statement_id !== row.id) throw wrong(`asked about ${row.id}, told of ${answer.statement_id}`);
    return { row, answer, receipt, head: { size: proved.size, root: proved.root } };
  }
}

/** As many from the start as one body holds; at least one, when there is one. */
export function fitting(unsent: readonly Row[]): Row[] {
  let total = 0;
  const upTo = unsent.slice(0, MAX_STATEMENTS).findIndex((row, at) => {
    total += row.raw.length;
    return at > 0 && total > MAX_BODY;
  });
  return upTo < 0 ? unsent.slice(0, MAX_STATEMENTS) : unsent.slice(0, upTo);
}

/** Throws `Problem` `bad_answer`. */
export function answerOf(body: JsonObject): { answer: Answer; receipt: Bytes } {
  const { position, statement_id, log_size, recorded_at, deviations, receipt } = body;
  try {
    const answer = {
      position: count(position),
      statement_id: text(statement_id),
      log_size: count(log_size),
      recorded_at: text(recorded_at),
      deviations: list(deviations).map(raised),
    };
    return { answer, receipt: fromBase64Url(text(receipt)) };
  } catch {
    throw new Problem("fault", "bad_answer", "the server's answer cannot be read");
  }
}

function raised(value: Json): Raised {
  if (!isObject(value)) throw new TypeError("no object");
  const { position, statement_id, code, severity, blocking } = value;
  return { position: count(position), statement_id: text(statement_id), code: text(code), severity: text(severity), blocking: blocking === true };
}

function count(value: Json | undefined): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new TypeError("no number");
}

function text(value: Json | undefined): string {
  if (typeof value === "string") return value;
  throw new TypeError("no text");
}

function list(value: Json | undefined): Json[] {
  if (Array.isArray(value)) return value;
  throw new TypeError("no list");
}

function wrong(detail: string): Problem {
  return new Problem("proof_invalid", "wrong_receipt", detail);
}
