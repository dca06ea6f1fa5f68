/** When a bedside screen looks again: the log's newest head is asked for often, the rest when it moved. Pure. */

import { elapsed, type Moment } from "../core/clock";

/** How often the head is asked for: what a colleague signs shows as soon as this. */
export const LOOK_MS = 4_000;

/** How long nothing is asked while the log stands still. Gates close by time alone, too (a window, an
 * expiry), and the answer must not grow old. */
export const REST_MS = 60_000;

/** Views follow the log a moment later, so that one look at a new head may come too early. */
const LOOKS = 2;

/** The last looks: at which head, how many, and when the last was. */
export interface Followed {
  size: number | null;
  looks: number;
  at: Moment;
}

/** `head`: entries in the log now; null: it is out of reach. `whole`: the screen shows the ledger's own
 * answers, not what this device keeps. */
export function isDue(last: Followed, head: number | null, whole: boolean, now: Moment): boolean {
  if (head === null) return whole; // the screen has to say so, once
  if (!whole || head !== last.size || last.looks < LOOKS) return true;
  const age = elapsed(last.at, now);
  return age === null || age > REST_MS;
}

export function followed(last: Followed, head: number | null, now: Moment): Followed {
  return { size: head, looks: head === last.size ? last.looks + 1 : 1, at: now };
}
