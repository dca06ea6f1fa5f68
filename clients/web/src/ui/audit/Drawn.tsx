/** The drawing of one phase, of the part of its time that is looked at. It reads without colour: the band
 * is bounded and named, excursions are striped, gaps are crossed, lines have dashes, all have their names. */

import { useId, useMemo } from "preact/hooks";
import { language, t, tCode } from "../../messages";
import { degrees } from "../../messages/sentence";
import { useStore } from "../store";
import { clockTicks, degreesOf, pathOf, scale, ticks, type Scale, type Series } from "./chart";
import type { Phase, Span } from "./documents";
import { HandLines } from "./Handed";
import type { Judged } from "./judged";
import type { Hand } from "./story";
import { strokes, thinned, type Window } from "./thinning";
import { nearest, type Track } from "./tracks";

const HEIGHT = 300;
export const EDGE = { left: 64, right: 16, top: 48, bottom: 40 }; // above: a row of names for excursions, one for gaps
const DOTS = 120; // so many readings, and each has its dot
export const STYLES = 4; // of lines; the fifth logger's is the first again
const NEAR = 24; // pixels from the cursor to a reading that it tells

export function Drawing(props: {
  phase: Judged; series: readonly Series[]; tracks: readonly Track[]; handed: readonly Hand[];
  window: Window; width: number; cursor: number | null;
}) {
  const { phase, series, tracks, handed, window, width, cursor } = props;
  const spoken = useStore(language);
  const id = useId();
  const range = useMemo(() => degreesOf(phase, series), [phase, series]);
  const x = scale(window.from, window.to, EDGE.left, width - EDGE.right);
  const y = scale(range.from, range.to, HEIGHT - EDGE.bottom, EDGE.top);
  return (
    <svg viewBox={`0 0 ${width} ${HEIGHT}`} width={width} height={HEIGHT} role="img" aria-labelledby={`${id}-title`}>
      <title id={`${id}-title`}>{describe(phase)}</title>
      <Patterns id={id} />
      <clipPath id={`${id}-plot`}><rect x={EDGE.left} y={EDGE.top} width={width - EDGE.left - EDGE.right} height={HEIGHT - EDGE.top - EDGE.bottom} /></clipPath>
      <Band phase={phase} x={x} y={y} />
      <Grid x={x} y={y} spoken={spoken} />
      {phase.gaps.map((one, n) => <Shade key={`g${n}`} span={one} x={x} fill={`url(#${id}-gap)`} name={t("audit.gap_number", { number: n + 1 })} kind="gap" />)}
      {phase.unproved.map((one) => <Shade key={`l${one.began}`} span={one} x={x} fill={`url(#${id}-gap)`} name={t("audit.not_proved")} kind="unproved" />)}
      {phase.excursions.map((one, n) => (
        <Shade key={`e${n}`} span={one} x={x} fill={`url(#${id}-out)`} kind="out"
          name={t("audit.excursion_peak", { number: n + 1, peak: degrees(one.peak_centi_c) })} />
      ))}
      <Limits phase={phase} x={x} y={y} />
      <g clip-path={`url(#${id}-plot)`}>
        {tracks.map((track, n) => <Readings key={n} track={track} number={n} x={x} y={y} />)}
        <HandLines handed={handed} x={x} top={EDGE.top} bottom={HEIGHT - EDGE.bottom} />
        {cursor !== null && <Cursor tracks={tracks} at={cursor} x={x} y={y} />}
      </g>
    </svg>
  );
}

/** The readings nearest to a moment, of the lines that have one near it as it is drawn. */
export function readAt(tracks: readonly Track[], at: number, x: Scale) {
  const within = (NEAR * (x.to - x.from)) / Math.max(1, x.at(x.to) - x.at(x.from));
  return tracks.flatMap(({ logger, line }, number) => {
    const found = nearest(line, at, within);
    return found ? [{ logger, number, ...found }] : [];
  });
}

function Cursor({ tracks, at, x, y }: { tracks: readonly Track[]; at: number; x: Scale; y: Scale }) {
  return (
    <g class="cursor">
      <line x1={x.at(at)} x2={x.at(at)} y1={EDGE.top} y2={HEIGHT - EDGE.bottom} />
      {readAt(tracks, at, x).map(({ number, ms, centiC }) => <circle key={number} cx={x.at(ms)} cy={y.at(centiC)} r={4.5} />)}
    </g>
  );
}

function describe(phase: Judged): string {
  const legs = phase.unproved.length ? ` ${t("audit.chart_unproved", { count: phase.unproved.length })}` : "";
  return t("audit.chart_says", {
    container: phase.container, phase: tCode("audit_phase", phase.phase),
    excursions: phase.excursions.length, gaps: phase.gaps.length,
  }) + legs;
}

function Patterns({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={`${id}-out`} class="pattern out" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="8" height="8" class="ground" />
        <rect width="3" height="8" class="line" />
      </pattern>
      <pattern id={`${id}-gap`} class="pattern gap" width="10" height="10" patternUnits="userSpaceOnUse">
        <rect width="10" height="10" class="ground" />
        <path d="M0 0 10 10M10 0 0 10" class="line" />
      </pattern>
    </defs>
  );
}

/** Where it should be. An open edge reaches to the edge of the drawing. */
function Band({ phase, x, y }: { phase: Phase; x: Scale; y: Scale }) {
  const { low_centi_c: low, high_centi_c: high } = phase;
  if (low === null && high === null) return null;
  const [top, bottom] = [high === null ? EDGE.top : y.at(high), low === null ? HEIGHT - EDGE.bottom : y.at(low)];
  return <rect class="band" x={x.at(x.from)} y={top} width={x.at(x.to) - x.at(x.from)} height={Math.max(0, bottom - top)} />;
}

function Limits({ phase, x, y }: { phase: Phase; x: Scale; y: Scale }) {
  const found = [["audit.upper", phase.high_centi_c, -6], ["audit.lower", phase.low_centi_c, 14]] as const;
  return (
    <>
      {found.map(([key, value, shift]) => value !== null && (
        <g key={key} class="limit">
          <line x1={x.at(x.from)} x2={x.at(x.to)} y1={y.at(value)} y2={y.at(value)} />
          <text x={x.at(x.to) - 4} y={y.at(value) + shift} text-anchor="end">{t(key, { degrees: degrees(value) })}</text>
        </g>
      ))}
    </>
  );
}

function Grid({ x, y, spoken }: { x: Scale; y: Scale; spoken: string }) {
  const left = x.at(x.from);
  const wide = x.at(x.to) - left;
  const long = x.to - x.from > 36 * 3_600_000;
  const short = x.to - x.from < 300_000;
  const clock = clockTicks(x.from, x.to, Math.max(2, Math.floor(wide / (long || short ? 110 : 64))));
  return (
    <g class="grid">
      {ticks(y.from, y.to, 6).map((value) => (
        <g key={value}>
          <line x1={left} x2={left + wide} y1={y.at(value)} y2={y.at(value)} />
          <text x={left - 8} y={y.at(value) + 4} text-anchor="end">{value / 100} °C</text>
        </g>
      ))}
      {clock.map((ms) => (
        <g key={ms}>
          <line x1={x.at(ms)} x2={x.at(ms)} y1={HEIGHT - EDGE.bottom} y2={HEIGHT - EDGE.bottom + 6} />
          <text x={x.at(ms)} y={HEIGHT - EDGE.bottom + 22} text-anchor="middle">{clockText(ms, spoken, long, short)}</text>
        </g>
      ))}
      <line class="axis" x1={left} x2={left + wide} y1={HEIGHT - EDGE.bottom} y2={HEIGHT - EDGE.bottom} />
    </g>
  );
}

function clockText(ms: number, spoken: string, days: boolean, seconds: boolean): string {
  const how: Intl.DateTimeFormatOptions = days
    ? { day: "numeric", month: "short", hour: "2-digit" }
    : { hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}) };
  return new Date(ms).toLocaleString(spoken, { ...how, hour12: false });
}

function Shade(props: { span: Pick<Span, "started_at" | "ended_at">; x: Scale; fill: string; name: string; kind: "out" | "gap" | "unproved" }) {
  const { x } = props;
  const [start, end] = [Date.parse(props.span.started_at), Date.parse(props.span.ended_at)];
  if (end < x.from || start > x.to) return null;
  const [from, to] = [x.at(Math.max(start, x.from)), x.at(Math.min(end, x.to))];
  const middle = Math.min(Math.max((from + to) / 2, x.at(x.from) + 70), x.at(x.to) - 70);
  return (
    <g class={`shade ${props.kind}`}>
      <rect x={from} y={EDGE.top} width={Math.max(2, to - from)} height={HEIGHT - EDGE.bottom - EDGE.top} fill={props.fill} />
      <text x={middle} y={EDGE.top - (props.kind === "gap" ? 9 : 28)} text-anchor="middle">{props.name}</text>
    </g>
  );
}

function Readings({ track: { line }, number, x, y }: { track: Track; number: number; x: Scale; y: Scale }) {
  const kept = thinned(line, x, Math.max(1, Math.round(x.at(x.to) - x.at(x.from))));
  return (
    <g class={`readings style-${number % STYLES}`}>
      <path d={strokes(line, kept).map((run) => pathOf(line, run, x, y)).join("")} />
      {kept.length <= DOTS && kept.map((n) => <circle key={n} cx={x.at(line.moments[n] ?? 0)} cy={y.at(line.values[n] ?? 0)} r={2.5} />)}
    </g>
  );
}
