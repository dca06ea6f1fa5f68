/** What a bedside screen decides by itself: little, and each with its argument. Pure. */

import type { Held, Reading } from "../core/client";
import { elapsed, type Moment } from "../core/clock";
import { OF_IDENTITY } from "../core/events/table";
import type { Bag, Gate, InfusionCheck, LabelCheck, Wristband } from "./documents";

/** Between reading the wristband and the bag. Long enough to turn to the stand and wipe a frosted
 * label; too short to walk to another bed. Then the wristband is read again. */
export const WRISTBAND_MS = 2 * 60_000;

/** How old an answer may be that somebody authorises by. A bag may be recalled or quarantined at any
 * time; ten minutes is a tenth of a usual window after thaw, and as long as a network may be away
 * without anybody noticing. Older, or without a network: no authorisation. */
export const FRESH_MS = 10 * 60_000;

/** How a wristband's code is read unless the hospital says otherwise: each group is a field. */
export const WRISTBAND = "^(?<record_number>[^|]+)\\|(?<birth_date>\\d{4}-\\d{2}-\\d{2})$";

/** As the gate patient_matched asks for (FACT-JACIE): two independent identifiers. */
const IDENTIFIERS = 2;

/** The identifiers in a wristband's text, by field; null: the pattern does not fit. */
export function identifiersIn(text: string, pattern: string): Record<string, string> | null {
  const groups = new RegExp(pattern).exec(text)?.groups ?? {};
  const found = Object.entries(groups).filter(([, value]) => value);
  return found.length >= IDENTIFIERS ? Object.fromEntries(found) : null;
}

/** What is wrong with a pattern; null: it can be used with these fields (`fields` null: with any). */
export function wrongPattern(pattern: string, fields: readonly string[] | null): "invalid" | "too_few" | "unknown_field" | null {
  let names: string[];
  try {
    names = Object.keys(new RegExp(`${pattern}|`).exec("")?.groups ?? {});
  } catch {
    return "invalid";
  }
  if (names.length < IDENTIFIERS) return "too_few";
  return fields === null || names.every((name) => fields.includes(name)) ? null : "unknown_field";
}

type Dated = Pick<Reading<unknown>, "asOf" | "tick" | "from">;

/** By whichever of this device's clocks says more; not where one was set back, so that nobody knows. */
export function isFresh({ asOf, tick, from }: Dated, now: Moment): boolean {
  const age = tick === undefined ? null : elapsed({ wall: asOf, tick }, now);
  return from === "ledger" && age !== null && age <= FRESH_MS;
}

/** By an answer about the gates, and none about the bag itself that is older or this device's own. */
export function mayDecideBy(check: Dated | null, bag: Dated | null, now: Moment): boolean {
  return check !== null && isFresh(check, now) && (bag === null || isFresh(bag, now));
}

/** The bag came too long after the wristband, or nobody knows how long. */
export function isLate(wristband: Wristband, now: Moment): boolean {
  const age = elapsed(wristband.at, now);
  return age === null || age > WRISTBAND_MS;
}

export const stops = (gate: Gate): boolean => !gate.passed && !gate.overridden;

/** How many of the two blind checks are in, as the gate proves it. */
export function checksIn(check: InfusionCheck): number {
  return check.gates.find((gate) => gate.name === "checks_agree")?.proof.length ?? 0;
}

/** `wait`: nothing is wrong, something has not happened yet. */
export function toneOf(gate: Gate): "ok" | "warn" | "wait" | "stop" {
  if (gate.passed) return "ok";
  if (gate.overridden) return "warn";
  if (gate.name === "checks_agree" && gate.proof.length < 2) return "wait";
  return gate.name === "thaw_window" && gate.proof.length === 0 ? "wait" : "stop";
}

const ORDER = ["stop", "wait", "warn", "ok"];

/** The failed first, then what is waited for; within these as the ledger lists them. */
export function sorted(gates: readonly Gate[]): Gate[] {
  return [...gates].sort((one, other) => ORDER.indexOf(toneOf(one)) - ORDER.indexOf(toneOf(other)));
}

/** Why a whole screen says stop. Each has its word, `bedside.stop.<name>`. */
export type StopName =
  | "wrong_bag" | "wrong_patient" | "void_label" | "foreign_label" | "label_invalid" | "checks_disagree"
  | "already_infused" | "destroyed" | "rejected" | "identity_doubted" | "no_therapy" | "therapy_closed";

export interface Stop {
  name: StopName;
  reason: string; // the ledger's own sentence; empty: the screen has one
  proof: number[];
}

const OF_GATE: readonly [gate: string, stop: StopName][] = [
  ["container_of_chain", "wrong_bag"],
  ["checks_agree", "checks_disagree"], // says more than that one of them read another patient
  ["patient_matched", "wrong_patient"],
  ["label_valid", "label_invalid"],
  ["not_destroyed", "destroyed"],
  ["not_rejected", "rejected"],
  ["not_infused", "already_infused"],
  ["no_blocking_deviation", "identity_doubted"],
];

/** What stops a bag without any way past it here. `used`: it had been, when it was scanned; one that is
 * given while its screen shows it is no stop. */
export function stopOf(gates: readonly Gate[], used: boolean): Stop | null {
  for (const [name, stop] of OF_GATE) {
    const gate = gates.find((one) => one.name === name);
    if (gate && isHard(gate, used)) {
      return { name: stop, reason: gate.detail, proof: gate.proof.map(({ position }) => position) };
    }
  }
  return null;
}

function isHard(gate: Gate, used: boolean): boolean {
  if (toneOf(gate) !== "stop") return false;
  if (gate.name === "not_infused") return used;
  return gate.name !== "no_blocking_deviation" || OF_IDENTITY.some((code) => gate.detail.includes(code));
}

/** A label that everybody may ask about. */
export function stopOfLabel(label: LabelCheck): StopName | null {
  if (!label.genuine) return "foreign_label";
  if (label.status === "not_applied") return "label_invalid";
  return label.current ? null : "void_label";
}

const NEXT: Readonly<Record<string, string>> = {
  ThawStarted: "thawing",
  ThawCompleted: "thawed",
  InfusionStarted: "infusing",
  InfusionPaused: "paused",
  InfusionResumed: "infusing",
  InfusionCompleted: "infused",
  InfusionStopped: "stopped",
};

export interface Standing {
  status: string;
  unsent: number; // facts about this bag that the log has not answered
}

/** The bag as the ledger last said, with what this device has signed since laid over it. */
export function standing(status: string, held: readonly Held[], container: string): Standing {
  const mine = held.filter((one) => waits(one) && one.type in NEXT && names(one, container));
  return { status: NEXT[mine.at(-1)?.type ?? ""] ?? status, unsent: mine.length };
}

function waits(held: Held): boolean {
  return held.state === "queued" || held.state === "sent";
}

function names({ fields }: Held, container: string): boolean {
  return fields["container"] === container || (fields["containers"] as string[] | undefined)?.includes(container) === true;
}

export const RUNNING = ["infusing", "paused"];
export const ENDED = ["infused", "stopped"];

/** When time alone shuts a gate of this bag, in epoch milliseconds; not where the gate was overridden. */
export function endsOf(bag: Bag | null, gates: readonly Gate[]): number[] {
  const ends = { thaw_window: bag?.window?.closes_at, not_expired: bag?.expires_at };
  const overridden = gates.filter((gate) => gate.overridden).map(({ name }) => name);
  return Object.entries(ends).flatMap(([name, at]) => (at && !overridden.includes(name) ? [Date.parse(at)] : []));
}

/** Minutes before the end at which the countdown speaks. */
export const ANNOUNCED = [10, 5, 1];

/** `h:mm:ss` or `mm:ss` of what is left; null: it has closed. */
export function left(closesAt: string, now: number): string | null {
  const seconds = Math.floor((Date.parse(closesAt) - now) / 1000);
  if (seconds < 0) return null;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, at) => (at ? String(part).padStart(2, "0") : String(part))).join(":");
}

/** The announcement that is due: the smallest of `ANNOUNCED` that is not less than what is left. */
export function announced(closesAt: string, now: number): number | null {
  const minutes = (Date.parse(closesAt) - now) / 60_000;
  if (minutes < 0) return 0;
  return [...ANNOUNCED].reverse().find((at) => minutes <= at) ?? null;
}

/** Millilitres as a person writes them, to microlitres; null: not a volume. */
export function microlitres(text: string): number | null {
  const found = /^(\d{1,5})(?:[.,](\d{1,3}))?$/.exec(text.trim());
  return found ? Number(found[1]) * 1000 + Number((found[2] ?? "").padEnd(3, "0")) : null;
}
