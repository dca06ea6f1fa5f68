/** The hand-overs that a chart marks, and their letters. Pure. */

import type { Told } from "./documents";
import { hands, type Hand } from "./story";

/** Each once, however many of the containers it moved, in order of time as the receivers tell it. */
export function handedOver(told: readonly Told[], names: readonly string[]): Hand[] {
  const found = new Map(names.flatMap((name) => hands(told, name)).map((hand) => [hand.told.position, hand]));
  return [...found.values()].sort((a, b) => momentOf(a) - momentOf(b));
}

export const momentOf = (hand: Hand) => Date.parse(hand.told.occurred_at);

/** `A` to `Z`, then `A2` and so on. */
export function letterOf(n: number): string {
  const turn = Math.floor(n / 26);
  return String.fromCharCode(65 + (n % 26)) + (turn ? turn + 1 : "");
}
