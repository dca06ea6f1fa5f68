/**
 * One person's device and the ledger that serves this page: signs here, believes only what is
 * proved to it. The browser twin of `clients/sdk.py`.
 *
 * A *fact* is signed at once and sent when the network allows. A *decision* is signed only with
 * the ledger in reach and nothing on its way. Every answer's receipt is verified against the log
 * key pinned in the profile, and every tree head is connected with those before it.
 */
import { concat, fromHex, type Bytes } from "./bytes";
import { encode, type Json } from "./canonical";
import { Collector, isText, toTexts } from "./carrying";
import { Database, type Row } from "./database";
import { draft, foreign, signed, type Draft, type Said } from "./drafts";
import type { Decision, Fact } from "./events/types";
import { Heads } from "./heads";
import { Kept } from "./kept";
import { Outbox } from "./outbox";
import { Problem } from "./problem";
import { openCheckpoint } from "./proof/checkpoint";
import { verifyCredential, type Credential } from "./proof/credential";
import { parseVkey, type VerifierKey } from "./proof/note";
import { split } from "./proof/sequence";
import * as statement from "./proof/statement";
import { Pump } from "./pump";
import { heldOf, proved } from "./proved";
import { BRIEF_MS, bytes, document, PATIENT_MS, Remote } from "./remote";
import { Sender } from "./sending";
import { Store } from "./store";
import { Vault } from "./vault";
import type {
  Answer,
  Enrolment,
  EnrolmentRequest,
  ESignature,
  Held,
  OutboxItem,
  Profile,
  ProvedEntry,
  Query,
  Reading,
  SessionSeen,
  State,
  VoidedLabel,
} from "./types";

export type * from "./types";
export type { Json, JsonObject } from "./canonical";
export type { Credential } from "./proof/credential";
export { readRequest } from "./enrolment";
export { Problem } from "./problem";
export { Store } from "./store";

/** What tests and other surroundings may replace. */
export interface Surroundings {
  database: string; // the name of the IndexedDB database: another one is another device
  base: string; // "" in the app: the same origin as the page
  fetch: typeof fetch;
  now: () => number; // epoch milliseconds
}

export interface FactOptions {
  /** When it happened, as `YYYY-MM-DDThh:mm:ss.sssZ`; now, unless said. */
  occurredAt?: string | undefined;
}

/** What is there once a profile is: the log that is believed, and the way to it. */
interface Pinned {
  profile: Profile;
  vkey: VerifierKey;
  sender: Sender;
}

export class Client {
  /** Null until an enrolment is finished. */
  readonly profile = new Store<Profile | null>(null);
  /** No key yet | the key sealed under its passphrase | ready to sign. */
  readonly lock = new Store<"empty" | "locked" | "open">("empty");
  /** Null while not signed in. A read signs in by itself when the key is open. */
  readonly session = new Store<SessionSeen | null>(null);
  /** What the log has not answered, and what it refused: kept, with its reason. */
  readonly waiting = new Store<OutboxItem[]>([]);
  /** By what happened to requests, not only `navigator.onLine`. */
  readonly reach = new Store<"online" | "offline">("online");
  /** Whether the browser promised to keep the device's data. */
  readonly storage = new Store<"persistent" | "evictable">("evictable");
  /** Evidence against the log (`fork_detected`, `bad_receipt`…): to be shown until it is explained. */
  readonly alarm = new Store<Problem | null>(null);
  /** How many QR parts of another device's outbox were scanned. */
  readonly importing = new Store<{ have: number; of: number } | null>(null);

  private readonly around: Surroundings;
  private readonly db: Database;
  private readonly vault: Vault;
  private readonly outbox: Outbox;
  private readonly heads: Heads;
  private readonly kept: Kept;
  private readonly remote: Remote;
  private readonly pump: Pump;
  private readonly collector = new Collector();
  private readonly channel: BroadcastChannel | null;
  private readonly leave: (() => void)[] = [];
  private pinned: Pinned | null = null;
  private aligned = false;

  private constructor(db: Database, around: Surroundings) {
    [this.db, this.around] = [db, around];
    this.vault = new Vault(db);
    this.outbox = new Outbox(db, around.database);
    this.heads = new Heads(db);
    this.kept = new Kept(db);
    this.remote = new Remote(
      around.base, around.fetch,
      (challenge) => this.sessionStatement(challenge, this.trusted.profile),
      (online) => this.reach.set(online ? "online" : "offline"),
    );
    this.pump = new Pump(() => this.send());
    this.channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(around.database) : null;
  }

  /** Opens the database and loads what is there; reaches no network. Then sends what waits. */
  static async open(surroundings: Partial<Surroundings> = {}): Promise<Client> {
    const around = {
      database: "unbroken", base: "", now: () => Date.now(),
      fetch: (...request: Parameters<typeof fetch>) => fetch(...request),
      ...surroundings,
    };
    const client = new Client(await Database.open(around.database), around);
    await client.load();
    client.listen();
    void client.flush();
    return client;
  }

  close(): void {
    this.pump.stop();
    this.channel?.close();
    for (const leave of this.leave) leave();
    this.db.close();
  }

  // --- the key and the profile ---------------------------------------------------------------

  /** Draws a key (Ed25519, P-256 where missing) and seals it; asks the browser to keep its data.
   * `name`: who the person says they are. Throws `Problem` `key_exists`, `short_passphrase`. */
  async makeKey(passphrase: string, name = ""): Promise<EnrolmentRequest> {
    await this.vault.make(passphrase, name);
    await this.askToPersist();
    await this.keyChanged();
    return this.enrolmentRequest();
  }

  /** Sets the device's key aside for a new one, to be enrolled in its place: for a forgotten
   * passphrase or a lost trust. What was signed stays and is sent. Throws as `makeKey`. */
  async replaceKey(passphrase: string, name = this.vault.record.name): Promise<EnrolmentRequest> {
    await this.vault.replace(passphrase, name);
    await this.keyChanged();
    return this.enrolmentRequest();
  }

  /** What the administrator scans. Throws `Problem` `no_device_key`. */
  enrolmentRequest(): EnrolmentRequest {
    const { request } = this.vault;
    if (request) return request;
    throw new Problem("not_found", "no_device_key", "this device has no key yet: make one");
  }

  /** What the server says of itself: to be compared with what the administrator shows. */
  async offeredLog(): Promise<{ origin: string; logKey: string }> {
    const { origin, vkey } = await document(await this.remote.public("/v1/log"));
    return { origin: String(origin), logKey: String(vkey) };
  }

  /** Signs in as this agent, checks a checkpoint under that log key, then pins both. The key must be
   * open. Throws what the server says, `wrong_log_key`, `other_log`, `bad_checkpoint`. */
  async finishEnrolment(enrolment: Enrolment): Promise<void> {
    const before = this.pinned;
    const { kid, alg } = this.enrolmentRequest();
    const profile = { ...enrolment, kid, alg };
    if (before && before.profile.origin !== profile.origin) {
      throw new Problem("refused", "other_log", `this device belongs to the log ${before.profile.origin}`);
    }
    try {
      await this.pin(profile);
      await this.signIn();
      await this.align();
      await this.db.set("profile", profile);
    } catch (error) {
      this.endSession();
      this.pinned = before;
      throw error;
    }
    this.profile.set(profile);
    this.tell();
    void this.flush();
  }

  /** Throws `Problem` `wrong_passphrase`, `no_device_key`. */
  async unlock(passphrase: string): Promise<void> {
    await this.vault.unlock(passphrase);
    await this.keyChanged();
    void this.flush();
  }

  /** Forgets the opened key and the session. */
  async relock(): Promise<void> {
    await this.vault.relock();
    this.endSession();
    await this.keyChanged();
  }

  /** Opens the sealed key again. Throws `Problem` `wrong_passphrase`. */
  confirmPassphrase(passphrase: string): Promise<void> {
    return this.vault.confirm(passphrase);
  }

  // --- the session ---------------------------------------------------------------------------

  /** Opens a session and learns the newest head. Throws what the server says; `locked`. */
  async signIn(): Promise<SessionSeen> {
    await this.remote.signIn();
    await this.refresh();
    return this.whoAmI();
  }

  async signOut(): Promise<void> {
    if (this.remote.signedIn) await this.remote.within("/v1/session", { method: "DELETE" });
    this.endSession();
  }

  // --- saying something ----------------------------------------------------------------------

  /** A FACT: checked, signed and durable on this device before it resolves; sent in the background.
   * Throws `Problem` `invalid_event`, `unknown_stream`, `locked`, `not_enrolled`. */
  async record(fields: Fact, stream: string, options: FactOptions = {}): Promise<Held> {
    const [held] = await this.recordMany([{ fields, stream, ...options }]);
    if (held) return held;
    throw new Problem("fault", "device_store_failed", "nothing was kept");
  }

  /** Several facts in one transaction: all of them are kept, or none. */
  async recordMany(items: readonly ({ fields: Fact; stream: string } & FactOptions)[]): Promise<Held[]> {
    const drafts = items.map(({ fields, stream, occurredAt }) => this.draft(fields, stream, { occurredAt }));
    const rows = await this.sign(drafts);
    void this.flush();
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
    const made = this.draft(fields, stream, { chainVersion });
    if (esignature && "passphrase" in esignature) await this.confirmPassphrase(esignature.passphrase);
    await this.send();
    await this.refresh(); // asks whether the ledger is in reach, and brings the newest `seen`
    if (!this.aligned) await this.align();
    const [row] = await this.sign([made], esignature, true);
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

  /** Sends a refused statement again as it is. Throws `Problem` `not_refused`, `not_in_outbox`. */
  async requeue(id: string): Promise<void> {
    await this.outbox.requeue(id);
    await this.outboxChanged();
    void this.flush();
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
    return toTexts(rows.map(({ raw }) => raw));
  }

  /** Keeps statements that another device signed, to send them from here; resolves to how many are
   * new. A file, or one QR text after another: 0 until its last part was given (`importing`).
   * Throws `Problem` as the parsers, `wrong_log`: then none was taken. */
  async importStatements(source: string | Uint8Array | Blob): Promise<number> {
    const whole = await this.sequenceIn(source);
    if (!whole) return 0;
    const { origin } = this.trusted.profile;
    const rows = await Promise.all(split(whole).map((raw) => foreign(raw, origin, this.around.now())));
    const taken = await this.outbox.carry(rows);
    await this.outboxChanged();
    void this.flush();
    return taken;
  }

  // --- asking --------------------------------------------------------------------------------

  /** GET within a session; falls back to what the device keeps of an earlier answer when the
   * ledger is out of reach or the key is locked. Throws `Problem`: what the server says. */
  async read<T>(path: string, query: Query = {}): Promise<Reading<T>> {
    const whole = withQuery(path, query);
    const kept = await this.kept.read(whole);
    try {
      const response = await this.within(whole, {}, kept ? BRIEF_MS : PATIENT_MS);
      const value = (await response.json()) as Json;
      const asOf = this.around.now();
      await this.kept.keepRead(whole, value, asOf);
      return { value: value as T, asOf, from: "ledger" };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (kept && isAway(error)) return { value: kept.value as T, asOf: kept.asOf, from: "device" };
      if (error.kind === "not_found" || error.code === "not_yours") await this.kept.forgetRead(whole);
      throw error;
    }
  }

  /** POST a question within a session (`infusion-check`): online only, nothing is kept. */
  async ask<T>(path: string, body: unknown): Promise<T> {
    const headers = { "content-type": "application/json" };
    const response = await this.within(path, { method: "POST", headers, body: JSON.stringify(body) });
    return (await response.json()) as T;
  }

  /** Any request within a session, for files. Throws what the server says. */
  request(path: string, init: RequestInit = {}): Promise<Response> {
    return this.within(path, init);
  }

  /** GET without a session. Throws what the server says. */
  async readPublic<T>(path: string, query: Query = {}): Promise<T> {
    return (await (await this.remote.public(withQuery(path, query))).json()) as T;
  }

  /** An entry, its receipt verified HERE against the pinned log key, and its tree head connected
   * with those seen before. What was proved once is kept. Throws `Problem` `bad_receipt`,
   * `wrong_receipt`, `fork_detected`. */
  async entry(position: number): Promise<ProvedEntry> {
    const path = `/v1/entries/${position}`;
    const { raw, receipt } = await this.evidence(path);
    const found = await proved(position, raw, receipt, this.trusted.vkey);
    await this.kept.keepRead(path, { raw, receipt }, this.around.now());
    await this.meet(found.logSize, fromHex(found.root), receipt);
    return found;
  }

  /** Whether a shipper label's credential is genuine, with no network. Says nothing of what came
   * after it. Throws `Problem` `malformed_credential`, `bad_credential`. */
  credential(text: string): Promise<Credential> {
    return verifyCredential(text, this.trusted.vkey);
  }

  // --- what the device keeps -----------------------------------------------------------------

  /** Keeps a photo on the device; resolves to its SHA-256 in hex, which events name. */
  keepPhoto(photo: Blob): Promise<string> {
    return this.kept.keepPhoto(photo, this.around.now());
  }

  photo(digest: string): Promise<Blob | null> {
    return this.kept.photo(digest);
  }

  /** Brings the list of voided labels up to date; resolves to when that was. Online only. */
  async refreshVoided(): Promise<number> {
    let cursor: string | null = null;
    const found: VoidedLabel[] = [];
    do {
      const page: { labels: VoidedLabel[]; next_cursor: string | null } = await (
        await this.within(withQuery("/v1/labels/voided", { cursor, limit: 1000 }))
      ).json();
      found.push(...page.labels);
      cursor = page.next_cursor;
    } while (cursor);
    const asOf = this.around.now();
    await this.kept.keepVoided(found, asOf);
    return asOf;
  }

  /** Whether the label was voided, as of when this device last asked; null: it never did. */
  voided(serial: string): Promise<Reading<VoidedLabel | null> | null> {
    return this.kept.voided(serial);
  }

  /** Asks the browser to keep the device's data; sets `storage`. */
  async askToPersist(): Promise<boolean> {
    const keeps = (await globalThis.navigator?.storage?.persist?.()) ?? false;
    this.storage.set(keeps ? "persistent" : "evictable");
    return keeps;
  }

  // --- inside --------------------------------------------------------------------------------

  /** Throws `Problem` `not_enrolled`. */
  private get trusted(): Pinned {
    if (this.pinned) return this.pinned;
    throw new Problem("unauthentic", "not_enrolled", "this device is not enrolled yet");
  }

  private async load(): Promise<void> {
    await this.vault.load();
    this.lock.set(this.vault.state);
    if (this.vault.state !== "open") this.endSession();
    const profile = await this.db.get("profile");
    if (profile) await this.pin(profile);
    this.profile.set(profile);
    const keeps = (await globalThis.navigator?.storage?.persisted?.()) ?? false;
    this.storage.set(keeps ? "persistent" : "evictable");
    await this.showWaiting();
  }

  private async pin(profile: Profile): Promise<void> {
    const vkey = await parseVkey(profile.logKey);
    if (vkey.name !== profile.origin) {
      const detail = `the pinned key is of log ${vkey.name}, the profile's is ${profile.origin}`;
      throw new Problem("malformed", "wrong_log_key", detail);
    }
    const sender = new Sender(this.outbox, this.heads, this.remote, vkey, this.around.database);
    this.pinned = { profile, vkey, sender };
  }

  private draft(fields: Fact | Decision, stream: string, said: Said): Draft {
    return draft(fields, stream, this.around.now(), said);
  }

  private async sign(drafts: readonly Draft[], esignature?: ESignature, only = false): Promise<Row[]> {
    const { profile } = this.trusted;
    const key = this.vault.signing;
    if (profile.kid !== this.enrolmentRequest().kid) {
      throw new Problem("unauthentic", "not_enrolled", "this device's new key is not enrolled yet");
    }
    const makes = drafts.map((made) => (link: Parameters<typeof signed>[1]) =>
      signed(made, link, key, profile, this.around.now(), esignature));
    const rows = await this.outbox.sign(profile.kid, makes, only);
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

  /** Takes over from the log what this key's last statement was. */
  private async align(): Promise<void> {
    const { sender, profile } = this.trusted;
    await sender.quiet(async () => {
      const known = await this.lastSaid(profile.kid);
      if (known) await this.outbox.align(profile.kid, known.seq, known.last);
    });
    this.aligned = true;
  }

  private async lastSaid(kid: string): Promise<{ seq: number; last: string } | null> {
    try {
      const { seq, last } = await document(await this.within(`/v1/keys/${kid}`));
      return typeof seq === "number" && typeof last === "string" ? { seq, last } : null;
    } catch (error) {
      if (error instanceof Problem && error.kind === "not_found") return null;
      throw error;
    }
  }

  /** Fetches, verifies and connects the newest checkpoint, which later statements name as `seen`. */
  private async refresh(): Promise<void> {
    const note = await bytes(await this.remote.public("/log/checkpoint"));
    const head = await openCheckpoint(note, this.trusted.vkey);
    await this.meet(head.size, head.root, note);
  }

  private async meet(size: number, root: Bytes, evidence: Bytes): Promise<void> {
    await this.heads.meet(size, root, evidence);
    try {
      await this.trusted.sender.quiet(() => this.heads.check((of) => this.remote.nodes(of)));
    } catch (error) {
      if (!(error instanceof Problem) || !error.passes) throw this.alarmed(error);
    }
  }

  private alarmed(error: unknown): unknown {
    if (error instanceof Problem && error.kind === "proof_invalid") this.alarm.set(error);
    return error;
  }

  private async within(path: string, init: RequestInit = {}, waitMs = PATIENT_MS): Promise<Response> {
    const response = await this.remote.within(path, init, waitMs);
    if (!this.session.get()) void this.whoAmI().catch(() => undefined);
    return response;
  }

  private endSession(): void {
    this.remote.forget();
    this.session.set(null);
  }

  private async whoAmI(): Promise<SessionSeen> {
    const seen = (await (await this.remote.within("/v1/session")).json()) as SessionSeen;
    this.session.set(seen);
    return seen;
  }

  private async sessionStatement(challenge: string, { agent, origin }: Profile): Promise<Bytes> {
    const claims = { iss: agent, sub: "session", aud: origin, cti: crypto.getRandomValues(new Uint8Array(16)) };
    return statement.sign(this.vault.signing, claims, encode({ challenge }), statement.SESSION);
  }

  /** From the ledger; out of reach, what was proved before. */
  private async evidence(path: string): Promise<{ raw: Bytes; receipt: Bytes }> {
    try {
      const accept = { headers: { accept: "application/cose" } };
      const raw = await bytes(await this.within(path, accept));
      return { raw, receipt: await bytes(await this.within(`${path}/receipt`, accept)) };
    } catch (error) {
      const kept = await this.kept.read(path);
      if (!kept || !(error instanceof Problem) || !isAway(error)) throw error;
      return kept.value as { raw: Bytes; receipt: Bytes };
    }
  }

  private async sequenceIn(source: string | Uint8Array | Blob): Promise<Uint8Array | null> {
    if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
    if (typeof source !== "string") return source;
    if (!isText(source)) throw new Problem("malformed", "bad_carrying_text", "not a part of an outbox");
    const whole = await this.collector.add(source);
    this.importing.set(whole ? null : this.collector.progress);
    return whole;
  }

  private heldOf(row: Row): Held {
    return heldOf(row, this.profile.get()?.kid ?? "");
  }

  private async showWaiting(): Promise<void> {
    const rows = await this.outbox.waiting();
    this.waiting.set(rows.map((row) => this.heldOf(row)));
  }

  private async outboxChanged(): Promise<void> {
    await this.showWaiting();
    this.tell();
  }

  private async keyChanged(): Promise<void> {
    this.lock.set(this.vault.state);
    this.tell();
  }

  /** Other tabs look again. */
  private tell(): void {
    this.channel?.postMessage("changed");
  }

  private listen(): void {
    const again = () => void this.flush();
    const away = () => this.reach.set("offline");
    const page = globalThis as Partial<Pick<Window, "addEventListener" | "removeEventListener">>;
    page.addEventListener?.("online", again);
    page.addEventListener?.("offline", away);
    this.leave.push(() => page.removeEventListener?.("online", again), () => page.removeEventListener?.("offline", away));
    if (this.channel) this.channel.onmessage = () => void this.load();
  }
}

/** Whether the ledger said nothing, so that an older answer is better than none. */
function isAway(error: Problem): boolean {
  return error.passes || error.code === "locked";
}

function refusalOf({ status, code, title: _, detail, type: __, ...extra }: NonNullable<Row["problem"]>): Problem {
  return new Problem("refused", code, detail, { ...extra, status });
}

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  search.sort();
  return given.length ? `${path}?${search}` : path;
}
