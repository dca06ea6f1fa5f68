/** What a device keeps besides its outbox: the ledger's answers, photos, and voided labels. */
import { toHex, type Bytes } from "./bytes";
import type { Database, Kept as KeptRead } from "./database";
import { sha256 } from "./proof/hash";
import type { Reading, VoidedLabel } from "./types";

const MOST_READS = 500;

export class Kept {
  /** Whose answers are kept and shown: those of another person are not for this one. */
  person = "";
  private readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  async read(path: string): Promise<KeptRead | null> {
    const found = await this.db.reading(["reads"], (tx) => tx.objectStore("reads").get(path));
    return found && (found.person ?? this.person) === this.person ? found : null;
  }

  /** The oldest answers make room for the newest. */
  keepRead(path: string, value: KeptRead["value"], asOf: number): Promise<void> {
    const { person } = this;
    return this.db.writing(["reads"], async (tx) => {
      const store = tx.objectStore("reads");
      await store.put({ path, value, asOf, person });
      const over = (await store.count()) - MOST_READS;
      if (over <= 0) return;
      for (const old of await store.index("asOf").getAllKeys(null, over)) await store.delete(old);
    }, "relaxed");
  }

  /** The bytes of every entry that was proved here and kept. */
  async entries(): Promise<Bytes[]> {
    const range = IDBKeyRange.bound("/v1/entries/", "/v1/entries/\uffff");
    const rows = await this.db.reading(["reads"], (tx) => tx.objectStore("reads").getAll(range));
    return rows.map(({ value }) => (value as { raw: Bytes }).raw);
  }

  forgetRead(path: string): Promise<void> {
    return this.db.writing(["reads"], (tx) => tx.objectStore("reads").delete(path), "relaxed");
  }

  /** Another person has taken over this device: what the one before looked up is not for them. */
  forgetReads(): Promise<void> {
    return this.db.writing(["reads"], (tx) => tx.objectStore("reads").clear());
  }

  /** Resolves to its SHA-256 in hex. Kept as bytes: not every browser keeps a `Blob` whole. */
  async keepPhoto(photo: Blob, nowMs: number): Promise<string> {
    const data = await photo.arrayBuffer();
    const digest = toHex(await sha256(new Uint8Array(data)));
    await this.db.writing(["photos"], async (tx) => {
      await tx.objectStore("photos").put({ digest, type: photo.type, data, at: nowMs });
    });
    return digest;
  }

  async photo(digest: string): Promise<Blob | null> {
    const found = await this.db.reading(["photos"], (tx) => tx.objectStore("photos").get(digest));
    return found ? new Blob([found.data], { type: found.type }) : null;
  }

  /** Voiding is never undone, so what was known stays. */
  keepVoided(labels: readonly VoidedLabel[], asOf: number): Promise<void> {
    return this.db.writing(["voided", "device"], async (tx) => {
      for (const label of labels) await tx.objectStore("voided").put(label);
      await tx.objectStore("device").put(asOf, "voided");
    });
  }

  /** Null: this device has never asked. */
  async voided(serial: string): Promise<Reading<VoidedLabel | null> | null> {
    const asOf = await this.db.get("voided");
    if (asOf === null) return null;
    const found = await this.db.reading(["voided"], (tx) => tx.objectStore("voided").get(serial));
    return { value: (found as VoidedLabel | undefined) ?? null, asOf, from: "device" };
  }
}
