/** A device with a fresh database and a ledger in memory, enrolled and open. */
import { IDBFactory } from "fake-indexeddb";
import { Client } from "../../src/core/client";
import { Ledger, ORIGIN } from "./ledger";

export const PASSPHRASE = "nine bags of cells";
let count = 0;

export interface Stage {
  ledger: Ledger;
  client: Client;
  /** The same device again: another tab, or the page after a reload. */
  again: (now?: () => number) => Promise<Client>;
}

/** Databases outlive a test only under their own names, so each stage has one. */
export async function stage(enrolled = true): Promise<Stage> {
  globalThis.indexedDB ??= new IDBFactory();
  const ledger = await Ledger.open();
  const database = `device-${++count}`;
  const again = (now = () => Date.now()) => Client.open({ database, now, fetch: ledger.fetch as typeof fetch, iterations: 1000 });
  const client = await again();
  if (enrolled) await enrol(client, ledger);
  return { ledger, client, again };
}

export async function enrol(client: Client, ledger: Ledger, agent = "kit"): Promise<void> {
  const { kid } = await client.makeKey(PASSPHRASE, agent);
  ledger.agents.set(kid, agent);
  await client.finishEnrolment({ agent, origin: ORIGIN, logKey: ledger.vkey });
}

export async function codeOf(work: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof work === "function" ? work() : work);
    return "nothing was refused";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
