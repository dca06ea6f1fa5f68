/** The verifier's page, drawn from a report. What a bundle says only ever becomes text. */
import type { JsonObject } from "../core/canonical";
import type { AuditedEntry, BundleReport } from "../core/bundle/audit";
import type { Step } from "../core/bundle/report";
import { party, sentence } from "../messages/sentence";
import { TEXTS, VERDICTS } from "./texts";

type Child = Node | string;
const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [640, 120];
const MOVES = ["CustodyReleased", "CustodyAccepted", "CustodyRefused"];

export function element(name: string, attributes: Record<string, string> = {}, ...children: Child[]): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** All that a report says: the verdict first, then each step, then what the entries tell. */
export function drawn(report: BundleReport): HTMLElement {
  const isProved = [3, 4, 5].every((number) => report.steps[number - 1]?.ok === true);
  const told = isProved ? stories(report) : [element("p", { class: "bad" }, TEXTS.broken)];
  return element("div", {}, ...verdict(report), element("h2", {}, TEXTS.steps), steps(report.steps), ...told);
}

function verdict(report: BundleReport): HTMLElement[] {
  const wrong = report.firstWrong;
  const lines = [element("h2", { class: wrong ? "bad" : "good", role: "status", id: "verdict" }, wrong ? TEXTS.wrong : TEXTS.sound)];
  if (!report.pinned) lines.push(element("p", { class: "bad", id: "unpinned" }, TEXTS.unpinned));
  if (wrong) {
    const where = wrong.position === null ? "" : `, entry ${wrong.position}`;
    lines.push(element("p", { class: "bad" }, `${TEXTS.first} step ${wrong.step}${where}: ${wrong.what}`));
  }
  lines.push(element("p", {}, `${TEXTS.proved} ${report.proved}`), witnesses(report), element("p", {}, TEXTS.rest));
  return lines;
}

function witnesses(report: BundleReport): HTMLElement {
  const isCosigned = report.steps.some((step) => step.number === 8 && step.ok === true);
  return element("p", { id: "witnesses", class: isCosigned ? "good" : "bad" }, `${TEXTS.witnesses} ${report.witnessed}`);
}

function steps(found: readonly Step[]): HTMLElement {
  const rows = found.map((step) => {
    const problems = step.problems.slice(0, 10).map((one) => element("li", {}, one.position === null ? one.what : `entry ${one.position}: ${one.what}`));
    const said = element("td", {}, step.name, element("div", { class: "dim" }, step.detail), element("ul", {}, ...problems));
    const mark = VERDICTS[String(step.ok) as keyof typeof VERDICTS];
    return element("tr", { "data-step": String(step.number) }, element("td", {}, `${step.number}.`), element("td", { class: mark === "FAILED" ? "bad" : "" }, mark), said);
  });
  return element("table", {}, ...rows);
}

function stories(report: BundleReport): HTMLElement[] {
  const moved = report.entries.filter((one) => MOVES.includes(String(one.payload["type"])));
  const read = report.entries.filter((one) => one.payload["type"] === "TemperatureEvidenceAttached");
  return [
    element("h2", {}, TEXTS.timeline), element("p", { class: "dim" }, TEXTS.hidden(report.hidden)), timeline(report.entries),
    element("h2", {}, TEXTS.custody), moved.length ? custody(moved) : element("p", {}, TEXTS.none),
    element("h2", {}, TEXTS.temperature), ...(read.length ? read.map(temperature) : [element("p", {}, TEXTS.none)]),
  ];
}

function timeline(entries: readonly AuditedEntry[]): HTMLElement {
  const items = entries.map((one) => {
    const said = `${sentence(one.payload, one.signer, one.stream)}.`;
    return element("tr", {}, element("td", {}, String(one.position)), element("td", {}, moment(one.timeS)), element("td", {}, said));
  });
  return element("table", { id: "timeline" }, ...items);
}

function custody(entries: readonly AuditedEntry[]): HTMLElement {
  const rows = entries.map(({ position, payload }) => {
    const containers = Array.isArray(payload["containers"]) ? payload["containers"].map(String).join(", ") : "";
    const cells = [String(position), String(payload["type"]), containers, `${party(payload["giver"])} → ${party(payload["receiver"])}`];
    return element("tr", {}, ...cells.map((text) => element("td", {}, text)));
  });
  return element("table", {}, ...rows);
}

/** One logger's readings as a line; a missing reading is a gap in it. */
function temperature({ position, payload }: AuditedEntry): HTMLElement {
  const readings = (Array.isArray(payload["readings_centi_c"]) ? payload["readings_centi_c"] : []) as (number | null)[];
  const known = readings.filter((one): one is number => one !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", pathOf(readings, low, high));
  svg.append(line);
  const label = known.length ? `${low / 100} to ${high / 100} °C, ${readings.length - known.length} readings missing` : "no reading";
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  return element("figure", {}, element("figcaption", {}, captionOf(position, payload, label)), svg);
}

function captionOf(position: number, payload: JsonObject, label: string): string {
  return `Entry ${position}: logger ${String(payload["logger"])}, from ${String(payload["started_at"])}: ${label}`;
}

function pathOf(readings: readonly (number | null)[], low: number, high: number): string {
  const across = (index: number): number => (readings.length > 1 ? (index / (readings.length - 1)) * WIDTH : WIDTH / 2);
  const up = (value: number): number => HEIGHT - 4 - ((value - low) / Math.max(1, high - low)) * (HEIGHT - 8);
  let pen = "M";
  return readings.map((value, index) => {
    if (value === null) {
      pen = "M";
      return "";
    }
    const drawnTo = `${pen}${across(index).toFixed(1)} ${up(value).toFixed(1)}`;
    pen = "L";
    return drawnTo;
  }).join("");
}

function moment(timeS: number): string {
  return `${new Date(timeS * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
