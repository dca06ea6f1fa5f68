/** What Quality's screens ask the ledger for. */

import type { Client, Reading } from "../../core/client";
import type { JsonObject } from "../../core/canonical";
import type { Chain, Dose, Held, Page, Quality, Raised } from "../../quality/documents";
import { byTherapy, type Waiting } from "../../quality/waiting";
import { part } from "../audit/words";

/** Pages of each list that are asked for at once; beyond them the screen says that there is more. */
const PAGES = 5;

export interface Board {
  waiting: Waiting[];
  more: boolean; // not all that waits was looked at
  asOf: number; // of the oldest answer
  from: Reading<unknown>["from"];
}

/** All that waits in the therapies that this person may read, and the doses at their sites. */
export async function board(client: Client, sites: readonly string[]): Promise<Board> {
  const [raised, quarantined, ...doses] = await Promise.all([
    listed<Page & { deviations: Raised[] }>(client, "/v1/deviations", {}),
    listed<Page & { quarantines: Held[] }>(client, "/v1/quarantines", {}),
    ...sites.map((site) => listed<Page & { doses: Dose[] }>(client, "/v1/unreleased", { site })),
  ]);
  const lists: readonly Reading<Page>[][] = [raised, quarantined, ...doses];
  const pages = lists.flat();
  return {
    waiting: byTherapy(
      raised.flatMap((one) => one.value.deviations),
      doses.flat().flatMap((one) => one.value.doses),
      quarantined.flatMap((one) => one.value.quarantines),
    ),
    more: lists.some((one) => one.at(-1)?.value.next_cursor),
    asOf: Math.min(...pages.map((one) => one.asOf)),
    from: pages.some((one) => one.from === "device") ? "device" : "ledger",
  };
}

async function listed<T extends Page>(client: Client, path: string, query: Record<string, string>): Promise<Reading<T>[]> {
  const found = [await client.read<T>(path, query)];
  for (let cursor = found[0]?.value.next_cursor; cursor && found.length < PAGES; cursor = found.at(-1)?.value.next_cursor) {
    found.push(await client.read<T>(path, { ...query, cursor }));
  }
  return found;
}

export interface Therapy {
  chain: Chain;
  quality: Quality;
  asOf: number;
  from: Reading<unknown>["from"];
}

/** One therapy, and what its product asks for. */
export async function therapy(client: Client, coi: string): Promise<Therapy> {
  const [chain, quality] = await Promise.all([
    client.read<Chain>(`/v1/chains/${part(coi)}`),
    client.read<Quality>(`/v1/chains/${part(coi)}/quality`),
  ]);
  const from = chain.from === "device" || quality.from === "device" ? "device" : "ledger";
  return { chain: chain.value, quality: quality.value, asOf: Math.min(chain.asOf, quality.asOf), from };
}

/** `GET /v1/entries?statement_id=`. */
export interface Entry {
  position: number;
  signer: string;
  stream: string;
  recorded_at: string;
  event: JsonObject;
}

export async function entryOf(client: Client, statement_id: string): Promise<Entry> {
  return (await client.read<Entry>("/v1/entries", { statement_id })).value;
}
