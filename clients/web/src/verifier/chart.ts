/** One recording, drawn: readings, the product's band, what lies outside it, and where no reading is. */
import { drawing, element, moment } from "./element";
import { isOutside, spans, type Recording } from "./readings";
import { TEXTS } from "./texts";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 220, 88, 12, 12, 30] as const;

interface Scale {
  across: (index: number) => number;
  up: (centi: number) => number;
  sees: (centi: number) => boolean;
  ticks: number[];
}

export function chart(one: Recording): HTMLElement {
  const scale = scaleOf(one);
  const svg = drawing("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${captionOf(one)} ${factsOf(one)}` });
  if (scale) svg.append(...band(one, scale), ...gaps(one, scale), ...axes(one, scale), ...lines(one, scale));
  const caption = element("figcaption", {}, element("strong", {}, captionOf(one)), element("div", {}, factsOf(one)), element("div", { class: "dim" }, proofOf(one)));
  return element("figure", {}, caption, ...(scale ? [svg] : []));
}

/** Everything that has to be seen is in: readings and both edges of the band. */
function scaleOf(one: Recording): Scale | null {
  const known = one.values.filter((value): value is number => value !== null);
  if (!known.length) return null;
  const [first, last] = [Math.min(...known), Math.max(...known)];
  const near = [one.low, one.high].filter((edge): edge is number => edge !== null && edge > first - 3000 && edge < last + 3000);
  const [low, high] = [Math.min(first, ...near) - 100, Math.max(last, ...near) + 100];
  const step = [50, 100, 200, 500, 1000, 2000, 5000, 10_000].find((each) => (high - low) / each <= 5) ?? 20_000;
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) ticks.push(tick);
  const wide = Math.max(1, one.values.length - 1);
  return {
    across: (index) => LEFT + (index / wide) * (WIDTH - LEFT - RIGHT),
    up: (centi) => TOP + ((high - Math.min(high, Math.max(low, centi))) / (high - low)) * (HEIGHT - TOP - BOTTOM),
    sees: (centi) => low <= centi && centi <= high,
    ticks,
  };
}

/** An edge that lies far off is not drawn: the words above name it. */
function band({ low, high, hasProfile }: Recording, { up, sees }: Scale): SVGElement[] {
  if (!hasProfile) return [];
  const [top, bottom] = [high === null ? TOP : up(high), low === null ? HEIGHT - BOTTOM : up(low)];
  const area = drawing("rect", { class: "band", x: LEFT, y: top, width: WIDTH - LEFT - RIGHT, height: Math.max(0, bottom - top) });
  const edges = [low, high].filter((edge): edge is number => edge !== null && sees(edge));
  const drawn = edges.map((edge) => drawing("line", { class: "edge", x1: LEFT, x2: WIDTH - RIGHT, y1: up(edge), y2: up(edge) }));
  return [area, ...drawn];
}

/** Hatched, to be seen without colours too. */
function gaps({ values, position }: Recording, { across }: Scale): SVGElement[] {
  const half = (across(1) - across(0)) / 2;
  const hatch = drawing("pattern", { id: `gap-${position}`, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    drawing("line", { class: "hatch", x1: 0, x2: 0, y1: 0, y2: 6 }));
  const areas = spans(values, (value) => value === null).map(([first, last]) => {
    const [from, to] = [Math.max(LEFT, across(first) - half), Math.min(WIDTH - RIGHT, across(last) + half)];
    return drawing("rect", { fill: `url(#gap-${position})`, x: from, y: TOP, width: Math.max(3, to - from), height: HEIGHT - TOP - BOTTOM });
  });
  return areas.length ? [hatch, ...areas] : [];
}

function axes(one: Recording, { up, ticks }: Scale): SVGElement[] {
  const levels = ticks.flatMap((tick) => [
    drawing("line", { class: "tick", x1: LEFT, x2: WIDTH - RIGHT, y1: up(tick), y2: up(tick) }),
    drawing("text", { x: LEFT - 6, y: up(tick) + 4, "text-anchor": "end" }, `${degrees(tick)} °C`),
  ]);
  const ends = [drawing("text", { x: LEFT, y: HEIGHT - 8 }, timeOf(one, 0)), drawing("text", { x: WIDTH - RIGHT, y: HEIGHT - 8, "text-anchor": "end" }, timeOf(one, one.values.length - 1))];
  return [...levels, ...ends];
}

function lines(one: Recording, { across, up }: Scale): SVGElement[] {
  const point = (at: number): string => `${across(at).toFixed(1)} ${up(one.values[at]!).toFixed(1)}`;
  const known = spans(one.values, (value) => value !== null);
  const path = known.map(([first, last]) => `M${Array.from({ length: last - first + 1 }, (_, at) => point(first + at)).join("L")}`).join("");
  const dots = one.values.flatMap((value, at) =>
    isOutside(one, value) ? [drawing("circle", { class: "outside", cx: across(at).toFixed(1), cy: up(value!).toFixed(1), r: 2.5 })] : []);
  const alone = known.filter(([first, last]) => first === last).map(([at]) => drawing("circle", { class: "alone", cx: across(at), cy: up(one.values[at]!), r: 2 }));
  return [drawing("path", { d: path }), ...alone, ...dots];
}

function captionOf({ position, logger, phase, containers }: Recording): string {
  return `Entry ${position}: logger ${logger}, ${phase}, with ${containers.join(", ")}.`;
}

/** What is seen in the picture, in words. */
function factsOf(one: Recording): string {
  const known = one.values.filter((value): value is number => value !== null);
  const range = known.length ? `${degrees(Math.min(...known))} to ${degrees(Math.max(...known))} °C` : "no reading";
  const missing = one.values.length - known.length;
  const outside = one.values.filter((value) => isOutside(one, value)).length;
  const limits = one.hasProfile ? `${bandText(one)}: ${outside ? `${outside} readings OUTSIDE` : "none outside"}` : TEXTS.noProfile;
  return `${timeOf(one, 0)} to ${timeOf(one, one.values.length - 1)} UTC; ${one.values.length} readings, ${range}; ${missing ? `${missing} MISSING` : "none missing"}; ${limits}.`;
}

function bandText({ low, high }: Recording): string {
  if (low === null && high === null) return "the product gives no limits";
  if (low === null) return `limit ${degrees(high!)} °C or colder`;
  return high === null ? `limit ${degrees(low)} °C or warmer` : `limits ${degrees(low)} to ${degrees(high)} °C`;
}

/** What stands behind the readings. */
function proofOf({ hasFiles, signature, calibratedUntil, startMs, intervalMs, values }: Recording): string {
  const end = new Date(startMs + (values.length - 1) * intervalMs).toISOString();
  const calibrated = calibratedUntil === null ? "calibration NOT known" : calibratedUntil < end ? `calibration ENDED ${moment(calibratedUntil)}` : `calibrated until ${moment(calibratedUntil)}`;
  const file = hasFiles ? "the logger's own file is here, with the SHA-256 that the entry names" : "the logger's own file is NOT here: the readings are the word of who signed them";
  return `${file}; the logger's own signature: ${signature}, as the ledger's reader found; ${calibrated}.`;
}

/** To the minute, or to the second where all lies within an hour. */
function timeOf({ startMs, intervalMs, values }: Recording, index: number): string {
  const isShort = values.length * intervalMs < 3_600_000;
  return moment((startMs + index * intervalMs) / 1000).slice(0, isShort ? 19 : 16);
}

function degrees(centi: number): string {
  return (centi / 100).toFixed(centi % 100 ? 1 : 0);
}
