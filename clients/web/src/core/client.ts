/**
 * One person's device and the ledger that serves this page: signs here, believes only what is
 * proved to it. The browser twin of `clients/sdk.py`.
 */
import type { Decision, Fact } from "./events/types";
import { Problem } from "./problem";
import { Store } from "./store";
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
export { Problem } from "./problem";
export { Store } from "./store";

/** What tests and other surroundings may replace. */
export interface Surroundings {
  database: string; // the name of the IndexedDB database
  base: string; // "" in the app: the same origin as the page
  fetch: typeof fetch;
  now: () => number; // epoch milliseconds
}

export interface FactOptions {
  /** When it happened, as `YYYY-MM-DDThh:mm:ss.sssZ`; now, unless said. */
  occurredAt?: string | undefined;
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

  /** Opens the database and loads what is there; reaches no network. */
  static open(_surroundings: Partial<Surroundings> = {}): Promise<Client> {
    return notBuilt();
  }

  /** Draws a key (Ed25519, P-256 where missing) and seals it; asks the browser to keep its data.
   * `name`: who the person says they are. Throws `Problem` `key_exists`, `no_passphrase`. */
  makeKey(_passphrase: string, _name = ""): Promise<EnrolmentRequest> {
    return notBuilt();
  }

  /** What the administrator scans. Throws `Problem` `no_device_key`. */
  enrolmentRequest(): EnrolmentRequest {
    throw new Problem("fault", "not_built", "being built");
  }

  /** What the server says of itself: to be compared with what the administrator shows. */
  offeredLog(): Promise<{ origin: string; logKey: string }> {
    return notBuilt();
  }

  /** Signs in as this agent, checks a checkpoint under that log key, then pins both.
   * The key must be open. Throws what the server says, `wrong_log_key`, `bad_checkpoint`. */
  finishEnrolment(_enrolment: Enrolment): Promise<void> {
    return notBuilt();
  }

  /** Throws `Problem` `wrong_passphrase`, `no_device_key`. */
  unlock(_passphrase: string): Promise<void> {
    return notBuilt();
  }

  relock(): Promise<void> {
    return notBuilt();
  }

  /** Opens the sealed key again. Throws `Problem` `wrong_passphrase`. */
  confirmPassphrase(_passphrase: string): Promise<void> {
    return notBuilt();
  }

  signIn(): Promise<SessionSeen> {
    return notBuilt();
  }

  signOut(): Promise<void> {
    return notBuilt();
  }

  /** A FACT: checked, signed and durable on this device before it resolves; sent in the background.
   * Throws `Problem` `invalid_event`, `unknown_stream`, `locked`, `incomplete_profile`. */
  record(_fields: Fact, _stream: string, _options: FactOptions = {}): Promise<Held> {
    return notBuilt();
  }

  /** Several facts in one transaction: all of them are kept, or none. */
  recordMany(_items: readonly { fields: Fact; stream: string; occurredAt?: string | undefined }[]): Promise<Held[]> {
    return notBuilt();
  }

  /** A DECISION: only online, with nothing waiting before it; the receipt is verified. `chainVersion`:
   * what the signer saw; null for those that name none (registry). Throws `Problem`: what the log
   * refused it with (`gate_failed` with `extra.gates`, `stale_view`…), `outbox_not_empty`,
   * `unreachable`: then it is signed and `waiting`, or nothing was signed (`extra.signed`). */
  decide(
    _fields: Decision,
    _stream: string,
    _chainVersion: number | null,
    _esignature?: ESignature,
  ): Promise<Answer> {
    return notBuilt();
  }

  /** GET within a session; falls back to what the device keeps of an earlier answer.
   * Throws `Problem`: what the server says, or `unreachable` where nothing is kept. */
  read<T>(_path: string, _query?: Query): Promise<Reading<T>> {
    return notBuilt();
  }

  /** POST a question within a session (`infusion-check`): online only, nothing is kept. */
  ask<T>(_path: string, _body: unknown): Promise<T> {
    return notBuilt();
  }

  /** Any request within a session, for files. Throws what the server says. */
  request(_path: string, _init?: RequestInit): Promise<Response> {
    return notBuilt();
  }

  /** GET without a session. Throws what the server says. */
  readPublic<T>(_path: string, _query?: Query): Promise<T> {
    return notBuilt();
  }

  /** Sends what waits, in order. Resolves when nothing more can be sent now; what it met is in `waiting`. */
  flush(): Promise<void> {
    return notBuilt();
  }

  /** All that was signed or carried here, in one state, in the order of signing. */
  held(_state?: State): Promise<Held[]> {
    return notBuilt();
  }

  /** Sends a refused statement again as it is. Throws `Problem` `not_refused`, `not_in_outbox`. */
  requeue(_id: string): Promise<void> {
    return notBuilt();
  }

  /** The person has read why it was refused. It stays in the outbox, and leaves `waiting`. */
  acknowledge(_id: string): Promise<void> {
    return notBuilt();
  }

  /** What waits, as a CBOR sequence: the same file as `unbroken outbox export`. */
  exportOutbox(): Promise<Blob> {
    return notBuilt();
  }

  /** The same as texts for QR codes, "UBO1:<part>:<of>:<digest>:" + base45. */
  exportTexts(_ids?: readonly string[]): Promise<string[]> {
    return notBuilt();
  }

  /** Keeps statements that another device signed, to send them from here; resolves to how many are
   * new. A file's bytes, or one QR text after another: 0 until its last part was given. */
  importStatements(_source: string | Uint8Array | Blob): Promise<number> {
    return notBuilt();
  }

  /** An entry, its receipt verified HERE against the pinned log key. Throws `Problem` `bad_receipt`, `wrong_receipt`. */
  entry(_position: number): Promise<ProvedEntry> {
    return notBuilt();
  }

  /** Keeps a photo on the device; resolves to its SHA-256 in hex, which events name. */
  keepPhoto(_photo: Blob): Promise<string> {
    return notBuilt();
  }

  photo(_digest: string): Promise<Blob | null> {
    return notBuilt();
  }

  /** Brings the list of voided labels up to date; resolves to when that was. Online only. */
  refreshVoided(): Promise<number> {
    return notBuilt();
  }

  /** Whether the label was voided, as of when this device last asked; null: it never did. */
  voided(_serial: string): Promise<Reading<VoidedLabel | null> | null> {
    return notBuilt();
  }

  /** Asks the browser to keep the device's data; sets `storage`. */
  askToPersist(): Promise<boolean> {
    return notBuilt();
  }

  close(): void {
    throw new Problem("fault", "not_built", "being built");
  }
}

function notBuilt(): Promise<never> {
  return Promise.reject(new Problem("fault", "not_built", "being built"));
}
