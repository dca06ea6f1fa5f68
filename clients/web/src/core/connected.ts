/**
 * What every part of a client shares: the device's stores, the pinned log and the session with it.
 * Every tree head that is met is connected with those before it.
 */
import { type Bytes } from "./bytes";
import { encode } from "./canonical";
import { LedgerClock, type Moment, type Told } from "./clock";
import type { Database } from "./database";
import { Heads } from "./heads";
import { Kept } from "./kept";
import { Outbox } from "./outbox";
import { Problem } from "./problem";
import { openCheckpoint } from "./proof/checkpoint";
import { parseVkey, type VerifierKey } from "./proof/note";
import * as statement from "./proof/statement";
import { bytes, document, PATIENT_MS, Remote, value } from "./remote";
import { Sender } from "./sending";
import { Store } from "./store";
import type { Profile, Query, SessionSeen } from "./types";
import { Vault } from "./vault";

/** What tests and other surroundings may replace. */
export interface Surroundings {
  database: string; // the name of the IndexedDB database: another one is another device
  base: string; // "" in the app: the same origin as the page
  fetch: typeof fetch;
  now: () => number; // epoch milliseconds, by a clock that anybody may set
  ticks: () => number; // milliseconds by one that only runs
  iterations: number; // of the passphrase's derivation; fewer in tests
}

/** What is there once a profile is: the log that is believed, and the way to it. */
export interface Pinned {
  profile: Profile;
  vkey: VerifierKey;
  sender: Sender;
}

export abstract class Connected {
  /** Null until an enrolment is finished. */
  readonly profile = new Store<Profile | null>(null);
  /** No key yet | the key sealed under its passphrase | ready to sign. */
  readonly lock = new Store<"empty" | "locked" | "open">("empty");
  /** Null while not signed in. A read signs in by itself when the key is open. */
  readonly session = new Store<SessionSeen | null>(null);
  /** By what happened to requests, not only `navigator.onLine`. */
  readonly reach = new Store<"online" | "offline">("online");
  /** Whether the browser promised to keep the device's data. */
  readonly storage = new Store<"persistent" | "evictable">("evictable");
  /** Evidence against the log (`fork_detected`, `bad_receipt`…): to be shown until it is explained. */
  readonly alarm = new Store<Problem | null>(null);

  protected readonly around: Surroundings;
  private readonly clock = new LedgerClock();
  protected readonly db: Database;
  protected readonly vault: Vault;
  protected readonly outbox: Outbox;
  protected readonly heads: Heads;
  protected readonly kept: Kept;
  protected readonly remote: Remote;
  protected readonly channel: BroadcastChannel | null;
  protected readonly leave: (() => void)[] = [];
  protected pinned: Pinned | null = null;
  protected closed = false;
  private ended = 0; // how many sessions were ended here

  protected constructor(db: Database, around: Surroundings) {
    [this.db, this.around] = [db, around];
    this.vault = new Vault(db, around.iterations);
    this.outbox = new Outbox(db, around.database);
    this.heads = new Heads(db, around.database);
    this.kept = new Kept(db);
    this.remote = new Remote(
      around.base, (...request) => this.dated(...request),
      (challenge) => this.sessionStatement(challenge, this.trusted.profile),
      (online) => this.reach.set(online ? "online" : "offline"),
    );
    this.channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(around.database) : null;
  }

  /** Now, by both clocks of this device. */
  moment(): Moment {
    return { wall: this.around.now(), tick: this.around.ticks() };
  }

  /** The ledger's time as far as it is known here, else this device's. */
  time(): Told {
    return this.clock.latest(this.moment());
  }

  /** Reads what the database has; reaches no network. */
  protected abstract load(): Promise<void>;
  /** Sends what waits. */
  abstract flush(): Promise<void>;

  close(): void {
    this.closed = true;
    this.channel?.close();
    for (const leave of this.leave) leave();
    this.db.close();
  }

  /** Opens a session and learns the newest head. Throws what the server says; `locked`. */
  async signIn(): Promise<SessionSeen> {
    await this.remote.signIn();
    await this.refresh();
    return this.whoAmI();
  }

  /** Ends the session, and forgets the keys to patients that were fetched for the shift. */
  async signOut(): Promise<void> {
    await this.db.set("therapies", null);
    if (this.remote.signedIn) await this.remote.within("/v1/session", { method: "DELETE" });
    this.endSession();
  }

  /** What the server says of itself: to be compared with what the administrator shows. */
  async offeredLog(): Promise<{ origin: string; logKey: string }> {
    const { origin, vkey } = await document(await this.remote.public("/v1/log"));
    return { origin: String(origin), logKey: String(vkey) };
  }

  /** GET what is open to everybody; within the session where there is one, which no limit of strangers
   * stops. Throws what the server says. */
  async readPublic<T>(path: string, query: Query = {}, waitMs = PATIENT_MS): Promise<T> {
    const whole = withQuery(path, query);
    const within = this.remote.signedIn ? await this.remote.within(whole, {}, waitMs).catch(unlessItAnswered) : null;
    return value<T>(within ?? (await this.remote.public(whole, waitMs)));
  }

  /** Asks the browser to keep the device's data; sets `storage`. */
  async askToPersist(): Promise<boolean> {
    const keeps = (await globalThis.navigator?.storage?.persist?.()) ?? false;
    this.storage.set(keeps ? "persistent" : "evictable");
    return keeps;
  }

  /** Throws `Problem` `not_enrolled`. */
  protected get trusted(): Pinned {
    if (this.pinned) return this.pinned;
    throw new Problem("unauthentic", "not_enrolled", "this device is not enrolled yet");
  }

  protected async pin(profile: Profile): Promise<void> {
    const vkey = await parseVkey(profile.logKey);
    if (vkey.name !== profile.origin) {
      const detail = `the pinned key is of log ${vkey.name}, the profile's is ${profile.origin}`;
      throw new Problem("malformed", "wrong_log_key", detail);
    }
    const sender = new Sender(this.outbox, this.heads, this.remote, vkey, this.around.database);
    this.pinned = { profile, vkey, sender };
    this.kept.person = profile.agent;
  }

  protected async within(path: string, init: RequestInit = {}, waitMs = PATIENT_MS): Promise<Response> {
    const response = await this.remote.within(path, init, waitMs);
    if (!this.session.get()) this.whoAmI().catch(() => undefined);
    return response;
  }

  /** Fetches, verifies and connects the newest checkpoint, which later statements name as `seen`;
   * resolves to how many entries the log has. Throws `Problem` what the server says, `bad_checkpoint`. */
  async refresh(waitMs = PATIENT_MS): Promise<number> {
    const note = await bytes(await this.remote.public("/log/checkpoint", waitMs));
    const head = await openCheckpoint(note, this.trusted.vkey);
    await this.meet(head.size, head.root, note);
    return head.size;
  }

  protected async meet(size: number, root: Bytes, evidence: Bytes): Promise<void> {
    await this.heads.meet(size, root, evidence);
    try {
      await this.heads.check((of) => this.remote.nodes(of));
    } catch (error) {
      if (!(error instanceof Problem) || !error.passes) throw this.alarmed(error);
    }
  }

  /** What a browser may have kept from earlier says when it was written, not when it was asked for. */
  private async dated(...request: Parameters<typeof fetch>): Promise<Response> {
    const asked = this.moment();
    const answer = await this.around.fetch(...request);
    const isOfNow = /no-cache|no-store/.test(answer.headers.get("cache-control") ?? "");
    if (isOfNow) this.clock.heard(answer.headers.get("date"), asked, this.moment());
    return answer;
  }

  protected alarmed(error: unknown): unknown {
    if (error instanceof Problem && error.kind === "proof_invalid") this.alarm.set(error);
    return error;
  }

  /** An answer that comes after the session's end says who was here, not who is. */
  protected async whoAmI(): Promise<SessionSeen> {
    const mine = this.ended;
    const seen = await value<SessionSeen>(await this.remote.within("/v1/session"));
    if (mine === this.ended) this.session.set(seen);
    return seen;
  }

  protected endSession(): void {
    this.ended++;
    this.remote.forget();
    this.session.set(null);
  }

  protected async sessionStatement(challenge: string, { agent, origin }: Profile): Promise<Bytes> {
    const claims = { iss: agent, sub: "session", aud: origin, cti: crypto.getRandomValues(new Uint8Array(16)) };
    return statement.sign(this.vault.signing, claims, encode({ challenge }), statement.SESSION);
  }

  /** Other tabs look again. */
  protected tell(): void {
    if (!this.closed) this.channel?.postMessage("changed");
  }

  /** Work that nobody waits for; a page that is closed has no use for its failure. */
  protected background(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.closed) throw error;
    });
  }

  protected listen(): void {
    const again = () => this.background(this.flush());
    const away = () => this.reach.set("offline");
    const page = globalThis as Partial<Pick<Window, "addEventListener" | "removeEventListener">>;
    page.addEventListener?.("online", again);
    page.addEventListener?.("offline", away);
    this.leave.push(() => page.removeEventListener?.("online", again), () => page.removeEventListener?.("offline", away));
    if (this.channel) this.channel.onmessage = () => this.background(this.load());
  }
}

/** A session that has ended is no reason to be told nothing. */
function unlessItAnswered(error: unknown): null {
  if (error instanceof Problem && !error.passes) return null;
  throw error;
}

export function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  search.sort();
  return given.length ? `${path}?${search}` : path;
}
