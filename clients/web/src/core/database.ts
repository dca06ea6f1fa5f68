/**
 * The one IndexedDB database of a device: what it signed, which heads it has seen, its sealed
 * key, and what it keeps of the ledger's answers.
 *
 * A `writing` that resolved survives the loss of power (`durability: "strict"`), one that threw
 * never happened, and several tabs may use the database at once. No promise but the database's
 * own may be awaited inside: the transaction would end there.
 */
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from "idb";
import type { Bytes } from "./bytes";
import type { Json } from "./canonical";
import { Problem } from "./problem";
import type { KeptKeys } from "./wristbands";
import type { Answer, AlgName, ProblemDocument, Profile, State } from "./types";

/** A private key at rest, in AES-GCM under its passphrase (`vault.ts`). */
export interface SealedKey {
  name: string;
  alg: AlgName;
  spki: Bytes;
  iterations: number;
  salt: Bytes;
  nonce: Bytes;
  sealed: Bytes;
}

/** The passkey that was last made here. Its private half is the authenticator's. */
export interface MadePasskey {
  name: string;
  credential: Bytes;
  spki: Bytes;
  rpId: string;
}

/** A row of the outbox. `pending`: on its way; `notice`: to be shown. Absent: not in that index. */
export interface Row {
  number?: number;
  id: string;
  kid: string;
  seq: number;
  type: string;
  stream: string;
  raw: Bytes;
  made_at: string;
  state: State;
  answer: Answer | null;
  receipt: Bytes | null;
  problem: ProblemDocument | null;
  pending?: 1;
  notice?: 1;
  again?: string; // refused: the statement that was signed instead
  checked?: true; // carried: its signature fits a key that an entry of the log gave to its signer
}

/** The last statement of a key that the log is known to have accepted. */
export interface Signer {
  kid: string;
  seq: number;
  last: string;
  position: number;
}

/** A tree head that the log's key signed; `evidence` is the note or receipt that proves so. */
export interface Head {
  size: number;
  root: string;
  evidence: Bytes;
  checked: boolean;
}

export interface Kept {
  path: string;
  value: Json | { raw: Bytes; receipt: Bytes };
  asOf: number;
  person?: string; // who asked; absent in what an older app kept
}

export interface Schema extends DBSchema {
  device: { key: string; value: unknown };
  outbox: {
    key: number;
    value: Row;
    indexes: { id: string; pending: number; notice: number; last: [string, number] };
  };
  signers: { key: string; value: Signer };
  heads: { key: [number, string]; value: Head };
  reads: { key: string; value: Kept; indexes: { asOf: number } };
  voided: { key: string; value: { serial: string } };
  photos: { key: string; value: { digest: string; type: string; data: ArrayBuffer; at: number } };
}

export type DeviceName = "profile" | "key" | "open" | "voided" | "patients" | "therapies" | "passkey";
export interface DeviceValues {
  profile: Profile;
  key: SealedKey;
  open: CryptoKey; // not extractable; there until the device is locked again
  patients: Record<string, CryptoKey>; // not extractable, by field
  therapies: Record<string, KeptKeys>; // by chain of identity, from the vault
  passkey: MadePasskey;
  voided: number; // when the list of voided labels was read
}

type Names = StoreNames<Schema>;
export type Reading<N extends Names> = IDBPTransaction<Schema, N[], "readonly">;
export type Writing<N extends Names> = IDBPTransaction<Schema, N[], "readwrite">;

export class Database {
  private readonly name: string;
  private db: IDBPDatabase<Schema>;
  private closed = false;

  private constructor(name: string, db: IDBPDatabase<Schema>) {
    [this.name, this.db] = [name, db];
  }

  static async open(name: string): Promise<Database> {
    return new Database(name, await asFault(() => connected(name)));
  }

  close(): void {
    this.closed = true;
    this.db.close();
  }

  /** `use`, with a connection that works: a phone's browser cuts those of a page in the background. */
  private async using<T>(use: (db: IDBPDatabase<Schema>) => T): Promise<T> {
    try {
      return use(this.db);
    } catch (error) {
      const isCut = error instanceof DOMException && error.name === "InvalidStateError";
      if (!isCut || this.closed) throw error;
      this.db = await connected(this.name);
      return use(this.db);
    }
  }

  /** A snapshot of these stores. */
  reading<N extends Names, T>(
    stores: N[], work: (tx: Reading<N>) => Promise<T>,
  ): Promise<T> {
    return asFault(async () => work(await this.using((db) => db.transaction(stores, "readonly"))));
  }

  /** One transaction: committed and durable when this resolves, undone by any exception. `relaxed`: for
   * what the ledger can tell again, committed, but lost with the power. */
  writing<N extends Names, T>(
    stores: N[], work: (tx: Writing<N>) => Promise<T>, durability: "strict" | "relaxed" = "strict",
  ): Promise<T> {
    return asFault(async () => {
      const tx = await this.using((db) => db.transaction(stores, "readwrite", { durability }));
      const done = tx.done.catch((error: unknown) => error ?? new Error("the transaction was undone"));
      let result: T;
      try {
        result = await work(tx);
      } catch (error) {
        abort(tx);
        await done;
        throw error;
      }
      const failed = await done;
      if (failed) throw failed;
      return result;
    });
  }

  async get<K extends DeviceName>(name: K): Promise<DeviceValues[K] | null> {
    const found = await this.reading(["device"], (tx) => tx.objectStore("device").get(name));
    return (found as DeviceValues[K] | undefined) ?? null;
  }

  async set<K extends DeviceName>(name: K, value: DeviceValues[K] | null): Promise<void> {
    await this.writing(["device"], async (tx) => {
      const store = tx.objectStore("device");
      await (value === null ? store.delete(name) : store.put(value, name));
    });
  }
}

function connected(name: string): Promise<IDBPDatabase<Schema>> {
  return openDB<Schema>(name, 1, {
    upgrade,
    // A newer version of the app in another tab waits for this one to let go.
    blocking: (_, __, event) => (event.target as IDBDatabase).close(),
  });
}

function upgrade(db: IDBPDatabase<Schema>): void {
  db.createObjectStore("device");
  const outbox = db.createObjectStore("outbox", { keyPath: "number", autoIncrement: true });
  outbox.createIndex("id", "id", { unique: true });
  outbox.createIndex("pending", "pending");
  outbox.createIndex("notice", "notice");
  outbox.createIndex("last", ["kid", "pending"]);
  db.createObjectStore("signers", { keyPath: "kid" });
  db.createObjectStore("heads", { keyPath: ["size", "root"] });
  db.createObjectStore("reads", { keyPath: "path" }).createIndex("asOf", "asOf");
  db.createObjectStore("voided", { keyPath: "serial" });
  db.createObjectStore("photos", { keyPath: "digest" });
}

function abort(tx: { abort(): void }): void {
  try {
    tx.abort();
  } catch {
    // It has ended by itself: then it was undone already.
  }
}

async function asFault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    const full = error.name === "QuotaExceededError";
    throw new Problem(
      "fault", full ? "device_full" : "device_store_failed",
      full ? "this device has no room left: nothing more can be kept" : `the store of this device failed: ${error.message}`,
    );
  }
}
