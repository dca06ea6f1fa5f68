/** Which of many readings are drawn, so that no excursion and no gap disappears. Pure.
 *
 * The time axis is divided into columns, one for each pixel. Of each column at most four readings are
 * drawn: its first, its lowest, its highest and its last. The server's pictures are drawn by the same
 * rules (`ledger/charts/thinning.py`), and both are held against `tests/unit/charts_thinning.json`. */

/** Readings in order of time. `breaks`: numbers of those that no line leads to from the one before. */
export interface Line {
  moments: readonly number[]; // milliseconds since 1970
  values: readonly number[]; // centi-degrees
  breaks: readonly number[];
}

export interface Window {
  from: number;
  to: number;
}

const OF_A_COLUMN = 4;

export function columnOf(ms: number, { from, to }: Window, columns: number): number {
  return Math.min(Math.floor(((ms - from) * columns) / Math.max(1, to - from)), columns - 1);
}

/** Numbers of the readings to draw, ascending: those of the window, and one on either side of it. */
export function thinned({ moments, values }: Line, window: Window, columns: number): number[] {
  const last = firstWhere(moments, (ms) => ms > window.to);
  let at = firstWhere(moments, (ms) => ms >= window.from);
  const kept = at > 0 ? [at - 1] : [];
  while (at < last) {
    const column = columnOf(moments[at] ?? 0, window, columns);
    const end = Math.min(last, firstWhere(moments, (ms) => columnOf(ms, window, columns) > column, at));
    kept.push(...ofColumn(values, at, end));
    at = end;
  }
  if (last < moments.length) kept.push(last);
  return kept;
}

function ofColumn(values: readonly number[], start: number, end: number): number[] {
  let [lowest, highest] = [start, start];
  for (let n = start; n < end; n += 1) {
    if ((values[n] ?? 0) < (values[lowest] ?? 0)) lowest = n;
    if ((values[n] ?? 0) > (values[highest] ?? 0)) highest = n;
  }
  if (end - start <= OF_A_COLUMN) return Array.from({ length: end - start }, (_, n) => start + n);
  return [...new Set([start, lowest, highest, end - 1])].sort((a, b) => a - b);
}

/** What is kept, as runs that a line may lead through: none leads across a break. */
export function strokes({ breaks }: Line, kept: readonly number[]): number[][] {
  const found: number[][] = [];
  let before = -1;
  for (const number of kept) {
    const run = found.at(-1);
    if (run && breaksUntil(breaks, before) === breaksUntil(breaks, number)) run.push(number);
    else found.push([number]);
    before = number;
  }
  return found;
}

const breaksUntil = (breaks: readonly number[], number: number) => firstWhere(breaks, (one) => one > number);

/** The first place where something is so, which stays so from there on; the length where it nowhere is. */
export function firstWhere(values: readonly number[], isSo: (value: number) => boolean, start = 0): number {
  let [low, high] = [start, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(values[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  return low;
}
