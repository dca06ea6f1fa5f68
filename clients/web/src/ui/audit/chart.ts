/** The geometry of a temperature chart: scales, ticks, and what was read. Pure; units are pixels. */

import type { Json } from "../../core/canonical";
import type { Phase, Told } from "./documents";
import type { Judged } from "./judged";
import type { Line } from "./thinning";

export interface Reading {
  ms: number;
  centiC: number | null; // null: the logger has none for this moment
}

/** One statement's readings, as its signer gave them. */
export interface Series {
  position: number;
  logger: string;
  readings: Reading[];
}

/** The readings behind a phase's evidence, where the timeline has the entry that brought them. What was
 * split off has those of its parents until then, and no later ones. */
export function seriesOf(phase: Phase, entries: readonly Told[]): Series[] {
  const byPosition = new Map(entries.map((one) => [one.position, one]));
  return phase.evidence.flatMap(({ position, logger, ended_at: ended }) => {
    const event = byPosition.get(position)?.event;
    const readings = event ? readingsOf(event) : null;
    const last = Date.parse(ended);
    return readings ? [{ position, logger, readings: readings.filter(({ ms }) => ms <= last) }] : [];
  });
}

function readingsOf(event: Readonly<Record<string, Json>>): Reading[] | null {
  const { readings_centi_c: values, started_at: started, interval_s: interval } = event;
  if (!Array.isArray(values) || typeof started !== "string" || typeof interval !== "number") return null;
  const start = Date.parse(started);
  return values.map((value, n) => ({ ms: start + n * interval * 1000, centiC: typeof value === "number" ? value : null }));
}

export interface Scale {
  from: number;
  to: number;
  at: (value: number) => number;
}

export function scale(from: number, to: number, start: number, end: number): Scale {
  const whole = to - from || 1;
  return { from, to, at: (value) => start + ((value - from) / whole) * (end - start) };
}

/** From the first to the last moment that the phase says anything about, with a little air. */
export function timesOf(phase: Judged, series: readonly Series[]): { from: number; to: number } {
  const spans = [...phase.evidence, ...phase.excursions, ...phase.gaps, ...phase.unproved];
  const moments = spans.flatMap((one) => [Date.parse(one.started_at), Date.parse(one.ended_at)]);
  const readings = series.flatMap((one) => one.readings.map((reading) => reading.ms));
  const [from, to] = [least([...moments, ...readings]), most([...moments, ...readings])];
  const air = Math.max(500, (to - from) * 0.02);
  return { from: from - air, to: to + air };
}

/** All readings, the band, and the peaks. Where nothing was read, the band alone. */
export function degreesOf(phase: Phase, series: readonly Series[]): { from: number; to: number } {
  const read = series.flatMap((one) => one.readings.map((reading) => reading.centiC).filter((value) => value !== null));
  const band = [phase.low_centi_c, phase.high_centi_c].filter((value) => value !== null);
  const all = [...read, ...band, ...phase.excursions.map((one) => one.peak_centi_c)];
  const [low, high] = all.length ? [least(all), most(all)] : [0, 1000];
  const air = Math.max(100, (high - low) * 0.15);
  return { from: low - air, to: high + air };
}

/** Round values between two, at most `count` of them. */
export function ticks(from: number, to: number, count: number): number[] {
  const rough = (to - from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough) ?? rough;
  const found: number[] = [];
  for (let value = Math.ceil(from / step) * step; value <= to; value += step) found.push(Math.round(value));
  return [...new Set(found)];
}

const CLOCK_STEPS_S = [1, 5, 15, 60, 300, 900, 1800, 3600, 2 * 3600, 3 * 3600, 4 * 3600, 6 * 3600, 12 * 3600, 86_400, 7 * 86_400, 30 * 86_400];

/** Moments on round clock times (of UTC) between two, at most `count`. */
export function clockTicks(from: number, to: number, count: number): number[] {
  const rough = (to - from) / 1000 / Math.max(1, count);
  const step = (CLOCK_STEPS_S.find((one) => one >= rough) ?? 365 * 86_400) * 1000;
  const found: number[] = [];
  for (let ms = Math.ceil(from / step) * step; ms <= to; ms += step) found.push(ms);
  return found;
}

/** The `d` of a path through readings, by their numbers; a lone one becomes a dot. */
export function pathOf(line: Line, run: readonly number[], x: Scale, y: Scale): string {
  const points = run.map((n) => `${round(x.at(line.moments[n] ?? 0))} ${round(y.at(line.values[n] ?? 0))}`);
  return points.length > 1 ? `M${points.join("L")}` : `M${points[0]}h0.01`;
}

function least(values: readonly number[]): number {
  return values.reduce((found, one) => Math.min(found, one), Infinity);
}

function most(values: readonly number[]): number {
  return values.reduce((found, one) => Math.max(found, one), -Infinity);
}

const round = (value: number) => Math.round(value * 10) / 10;
