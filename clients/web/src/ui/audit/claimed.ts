/** The order that signers claim, beside the log's: see `ledger/domain/order.py`. */

import type { Told } from "./documents";
import type { Line } from "./story";

/** Entries by when they are said to have happened; of two at one moment the one that was recorded first. The
 * ledger claims nothing of its own: its deviations stand behind what called for them. */
export function byClaim(lines: readonly Line[]): Line[] {
  const claims = new Map<string, string>();
  for (const { told, about } of lines) claims.set(told.statement_id, isOwn(told) && about ? (claims.get(about.statement_id) ?? told.occurred_at) : told.occurred_at);
  const claim = ({ told }: Line) => claims.get(told.statement_id) ?? told.occurred_at;
  return [...lines].sort((a, b) => claim(a).localeCompare(claim(b)) || a.told.position - b.told.position);
}

function isOwn({ signer, type }: Told): boolean {
  return signer === "ledger" && type === "DeviationRaised";
}

/** Of an entry that claims to have happened before one that stands ahead of it: the earliest such, and by how much. */
export interface Overtaken {
  position: number;
  ms: number;
}

export function overtaken(lines: readonly Line[]): Map<number, Overtaken> {
  const found = new Map<number, Overtaken>();
  const claiming = lines.filter(({ told }) => !isOwn(told));
  claiming.forEach(({ told }, n) => {
    const ahead = claiming.slice(0, n).filter((one) => one.told.occurred_at > told.occurred_at);
    const [first] = byClaim(ahead);
    if (first) found.set(told.position, { position: first.told.position, ms: Date.parse(first.told.occurred_at) - Date.parse(told.occurred_at) });
  });
  return found;
}
