/** The verifier's page, drawn from a report: the verdict first, what it does not cover, each step, then what
 * the entries tell. */
import type { AuditedEntry, BundleReport } from "../core/bundle/audit";
import type { Step } from "../core/bundle/report";
import { party, sentence } from "../messages/sentence";
import { toBase64 } from "../core/bytes";
import { chart } from "./chart";
import { element, moment, table } from "./element";
import { betweenRecordings, recordings } from "./readings";
import { TEXTS, VERDICTS } from "./texts";

const MOVES = ["CustodyReleased", "CustodyAccepted", "CustodyRefused"];
const ASKING = ["TherapyExportRequested", "ExportRequested"];

/** `name`: the bundle's file; `key`: the log's, as it was given. */
export function drawn(report: BundleReport, name: string, key: string): HTMLElement {
  const isProved = [3, 4, 5].every((number) => report.steps.find((step) => step.number === number)?.ok === true);
  const told = isProved ? stories(report) : [element("p", { class: "bad" }, TEXTS.broken)];
  return element("div", {}, verdict(report), rest(name, key), element("h2", {}, TEXTS.steps), steps(report.steps), ...told);
}

function verdict(report: BundleReport): HTMLElement {
  const wrong = report.firstWrong;
  const lines = [element("h2", { role: "status", id: "verdict", class: wrong ? "bad" : "good" }, wrong ? TEXTS.wrong : TEXTS.sound)];
  if (!report.pinned) lines.push(element("p", { class: "bad", id: "unpinned" }, TEXTS.unpinned));
  if (wrong) {
    const where = wrong.position === null ? "" : `, entry ${wrong.position}`;
    lines.push(element("p", { class: "bad" }, `${TEXTS.first} step ${wrong.step}${where}: ${wrong.what}`));
  }
  lines.push(element("p", {}, `${TEXTS.proved} ${report.proved}`), witnesses(report), ...unchecked(report), facts(report));
  return element("section", { class: `verdict ${wrong || !report.pinned ? "is-bad" : "is-good"}` }, ...lines);
}

function witnesses(report: BundleReport): HTMLElement {
  const isCosigned = report.steps.some((step) => step.number === 8 && step.ok === true);
  return element("p", { id: "witnesses", class: isCosigned ? "good" : "bad" }, `${TEXTS.witnesses} ${report.witnessed}`);
}

/** What lies in the bundle and this page does not know how to check. */
function unchecked({ unchecked: { stamps, secondKey } }: BundleReport): HTMLElement[] {
  const told = [...(stamps ? [TEXTS.stamps(stamps)] : []), ...(secondKey ? [TEXTS.secondKey] : [])];
  return told.map((text) => element("p", { class: "unchecked" }, text));
}

/** Which log, how much of it, and who asked for it. */
function facts({ origin, size, entries, hidden }: BundleReport): HTMLElement {
  const asked = entries.findLast((one) => ASKING.includes(String(one.payload["type"])));
  const whose = asked ? ` Asked for by ${asked.signer}: ${String(asked.payload["reason"])}, ${moment(asked.timeS)} UTC.` : "";
  return element("p", { class: "dim" }, `${origin}: ${entries.length} of ${size} entries are given, ${hidden} stand as hashes.${whose}`);
}

/** What this page does not judge, and the one command that does. */
function rest(name: string, key: string): HTMLElement {
  const command = `unbroken verify "${name}" --log-key "${key || "LINE"}"`;
  return element("section", { class: "rest", id: "rest" }, element("h2", {}, TEXTS.restTitle), element("p", {}, TEXTS.rest), element("pre", {}, command));
}

function steps(found: readonly Step[]): HTMLElement {
  const items = found.map((step) => {
    const mark = VERDICTS[String(step.ok) as keyof typeof VERDICTS];
    const listed = step.problems.slice(0, 10).map((one) => element("li", {}, one.position === null ? one.what : `entry ${one.position}: ${one.what}`));
    const more = step.problems.length - listed.length + step.more;
    if (more > 0) listed.push(element("li", {}, `and ${more} more`));
    const problems = listed.length ? [element("ul", { class: "bad" }, ...listed)] : [];
    const said = element("div", { class: "said" }, element("div", {}, step.name), element("div", { class: "dim" }, step.detail), ...problems);
    return element("li", { "data-step": String(step.number), value: String(step.number) },
      element("span", { class: "number" }, `${step.number}.`), element("span", { class: `mark ${CLASSES[mark]}` }, mark), said);
  });
  return element("ol", { class: "steps" }, ...items);
}

const CLASSES = { ok: "is-ok", FAILED: "is-failed", "not done": "is-open" } as const;

function stories(report: BundleReport): HTMLElement[] {
  const moved = report.entries.filter((one) => MOVES.includes(String(one.payload["type"])));
  return [
    element("h2", {}, TEXTS.custody), ...custody(report, moved),
    element("h2", {}, TEXTS.temperature), ...temperature(report),
    element("h2", {}, TEXTS.labels), ...labels(report),
    element("h2", {}, TEXTS.timeline), element("p", { class: "dim" }, TEXTS.hidden(report.hidden)), timeline(report.entries),
  ];
}

/** Who held each container, as step 13 joined the hand-overs; then each half as it was signed. */
function custody({ holdings }: BundleReport, moved: readonly AuditedEntry[]): HTMLElement[] {
  if (!holdings.length && !moved.length) return [element("p", {}, TEXTS.none)];
  const held = holdings.map((one) => [one.container, one.holder, moment(one.since), one.until === null ? TEXTS.last : moment(one.until), String(one.position)]);
  const halves = moved.map(({ position, payload }) => {
    const containers = Array.isArray(payload["containers"]) ? payload["containers"].map(String).join(", ") : "";
    return [String(position), String(payload["type"]), containers, `${party(payload["giver"])} → ${party(payload["receiver"])}`];
  });
  const parts = element("details", {}, element("summary", {}, TEXTS.halves(halves.length)), table("halves", ["Entry", "What", "Containers", "From → to"], halves));
  return [element("p", { class: "dim" }, TEXTS.held), table("holdings", ["Container", "Holder", "Since (UTC)", "Until (UTC)", "Entry"], held), parts];
}

function temperature(report: BundleReport): HTMLElement[] {
  const read = recordings(report.entries, report.evidence);
  if (!read.length) return [element("p", {}, TEXTS.none)];
  const unknown = betweenRecordings(read).map((one) => [one.container, ...[one.fromMs, one.toMs].map((ms) => moment(ms / 1000))]);
  const between = unknown.length ? [element("h3", {}, TEXTS.between), table("between", ["Container", "From (UTC)", "To (UTC)"], unknown)] : [];
  return [element("p", { class: "dim" }, TEXTS.legend), ...read.map(chart), ...between];
}

/** Printed labels, as the server drew them; shown where step 9 found each to be the one that was printed. */
function labels(report: BundleReport): HTMLElement[] {
  const isShown = report.steps.some((step) => step.number === 9 && step.ok !== false);
  const printed = report.entries.filter((one) => one.payload["type"] === "LabelPrinted");
  if (!printed.length) return [element("p", {}, TEXTS.none)];
  return printed.map(({ position, payload }) => {
    const [png, serial] = [report.pictures.get(String(payload["digest"])), String(payload["serial"])];
    const caption = element("figcaption", {}, `Entry ${position}: label ${serial}`);
    if (!png || !isShown) return element("figure", {}, caption, element("p", { class: "dim" }, TEXTS.undrawn));
    const image = element("img", { src: `data:image/png;base64,${toBase64(png)}`, alt: TEXTS.label(serial) });
    return element("figure", { class: "label" }, caption, image);
  });
}

function timeline(entries: readonly AuditedEntry[]): HTMLElement {
  const rows = entries.map((one) => [String(one.position), moment(one.timeS), `${sentence(one.payload, one.signer, one.stream)}.`]);
  return table("timeline", ["Entry", "Recorded (UTC)", "What was said"], rows);
}
