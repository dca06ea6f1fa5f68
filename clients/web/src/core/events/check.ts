/**
 * What is signed is checked first, so that nothing invalid ever stands in the outbox: members,
 * texts, numbers and parts as the schema has them (`table.ts`, made from it), and one rule
 * across members, for what couriers sign all day. The ledger checks the rest.
 */
import { isObject, type Json } from "../canonical";
import { Problem } from "../problem";
import { EVENTS, OLDER, PARTS, SHAPES, TEXTS } from "./table";

export interface EventKind {
  kind: "fact" | "decision";
  version: number;
  members: string;
}

const LIST = /^(.+)\[(\d+)\.\.(\d+)\]$/;
const INTEGER = /^(-?\d+)\.\.(-?\d+)$/;

/** In the version that is signed now; `version`: in that one. Throws `Problem` `unknown_event`,
 * `unknown_event_version`. */
export function kindOf(type: string, version?: unknown): EventKind {
  const row = Object.hasOwn(EVENTS, type) ? EVENTS[type] : undefined;
  if (row === undefined) throw new Problem("malformed", "unknown_event", `there is no event type ${type}`);
  const newest = parsed(row);
  if (version === undefined || version === newest.version) return newest;
  const name = `${type} ${String(version)}`;
  if (typeof version !== "number" || !Object.hasOwn(OLDER, name)) {
    throw new Problem("malformed", "unknown_event_version", `${type} has no such version`);
  }
  return parsed(OLDER[name]!);
}

const parsed = remembered((row: string): EventKind => {
  const [kind, version, ...members] = row.split(" ");
  return { kind: kind === "fact" ? "fact" : "decision", version: Number(version), members: members.join(" ") };
});

/** True for a decision that names the chain version which its signer saw. */
export function namesVersion(type: string): boolean {
  return kindOf(type).members.startsWith("chain_version:") || kindOf(type).members.includes(" chain_version:");
}

/** An event's own members (without `type`, `v`, `occurred_at` and its place in the sequence, unless `beside`
 * names them). Throws `Problem` `unknown_event`, `unknown_event_version`, `invalid_event` naming the first
 * member that is wrong. */
export function checkMembers(
  type: string, members: Record<string, unknown>, version?: unknown, beside: readonly string[] = [],
): void {
  const wrong = inPart(kindOf(type, version).members, members, beside) ?? inTherapies(members);
  if (wrong) throw invalid(`${type}${wrong}`);
}

/** Throws `Problem` `invalid_event`. */
export function checkTime(type: string, moment: string): void {
  const wrong = inText("Timestamp", moment);
  if (wrong) throw invalid(`${type}.occurred_at${wrong}`);
}

type Check = (value: Json) => string | null;
interface Member {
  name: string;
  isOptional: boolean;
  check: Check;
}

/** What is wrong, as `.member: why`; null when nothing is. */
function inPart(line: string, value: unknown, beside: readonly string[] = []): string | null {
  if (!isObject(value)) return ": not an object";
  const members = membersOf(line);
  for (const { name, isOptional, check } of members.values()) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    const wrong = given === undefined ? (isOptional ? null : ": is missing") : check(given);
    if (wrong) return `.${name}${wrong}`;
  }
  const stranger = Object.keys(value).find((name) => !members.has(name) && !beside.includes(name) && value[name] !== undefined);
  return stranger === undefined ? null : `.${stranger}: is no member of this event`;
}

/** The table's lines are read once each: a log has thousands of events of few types. */
const membersOf = remembered((line: string): ReadonlyMap<string, Member> =>
  new Map(line.split(" ").filter(Boolean).map((member) => {
    const [, name = "", optional, shape = ""] = /^(\w+)(\??):(.+)$/.exec(member) ?? [];
    return [name, { name, isOptional: optional === "?", check: checkOf(shape) }];
  })));

const checkOf = remembered((shape: string): Check => {
  if (shape.endsWith("?")) return (value) => (value === null ? null : checkOf(shape.slice(0, -1))(value));
  const list = LIST.exec(shape);
  if (list) return (value) => inList(list[1] ?? "", Number(list[2]), Number(list[3]), value);
  const range = INTEGER.exec(shape);
  if (range) return (value) => inRange(Number(range[1]), Number(range[2]), value);
  if (shape.startsWith("=")) return (value) => inChoice(shape.slice(1).split(","), value);
  if (SHAPES[shape] !== undefined) return checkOf(SHAPES[shape]);
  if (PARTS[shape] !== undefined) return (value) => inPart(PARTS[shape]!, value);
  if (TEXTS[shape] !== undefined) return (value) => inText(shape, value);
  return (value) => (typeof value === shape ? null : `: not a ${shape}`);
});

function remembered<T>(make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text) ?? make(text);
    known.set(text, found);
    return found;
  };
}

function inList(shape: string, least: number, most: number, value: Json): string | null {
  if (!Array.isArray(value)) return ": not a list";
  if (value.length < least || value.length > most) return `: ${value.length} of them; ${least} to ${most} are allowed`;
  const check = checkOf(shape);
  for (const [at, each] of value.entries()) {
    const wrong = check(each);
    if (wrong) return `.${at}${wrong}`;
  }
  return null;
}

function inRange(low: number, high: number, value: Json): string | null {
  const sound = typeof value === "number" && Number.isInteger(value) && low <= value && value <= high;
  return sound ? null : `: not an integer from ${low} to ${high}`;
}

function inChoice(choices: string[], value: Json): string | null {
  return typeof value === "string" && choices.includes(value) ? null : `: not one of ${choices.join(", ")}`;
}

const patternOf = remembered((name: string) => new RegExp(TEXTS[name] ?? "$.", "u"));

function inText(name: string, value: Json): string | null {
  const pattern = patternOf(name);
  if (typeof value !== "string" || !pattern.test(value)) return `: not a ${name}, ${pattern.source}`;
  return name === "Timestamp" && !isOnTheCalendar(value) ? ": there is no such day" : null;
}

/** The pattern alone would let 31 February through, and the year 0. A day up to the 28th every month has. */
function isOnTheCalendar(moment: string): boolean {
  if (moment.startsWith("0000")) return false;
  if (moment.slice(8, 10) <= "28") return true;
  const found = new Date(moment);
  return !Number.isNaN(found.getTime()) && found.toISOString() === moment;
}

/** `CarriedFact`: `therapies` names the same containers as `containers`, each once. */
function inTherapies({ containers, therapies }: Record<string, unknown>): string | null {
  if (!Array.isArray(containers) || !Array.isArray(therapies)) return null;
  const carried = therapies.filter(isObject);
  if (new Set(carried.map(({ coi }) => coi)).size < carried.length) return ".therapies: each therapy may be named once";
  const named = carried.flatMap((one) => one["containers"] as string[]).sort();
  const meant = [...new Set(containers as string[])].sort();
  const same = named.length === meant.length && named.every((name, at) => name === meant[at]);
  return same ? null : ".therapies: must name the same containers as containers does, each once";
}

function invalid(detail: string): Problem {
  return new Problem("malformed", "invalid_event", detail);
}
