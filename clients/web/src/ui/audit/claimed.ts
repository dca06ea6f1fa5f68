/** The order that signers claim, beside the log's: see `ledger/domain/order.py`. */

import type { Line } from "./story";

/** Entries by when they are said to have happened; of two at one moment the one that was recorded first. */
export function byClaim(lines: readonly Line[]): Line[] {
  return [...lines].sort((a, b) => a.told.occurred_at.localeCompare(b.told.occurred_at) || a.told.position - b.told.position);
}

/** Of an entry that claims to have happened before one that stands ahead of it: the earliest such, and by how much. */
export interface Overtaken {
  position: number;
  ms: number;
}

export function overtaken(lines: readonly Line[]): Map<number, Overtaken> {
  const found = new Map<number, Overtaken>();
  lines.forEach(({ told }, n) => {
    const ahead = lines.slice(0, n).filter((one) => one.told.occurred_at > told.occurred_at);
    const [first] = byClaim(ahead);
    if (first) found.set(told.position, { position: first.told.position, ms: Date.parse(first.told.occurred_at) - Date.parse(told.occurred_at) });
  });
  return found;
}
