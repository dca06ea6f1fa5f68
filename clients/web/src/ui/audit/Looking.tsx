/** A phase's chart to look into: nearer and further, along, and what was read at a moment, by mouse, touch and keys. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../../messages";
import { degrees } from "../../messages/sentence";
import { Time } from "../kit/Time";
import { scale, timesOf, type Series } from "./chart";
import { Drawing, EDGE, readAt, STYLES } from "./Drawn";
import { useGestures } from "./gestures";
import { HandList } from "./Handed";
import type { Judged } from "./judged";
import type { Hand } from "./story";
import type { Window } from "./thinning";
import { following, panned, stepped, tracksOf, zoomed, type Track } from "./tracks";

const NEARER = 2;
const ALONG = 0.25; // of what is seen, a step

export function Chart({ phase, series, handed }: { phase: Judged; series: readonly Series[]; handed: readonly Hand[] }) {
  const frame = useRef<HTMLElement>(null);
  const width = useWidth(frame);
  const tracks = useMemo(() => tracksOf(series), [series]);
  const whole = useMemo(() => timesOf(phase, series), [phase, series]);
  const [chosen, setChosen] = useState<Window | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const window = chosen ?? whole;
  const x = scale(window.from, window.to, EDGE.left, width - EDGE.right);
  const look = (next: Window) => setChosen(next.to - next.from < whole.to - whole.from ? next : null);
  const zoom = (factor: number, at = cursor ?? (window.from + window.to) / 2) => look(zoomed(window, whole, factor, at));
  const pan = (ms: number) => look(panned(window, whole, ms));
  const point = (ms: number | null) => {
    setCursor(ms);
    if (ms !== null && chosen) look(following(window, whole, ms));
  };
  const gestures = useGestures({ frame, x, zoom, pan, point: setCursor });
  const onKeyDown = (event: KeyboardEvent) => {
    const act = keyed(event, { window, whole, tracks, cursor, zoom, pan, point, all: () => setChosen(null) });
    if (!act) return;
    event.preventDefault();
    act();
  };
  return (
    <figure class="chart" ref={frame}>
      <div class="field" tabIndex={0} role="group" aria-label={t("audit.chart_look")} aria-keyshortcuts="+ - 0 ArrowLeft ArrowRight Shift+ArrowLeft Shift+ArrowRight"
        onKeyDown={onKeyDown} {...gestures}>
        <Drawing phase={phase} series={series} tracks={tracks} handed={handed} window={window} width={width} cursor={cursor} />
      </div>
      <div class="tools">
        <button type="button" class="step now" onClick={() => zoom(NEARER)}>{t("audit.chart_nearer")}</button>
        <button type="button" class="step now" disabled={!chosen} onClick={() => zoom(1 / NEARER)}>{t("audit.chart_further")}</button>
        <button type="button" class="step now" disabled={!chosen} onClick={() => setChosen(null)}>{t("audit.chart_all")}</button>
        <output aria-live="polite">{cursor !== null && <Told tracks={tracks} at={cursor} x={x} />}</output>
      </div>
      {tracks.length > 1 && <Loggers tracks={tracks} />}
      <HandList handed={handed} from={whole.from} to={whole.to} />
      <figcaption class="soft small">
        {t("audit.chart_zone", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })} <span class="how">{t("audit.chart_how")}</span>
      </figcaption>
    </figure>
  );
}

interface Looked {
  window: Window;
  whole: Window;
  tracks: readonly Track[];
  cursor: number | null;
  zoom: (factor: number) => void;
  pan: (ms: number) => void;
  point: (ms: number | null) => void;
  all: () => void;
}

/** What a key does; null: nothing here, so the browser's own. */
function keyed(event: KeyboardEvent, { window, whole, tracks, cursor, zoom, pan, point, all }: Looked): (() => void) | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key] as 1 | -1 | undefined;
  if (by && event.shiftKey) return () => pan(by * ALONG * (window.to - window.from));
  if (by) return () => point(stepped(tracks, cursor ?? (by > 0 ? window.from : window.to), by));
  const acts: Record<string, () => void> = {
    "+": () => zoom(NEARER), "=": () => zoom(NEARER), "-": () => zoom(1 / NEARER), 0: all,
    Home: () => point(stepped(tracks, whole.from, 1)), End: () => point(stepped(tracks, whole.to, -1)), Escape: () => point(null),
  };
  return acts[event.key] ?? null;
}

function Told({ tracks, at, x }: { tracks: readonly Track[]; at: number; x: ReturnType<typeof scale> }) {
  const found = readAt(tracks, at, x);
  if (!found.length) return <><Time at={at} seconds /> · {t("audit.no_reading")}</>;
  return (
    <>
      {found.map(({ logger, number, ms, centiC }) => (
        <span key={number} class="told-at"><strong>{degrees(centiC)}</strong> <Time at={ms} seconds /> <span class="soft">{logger}</span></span>
      ))}
    </>
  );
}

/** Which line is whose: by its dash and, for those who see it, its colour. */
function Loggers({ tracks }: { tracks: readonly Track[] }) {
  return (
    <ul class="loggers small">
      {tracks.map(({ logger }, n) => (
        <li key={n}>
          <svg width="44" height="10" aria-hidden="true"><g class={`readings style-${n % STYLES}`}><path d="M1 5H43" /></g></svg> {logger}
        </li>
      ))}
    </ul>
  );
}

function useWidth(frame: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(640);
  useEffect(() => {
    const look = () => setWidth((before) => frame.current?.clientWidth || before);
    const watching = new ResizeObserver(look);
    if (frame.current) watching.observe(frame.current);
    look();
    return () => watching.disconnect();
  }, [frame]);
  return Math.max(280, width);
}
