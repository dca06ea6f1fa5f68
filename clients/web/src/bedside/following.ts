/** When a bedside screen looks again: the log's newest head is asked for often, the rest when it moved. Pure. */

import type { Held, Reading } from "../core/client";
import { elapsed, type Moment } from "../core/clock";
import { failureOf, Problem } from "../core/problem";

/** How often the head is asked for: what a colleague signs shows as soon as this. */
export const LOOK_MS = 4_000;

/** How long nothing is asked while the log stands still: the answer must not grow old. */
export const REST_MS = 60_000;

/** Views follow the log a moment later, so that one look at a new head may come too early. */
const LOOKS = 2;

/** `ledger`: the ledger's time as this device knows it, in epoch milliseconds. */
export interface Now extends Moment {
  readonly ledger: number;
}

/** The last looks: at which head, how many, and when the last was. */
export interface Followed {
  size: number | null;
  looks: number;
  at: Now;
}

/** Whose answers the screen shows: the ledger's own, what this device keeps, or some of each. */
export type Whose = "ledger" | "device" | "both";

/** A no is the ledger's answer, too; nobody answered where the way to it failed. */
export function whose(answers: readonly (Reading<unknown> | Problem)[]): Whose {
  const own = answers.filter((one) => (one instanceof Problem ? failureOf(one) === "refused" : one.from === "ledger"));
  if (own.length === 0) return "device";
  return own.length === answers.length ? "ledger" : "both";
}

/** What is on screen. `ends`: when time alone shuts its gates, in epoch milliseconds. */
export interface Shown {
  whose: Whose;
  ends: readonly number[];
}

/** `head`: entries in the log now; null: it is out of reach. */
export function isDue(last: Followed, head: number | null, shown: Shown, now: Now): boolean {
  if (head === null) return shown.whose !== "device"; // the screen has to say so of all that it shows
  if (shown.whose !== "ledger" || head !== last.size || last.looks < LOOKS) return true;
  if (shown.ends.some((end) => hasEnded(end, last.at, now))) return true;
  const age = elapsed(last.at, now);
  return age === null || age > REST_MS;
}

/** At the end, and once more: this device's idea of the ledger's time may be ahead of it. */
function hasEnded(end: number, last: Now, now: Now): boolean {
  return end <= now.ledger && last.ledger < end + LOOK_MS;
}

export function followed(last: Followed, head: number | null, now: Now): Followed {
  return { size: head, looks: head === last.size ? last.looks + 1 : 1, at: now };
}

/** Of what was signed here, what a look does not show yet. `waiting`: when the look began. Only an answer
 * of the ledger itself shows what it took; what it refused is laid over nothing. */
export function unshown(signed: readonly Held[], waiting: readonly Held[], isOfLedger: boolean): Held[] {
  return signed.filter(({ id }) => {
    const then = waiting.find((one) => one.id === id);
    return then ? then.state !== "refused" : !isOfLedger;
  });
}
