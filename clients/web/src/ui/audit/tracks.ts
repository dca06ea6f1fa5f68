/** A phase's readings as lines to draw, the part of them that is looked at, and what was read at a moment. Pure. */

import type { Series } from "./chart";
import { firstWhere, type Line, type Window } from "./thinning";

/** One logger's statements that go on where another ended, as one line. */
export interface Track {
  logger: string;
  line: Line;
}

interface Growing {
  logger: string;
  moments: number[];
  values: number[];
  breaks: number[];
  until: number; // the last moment, read or missing
  broken: boolean; // nothing was read there
}

/** A missing reading breaks the line. Statements of one logger that overlap stand side by side. */
export function tracksOf(series: readonly Series[]): Track[] {
  const tracks: Growing[] = [];
  const inTime = series.filter((one) => one.readings.length).sort((a, b) => startOf(a) - startOf(b));
  for (const one of inTime) {
    let track = tracks.find((each) => each.logger === one.logger && each.until < startOf(one));
    if (!track) tracks.push((track = { logger: one.logger, moments: [], values: [], breaks: [], until: -Infinity, broken: false }));
    grow(track, one);
  }
  return tracks.map(({ logger, moments, values, breaks }) => ({ logger, line: { moments, values, breaks } }));
}

function grow(track: Growing, { readings }: Series): void {
  const [first, second] = readings;
  const interval = first && second ? second.ms - first.ms : 0;
  if (first && first.ms - track.until > interval) track.broken = true;
  for (const { ms, centiC } of readings) {
    if (centiC === null) track.broken = true;
    else {
      if (track.broken && track.moments.length) track.breaks.push(track.moments.length);
      track.moments.push(ms);
      track.values.push(centiC);
      track.broken = false;
    }
    track.until = ms;
  }
}

const startOf = ({ readings }: Series) => readings[0]?.ms ?? 0;

/** The reading nearest to a moment, if one lies within so many milliseconds. */
export function nearest({ moments, values }: Line, ms: number, within: number): { ms: number; centiC: number } | null {
  const after = firstWhere(moments, (one) => one >= ms);
  const [number] = [after - 1, after].filter((n) => n in moments)
    .sort((a, b) => Math.abs((moments[a] ?? 0) - ms) - Math.abs((moments[b] ?? 0) - ms));
  if (number === undefined) return null;
  const found = { ms: moments[number] ?? 0, centiC: values[number] ?? 0 };
  return Math.abs(found.ms - ms) <= within ? found : null;
}

/** The next reading of any line after a moment (`by` 1) or before it (-1); the moment itself where there is none. */
export function stepped(tracks: readonly Track[], ms: number, by: 1 | -1): number {
  const found = tracks.flatMap(({ line: { moments } }) => {
    const at = by > 0 ? firstWhere(moments, (one) => one > ms) : firstWhere(moments, (one) => one >= ms) - 1;
    return moments[at] ?? [];
  });
  if (!found.length) return ms;
  return by > 0 ? Math.min(...found) : Math.max(...found);
}

// --- what is looked at ---------------------------------------------------------------------------

export const LEAST_MS = 10_000; // nearer than this nothing is to be seen

/** Nearer by a factor above 1, further below it; what lies at the moment `at` stays where it is. */
export function zoomed(window: Window, whole: Window, factor: number, at: number): Window {
  const wide = Math.min(whole.to - whole.from, Math.max(LEAST_MS, (window.to - window.from) / factor));
  const share = (at - window.from) / Math.max(1, window.to - window.from);
  return within({ from: at - share * wide, to: at + (1 - share) * wide }, whole);
}

export function panned({ from, to }: Window, whole: Window, ms: number): Window {
  return within({ from: from + ms, to: to + ms }, whole);
}

/** Moved no further than it takes to have the moment in it. */
export function following(window: Window, whole: Window, ms: number): Window {
  if (ms < window.from) return panned(window, whole, ms - window.from);
  return ms > window.to ? panned(window, whole, ms - window.to) : window;
}

function within({ from, to }: Window, whole: Window): Window {
  const wide = Math.min(to - from, whole.to - whole.from);
  const start = Math.min(Math.max(from, whole.from), whole.to - wide);
  return { from: start, to: start + wide };
}
