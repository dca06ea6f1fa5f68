/**
 * One person's device and the ledger that serves this page: signs here, believes only what is
 * proved to it. The browser twin of `clients/sdk.py`.
 *
 * A *fact* is signed at once and sent when the network allows. A *decision* is signed only with
 * the ledger in reach and nothing on its way. Every answer's receipt is verified against the log
 * key pinned in the profile, and every tree head is connected with those before it.
 */
import { concat } from "./bytes";
import { Asking } from "./asking";
import type { Collector } from "./carrying";
import type { Surroundings } from "./connected";
import { Database, type Row } from "./database";
import type { Draft, Said } from "./drafts";
import type { Decision, Fact } from "./events/types";
import type { Link } from "./outbox";
import { Problem } from "./problem";
import { heldOf, spokenIn, type Spoken } from "./proved";
import { Pump } from "./pump";
import { Store } from "./store";
import type { Answer, ESignature, Held, OutboxItem, State } from "./types";
import { ITERATIONS } from "./vault";

export type * from "./types";
export type { Json, JsonObject } from "./canonical";
export type { Credential } from "./proof/credential";
export { readRequest } from "./enrolment";
export { Problem } from "./problem";
export { Store } from "./store";
export type { Surroundings } from "./connected";

export interface FactOptions {
  /** When it happened, as `YYYY-MM-DDThh:mm:ss.sssZ`; now, unless said. */
  occurredAt?: string | undefined;
  /** A second signature, where the record asks for one. */
  esignature?: ESignature | undefined;
}

/** What is about to be signed, and how its signer is asked again, if at all. */
interface Wanted {
  made: Draft;
  esignature?: ESignature | undefined;
}

/** Its other halves: `connected.ts` (the log, the session), `device.ts` (the key), `asking.ts`. */
export class Client extends Asking {
  /** What the log has not answered, and what it refused: kept, with its reason. */
  readonly waiting = new Store<OutboxItem[]>([]);
  /** How many QR parts of another device's outbox were scanned. */
  readonly importing = new Store<{ have: number; of: number } | null>(null);

  private readonly pump = new Pump(() => this.send());
  private collector: Collector | null = null;
  private spoken = new Map<string, Spoken>();

  /** Opens the database and loads what is there; reaches no network. Then sends what waits. */
  static async open(surroundings: Partial<Surroundings> = {}): Promise<Client> {
    const around = {
      database: "unbroken", base: "", now: () => Date.now(), ticks: () => performance.now(), iterations: ITERATIONS,
      fetch: (...request: Parameters<typeof fetch>) => fetch(...request),
      ...surroundings,
    };
    const client = new Client(await Database.open(around.database), around);
    await client.load();
    client.listen();
    client.background(client.flush());
    return client;
  }

  override close(): void {
    this.pump.stop();
    super.close();
  }

  /** A FACT: checked, signed and durable on this device before it resolves; sent in the background.
   * Throws `Problem` `invalid_event`, `unknown_stream`, `locked`, `not_enrolled`. */
  async record(fields: Fact, stream: string, options: FactOptions = {}): Promise<Held> {
    const [held] = await this.recordMany([{ fields, stream, ...options }]);
    if (held) return held;
    throw new Problem("fault", "device_store_failed", "nothing was kept");
  }

  /** Several facts in one transaction: all of them are kept, or none. */
  async recordMany(items: readonly ({ fields: Fact; stream: string } & FactOptions)[]): Promise<Held[]> {
    const wanted = items.map(async ({ fields, stream, occurredAt, esignature }): Promise<Wanted> => {
      return { made: await this.draft(fields, stream, { occurredAt }), esignature };
    });
    const rows = await this.sign(await Promise.all(wanted));
    this.background(this.pump.nudge());
    return rows.map((row) => this.heldOf(row));
  }

  /**
   * A DECISION: only online, with nothing waiting before it; the receipt is verified.
   * `chainVersion`: what the signer saw; null for those that name none (the registry's).
   *
   * Throws `Problem`: what the log refused it with (`gate_failed` with `extra.gates`, `stale_view`…);
   * `outbox_not_empty`, `unreachable`: nothing was signed; `not_answered`: it was signed, is kept
   * and is sent until the log has answered (`extra.id`).
   */
  async decide(
    fields: Decision, stream: string, chainVersion: number | null, esignature?: ESignature,
  ): Promise<Answer> {
    const made = await this.draft(fields, stream, { chainVersion });
    await this.send();
    await this.refresh(); // asks whether the ledger is in reach, and brings the newest `seen`
    if (!this.aligned) await this.align();
    const [row] = await this.sign([{ made, esignature }], true);
    await this.flush();
    return this.settled(row?.id ?? "");
  }

  /** All that was signed or carried here, or all in one state, in the order of signing. */
  async held(state?: State): Promise<Held[]> {
    return (await this.outbox.held(state)).map((row) => this.heldOf(row));
  }

  /** Sends what waits, in order. Resolves when nothing more can be sent now; what it met is in
   * `waiting`, `reach` and `alarm`. */
  flush(): Promise<void> {
    return this.pinned ? this.pump.run() : Promise.resolve();
  }

  /** Sends a refused statement again: as it is, or, where its place in the key's sequence is taken, the
   * same fact signed anew. Throws `Problem` `not_refused`, `not_in_outbox`, `locked`; `place_taken` for
   * what only its signer can say again: a decision, a fact with an e-signature, another device's. */
  async requeue(id: string): Promise<void> {
    try {
      await this.outbox.requeue(id);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "place_taken") throw error;
      await this.signAnew(this.heldOf(await this.outbox.find(id)), error);
    }
    await this.outboxChanged();
    this.background(this.flush());
  }

  /** The person has read why it was refused. It stays in the outbox, and leaves `waiting`. */
  async acknowledge(id: string): Promise<void> {
    await this.outbox.acknowledge(id);
    await this.outboxChanged();
  }

  /** What waits, as a CBOR sequence: the same file as `unbroken outbox export`. */
  async exportOutbox(): Promise<Blob> {
    const rows = await this.outbox.unsent();
    return new Blob([concat(...rows.map(({ raw }) => raw))], { type: "application/cbor-seq" });
  }

  /** The same, or these statements, as texts for QR codes (`carrying.ts`). */
  async exportTexts(ids?: readonly string[]): Promise<string[]> {
    const rows = ids ? await Promise.all(ids.map((id) => this.outbox.find(id))) : await this.outbox.unsent();
    const { toTexts } = await import("./carrying");
    return toTexts(rows.map(({ raw }) => raw));
  }

  /** Keeps statements that another device signed, to send them from here; resolves to how many are
   * new. A file, or one QR text after another: 0 until its last part was given (`importing`). A
   * signature is checked where this device knows the key (`checked`); of the others the log will judge.
   * Throws `Problem` as the parsers, `wrong_log`, `bad_signature`, `wrong_signer`: then none was taken. */
  async importStatements(source: string | Uint8Array | Blob): Promise<number> {
    const whole = await this.sequenceIn(source);
    if (!whole) return 0;
    const { origin } = this.trusted.profile;
    const [{ split }, { foreign }, { isSigned }] = await Promise.all([import("./carrying"), drafting(), import("./keys")]);
    const rows = await Promise.all(split(whole).map((raw) => foreign(raw, origin, this.around.now())));
    for (const row of rows) {
      if (row.kid === this.vault.request?.kid) await this.vault.mustBeSigned(row.raw);
      else if (await isSigned(row, this.kept)) row.checked = true;
    }
    const taken = await this.outbox.carry(rows);
    await this.outboxChanged();
    this.background(this.flush());
    return taken;
  }

  protected override async load(): Promise<void> {
    await this.vault.load();
    this.lock.set(this.vault.state);
    if (this.vault.state !== "open") this.endSession();
    await this.dropOldKeys();
    const profile = await this.db.get("profile");
    if (profile) await this.pin(profile);
    this.profile.set(profile);
    if (profile) drafting().catch(() => undefined); // asked for again when it is needed
    const keeps = (await globalThis.navigator?.storage?.persisted?.()) ?? false;
    this.storage.set(keeps ? "persistent" : "evictable");
    await this.showWaiting();
  }

  /** Whatever keys to patients a shift that is over has left. */
  private async dropOldKeys(): Promise<void> {
    if (!(await this.db.get("therapies"))) return;
    const { kept } = await import("./wristbands");
    await kept(this.db, this.around.now());
  }

  private async draft(fields: Fact | Decision, stream: string, said: Said): Promise<Draft> {
    return (await drafting()).draft(fields, stream, this.around.now(), said);
  }

  private async signAnew({ id, fields, stream, mine }: Held, taken: Problem): Promise<void> {
    const { restated } = await drafting();
    const made = mine ? restated(fields, stream) : null;
    if (!made) throw taken;
    await this.sign([{ made }], false, id);
  }

  private async sign(wanted: readonly Wanted[], only = false, instead?: string): Promise<Row[]> {
    const { profile } = this.trusted;
    const key = this.vault.signing;
    if (profile.kid !== this.enrolmentRequest().kid) {
      throw new Problem("unauthentic", "not_enrolled", "this device's new key is not enrolled yet");
    }
    for (const { esignature } of wanted) {
      if (esignature && "passphrase" in esignature) await this.confirmPassphrase(esignature.passphrase);
    }
    const { signed } = await drafting();
    const makes = wanted.map(({ made, esignature }) => (link: Link) =>
      signed(made, link, key, profile, this.around.now(), esignature));
    const rows = await this.outbox.sign(profile.kid, makes, only, instead);
    await this.outboxChanged();
    return rows;
  }

  /** What became of a decision. One that was refused has been shown to who made it. */
  private async settled(id: string): Promise<Answer> {
    const row = await this.outbox.find(id);
    if (row.answer) return row.answer;
    if (row.problem) {
      this.aligned = false;
      await this.acknowledge(id);
      throw refusalOf(row.problem);
    }
    const detail = "signed and kept; it is sent again until the log has answered";
    throw new Problem("fault", "not_answered", detail, { id });
  }

  private async send(): Promise<void> {
    try {
      await this.trusted.sender.flush();
      this.alarm.set(null); // heads that fit nothing stay unchecked: a fork is met again each time
    } catch (error) {
      throw this.alarmed(error);
    } finally {
      await this.outboxChanged();
    }
  }

  private async sequenceIn(source: string | Uint8Array | Blob): Promise<Uint8Array | null> {
    if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
    if (typeof source !== "string") return source;
    this.collector ??= new (await import("./carrying")).Collector();
    const whole = await this.collector.add(source);
    this.importing.set(whole ? null : this.collector.progress);
    return whole;
  }

  private heldOf(row: Row): Held {
    return heldOf(row, this.profile.get()?.kid ?? "", this.spoken.get(row.id));
  }

  private async showWaiting(): Promise<void> {
    const rows = await this.outbox.waiting();
    // Bytes never change, so each statement is read once, however often the list is shown.
    this.spoken = new Map(rows.map(({ id, raw }) => [id, this.spoken.get(id) ?? spokenIn(raw)]));
    this.waiting.set(rows.map((row) => this.heldOf(row)));
  }

  private async outboxChanged(): Promise<void> {
    await this.showWaiting();
    this.tell();
  }
}

/** The vocabulary, which only who signs needs: not in the first load, but there before it is used. */
function drafting(): Promise<typeof import("./drafts")> {
  return import("./drafts");
}

function refusalOf({ status, code, title: _, detail, type: __, ...extra }: NonNullable<Row["problem"]>): Problem {
  return new Problem("refused", code, detail, { ...extra, status });
}
