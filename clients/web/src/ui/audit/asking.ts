/** What the auditor's screens ask the ledger. What it answers is its word; `checking.ts` holds it against proofs. */

import type { Client } from "../../core/client";
import type { Chain, Changes, Checkpoint, ClaimedOrder, Temperature, TimelinePage, Told } from "./documents";

/** `kept`: since when this device has it, where the ledger could not be asked. */
export interface Story {
  entries: Told[];
  kept: number | null;
}

/** All of a therapy's entries in the log's order, as of one state of the log, however many pages. */
export async function wholeTimeline(client: Client, coi: string): Promise<Story> {
  const path = `/v1/chains/${encodeURIComponent(coi)}/timeline`;
  const { value: first, from, asOf } = await client.read<TimelinePage>(path);
  const entries = [...first.entries];
  let cursor = first.next_cursor;
  while (cursor) {
    const query = { before_position: first.as_of_position, cursor };
    const page = (await client.read<TimelinePage>(path, query)).value;
    entries.push(...page.entries);
    cursor = page.next_cursor;
  }
  return { entries, kept: from === "device" ? asOf : null };
}

/** The therapy as the entries before a position made it; null: now. */
export async function chainBefore(client: Client, coi: string, before: number | null): Promise<Chain> {
  const query = before === null ? {} : { before_position: before };
  return (await client.read<Chain>(`/v1/chains/${encodeURIComponent(coi)}`, query)).value;
}

/** The position before which all was recorded by that moment (UTC, with milliseconds). */
export async function positionAt(client: Client, coi: string, at: string): Promise<number> {
  return (await client.read<Chain>(`/v1/chains/${encodeURIComponent(coi)}`, { at })).value.as_of_position;
}

export async function temperatureBefore(client: Client, coi: string, before: number | null): Promise<Temperature> {
  const query = before === null ? {} : { before_position: before };
  return (await client.read<Temperature>(`/v1/chains/${encodeURIComponent(coi)}/temperature`, query)).value;
}

const PAGE = 200;

/**
 * When the log signed its heads of these sizes, as it says, in epoch milliseconds; sizes that it
 * never signed are missing. Heads that lie close together come in one answer.
 */
export async function timesOfHeads(client: Client, sizes: Iterable<number>): Promise<Map<number, number>> {
  const wanted = [...new Set(sizes)].filter((size) => size > 0).sort((a, b) => a - b);
  const known = new Map<number, number>();
  let reached = 0;
  for (const size of wanted) {
    if (size <= reached) continue;
    const query = { after: size - 1, limit: PAGE };
    const { checkpoints } = await client.readPublic<{ checkpoints: Checkpoint[] }>("/v1/checkpoints", query);
    for (const one of checkpoints) known.set(one.size, Date.parse(one.time));
    reached = Math.max(size, checkpoints.at(-1)?.size ?? size);
  }
  return known;
}

/** A moment of two: before a position, or by a time (UTC, with milliseconds); null: now. */
export type When = { before: number } | { at: string } | null;

/** What changed between two moments; `seenBy`: as it was shown to that person. */
export async function changesBetween(client: Client, coi: string, from: When, to: When, seenBy: string): Promise<Changes> {
  const query = { ...named("from", from), ...named("to", to), ...(seenBy ? { for: seenBy } : {}) };
  return (await client.read<Changes>(`/v1/chains/${encodeURIComponent(coi)}/changes`, query)).value;
}

function named(which: "from" | "to", when: When): Record<string, string | number> {
  if (when === null) return {};
  return "at" in when ? { [`${which}_at`]: when.at } : { [`${which}_position`]: when.before };
}

/** Which decisions were signed without which entries. */
export async function claimedOrder(client: Client, coi: string): Promise<ClaimedOrder> {
  return (await client.read<ClaimedOrder>(`/v1/chains/${encodeURIComponent(coi)}/order`)).value;
}
