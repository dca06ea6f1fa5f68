// What the moments of keys tell: a scanner's burst or a person's typing, whole or a part. Pure: keys and
// times in milliseconds in, judgement out.

import type { Stroke } from "./keys";

const PACE = 40; // milliseconds from key to key in the middle; scanners need 1 to 30, people 80 and more
export const PAUSE = 130; // ends a person's burst
export const STALL = 500; // what a scanner's radio or a remote desktop may pause for in the middle of a symbol
const SURE = 3; // fast keys in a row are a scanner's
const CERTAIN = 8; // so many are, whatever comes
const SHORTEST = 4; // characters; no identifier of the field is shorter
const TORN = 5000; // a burst so soon after keys that nothing ended may be the rest of their symbol
const LATE_END = 2000; // an Enter so soon after a symbol that had none is that symbol's

/** Strokes of one burst with their moments. */
export class Burst {
  readonly strokes: Stroke[] = [];
  private readonly gaps: number[] = [];
  private last = 0;

  /** False: too long after the one before, it belongs to another burst. */
  add(stroke: Stroke, at: number): boolean {
    if (this.strokes.length > 0) {
      if (at - this.last > (this.fast ? STALL : PAUSE)) return false;
      this.gaps.push(at - this.last);
    }
    this.strokes.push(stroke);
    this.last = at;
    return true;
  }

  /** No person types so. The middle gap counts, since a scanner's keys may stall on their way. */
  get fast(): boolean {
    const middle = [...this.gaps].sort((a, b) => a - b)[this.gaps.length >> 1] ?? Infinity;
    return this.strokes.length >= SURE && middle <= PACE;
  }

  /** Shall the newest key be kept from the page? A few fast ones may still be a person's rolling fingers. */
  get holds(): boolean {
    return this.fast && (this.strokes.length >= CERTAIN || (this.gaps.at(-1) ?? 0) <= 1.5 * PACE);
  }

  /** Is it a symbol? `at`: when the key came that ends it. */
  endsAt(at: number): boolean {
    return this.fast && this.strokes.length >= SHORTEST && at - this.last <= STALL;
  }

  /** The last keys of a symbol whose beginning came before: few, fast, and ended at once. */
  isTail(at: number): boolean {
    return this.strokes.length > 0 && [...this.gaps, at - this.last].every((gap) => gap <= 1.5 * PACE);
  }

  /** Nothing came after it: a scanner that sends no Enter, or one that stalled for long. */
  get isCertain(): boolean {
    return this.fast && this.strokes.length >= CERTAIN;
  }
}

/** Keys that nothing has ended: what comes next may be the rest of their symbol. */
export class Loose {
  private last = -Infinity;
  private cut = -Infinity;

  key(at: number): void {
    this.last = at;
  }

  /** A scanner's burst stopped without an end: however long it stalls, the next may be the rest. */
  broke(): void {
    this.cut = this.last;
  }

  ended(): void {
    [this.last, this.cut] = [-Infinity, -Infinity];
  }

  get isCut(): boolean {
    return this.cut > -Infinity;
  }

  /** May a burst that begins now lack its beginning? */
  isBefore(at: number): boolean {
    return this.isCut || at - this.last < TORN;
  }

  /** Is an Enter that comes now, after nothing else, that of the symbol which had none? */
  isEndedBy(at: number): boolean {
    return at - this.cut < LATE_END;
  }
}
