/** The department that this person acts for, kept on the device; and the others they met. */

import type { Party } from "../../core/events/types";
import { remember, remembered } from "../../core/memory";
import { Store } from "../../core/store";

const KEPT = "unbroken.acting";
const MET = "unbroken.parties";
const MOST = 30;

export const acting = new Store<Party | null>(null);
export const met = new Store<Party[]>([]);

/** Once what this device remembers is there (`recollect`). */
export function recallWhere(): void {
  acting.set(read<Party>(KEPT));
  met.set(read<Party[]>(MET) ?? []);
}

export function actFor(here: Party): void {
  remember(KEPT, JSON.stringify(here));
  acting.set(here);
}

/** For another person: they act for nobody yet, and met nobody. */
export function forgetWhere(): void {
  remember(KEPT, null);
  remember(MET, null);
  acting.set(null);
  met.set([]);
}

/** The newest first, each once. */
export function meet(...parties: Party[]): void {
  const known = [...parties, ...met.get()];
  const names = known.map(partyName);
  const kept = known.filter((_, place) => names.indexOf(names[place] ?? "") === place).slice(0, MOST);
  remember(MET, JSON.stringify(kept));
  met.set(kept);
}

export function partyName(party: Party): string {
  return `${party.department} · ${party.site}`;
}

function read<T>(key: string): T | null {
  try {
    return JSON.parse(remembered(key) ?? "null") as T | null;
  } catch {
    return null;
  }
}
