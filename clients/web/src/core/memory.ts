/**
 * Small settings of this device, by key: never a secret, never what a patient is. A browser that
 * keeps nothing (cookies blocked, no room) works with the defaults: that is no reason to fail.
 *
 * Read from local storage, which answers at once, but which browsers write to the disk seconds
 * later: a phone that dies would forget for whom its person acts. So each is also written through
 * to a database, from which `recollect` brings it back.
 */
import { openDB, type IDBPDatabase } from "idb";

const DATABASE = "unbroken-memory";
const STORE = "kept";
let durable: Promise<IDBPDatabase | null> | null = null;

export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Null forgets it. */
export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // the default next time
  }
  void written((store) => (value === null ? store.delete(key) : store.put(value, key)));
}

/** Before anything is read: what was remembered last, also where the power failed since. */
export async function recollect(): Promise<void> {
  try {
    const db = await database();
    for (const key of (await db?.getAllKeys(STORE)) ?? []) localStorage.setItem(String(key), String(await db?.get(STORE, key)));
  } catch {
    // local storage stands as it is
  }
}

/** For a device that becomes a stranger's. */
export async function forgetEverything(): Promise<void> {
  localStorage.clear();
  await written((store) => store.clear());
}

type Store = { put(value: string, key: string): unknown; delete(key: string): unknown; clear(): unknown };

async function written(work: (store: Store) => unknown): Promise<void> {
  try {
    const tx = (await database())?.transaction(STORE, "readwrite", { durability: "strict" });
    if (tx) await Promise.all([work(tx.objectStore(STORE)), tx.done]);
  } catch {
    // local storage has it
  }
}

function database(): Promise<IDBPDatabase | null> {
  durable ??= openDB(DATABASE, 1, { upgrade: (db) => void db.createObjectStore(STORE) }).catch(() => null);
  return durable;
}
