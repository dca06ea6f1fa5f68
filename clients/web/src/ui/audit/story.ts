/** A therapy's entries as people read them: what belongs beside what, what is late, what is proved of its time. */

import type { Json, JsonObject } from "../../core/canonical";
import type { Told } from "./documents";

export const LATE_MS = 2 * 60_000; // less is the network, and clocks
export const AHEAD_MS = 5 * 60_000; // as the ledger's `clock_ahead`

export type Kind = "custody" | "making" | "quality" | "bedside" | "label" | "temperature" | "trouble" | "other";

const KINDS: Readonly<Record<Kind, readonly string[]>> = {
  custody: ["CustodyReleased", "CustodyAccepted", "CustodyRefused", "ReceiptInspected", "Packed", "Unpacked", "SealChecked", "ShipperSwapped", "Stored", "Retrieved", "Returned", "Destroyed", "DestructionWitnessed"],
  making: ["CollectionCompleted", "ManufacturingStarted", "StepCompleted", "MaterialConsumed", "ManufacturingRestarted", "ContainersDerived", "SampleTaken"],
  quality: ["ResultReported", "IdentityTested", "DeviationDispositioned", "QuarantineLifted", "BatchConfirmed", "Released", "ReleasedPendingResults", "ReleasedOutOfSpecification", "OutOfSpecificationRequested"],
  bedside: ["PatientIdentified", "PatientFitnessConfirmed", "AvailabilityConfirmed", "LymphodepletionAuthorised", "LymphodepletionStarted", "ThawStarted", "ThawCompleted", "InfusionChecked", "InfusionAuthorised", "InfusionStarted", "InfusionPaused", "InfusionResumed", "InfusionCompleted"],
  label: ["LabelIssued", "LabelPrinted", "LabelApplied", "LabelScannedBack", "LabelVoided", "LabelDestroyed"],
  temperature: ["TemperatureEvidenceAttached"],
  trouble: ["DeviationRaised", "Quarantined", "ContainerDamaged", "ContainerLost", "ManufacturingFailed", "Rejected", "EmergencyOverride", "OverrideConfirmed", "InfusionStopped", "ConsentWithdrawn", "Corrected", "LateStatementAttested"],
  other: [],
};
const KIND_OF = new Map(Object.entries(KINDS).flatMap(([kind, types]) => types.map((type) => [type, kind as Kind])));

export function kindOf(type: string): Kind {
  return KIND_OF.get(type) ?? "other";
}

/** An entry with those that speak about it. */
export interface Line {
  told: Told;
  kind: Kind;
  corrections: Told[]; // say what it said wrong
  raised: Told[]; // deviations that it raised
  decisions: Told[]; // of Quality about it, where it is a deviation
  about: Told | null; // what it corrects, decides on or was raised by
  late: Late | null;
  containers: string[];
}

/** `late`: it reached the log well after its signer says it happened; `ahead`: before. */
export interface Late {
  how: "late" | "ahead";
  ms: number;
}

export function story(entries: readonly Told[]): Line[] {
  const byId = new Map(entries.map((one) => [one.statement_id, one]));
  const about = new Map<string, Told[]>();
  for (const one of entries) {
    const id = idSpokenOf(one);
    if (id) about.set(id, [...(about.get(id) ?? []), one]);
  }
  return entries.map((told) => {
    const speaking = about.get(told.statement_id) ?? [];
    return {
      told,
      kind: kindOf(told.type),
      corrections: speaking.filter((one) => one.type === "Corrected"),
      raised: speaking.filter((one) => one.type === "DeviationRaised"),
      decisions: speaking.filter((one) => one.type === "DeviationDispositioned"),
      about: byId.get(idSpokenOf(told) ?? "") ?? null,
      late: lateness(told),
      containers: containersOf(told.event),
    };
  });
}

/** The statement that this one corrects, decides on, or was raised because of. */
function idSpokenOf({ type, event }: Told): string | null {
  const member = { Corrected: "corrects", DeviationRaised: "cause", DeviationDispositioned: "deviation" }[type];
  const id = member === undefined ? null : event[member];
  return typeof id === "string" ? id : null;
}

export function lateness(told: Told): Late | null {
  const ms = Date.parse(told.recorded_at) - Date.parse(told.occurred_at);
  if (told.type === "LateStatementAttested" || ms > LATE_MS) return { how: "late", ms };
  return -ms > AHEAD_MS ? { how: "ahead", ms: -ms } : null;
}

/** Every container that an event names, in the order in which it names them. */
export function containersOf(event: JsonObject): string[] {
  const named = [event["container"], ...many(event["containers"]), ...many(event["parents"]), ...many(event["children"]), event["of"], event["sample"]];
  return [...new Set(named.map(nameOf).filter((name) => name !== null))];
}

function many(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function nameOf(item: Json | undefined): string | null {
  if (typeof item === "string") return item;
  if (typeof item !== "object" || item === null || Array.isArray(item)) return null;
  return typeof item["container"] === "string" ? item["container"] : null;
}

/** The size of the log that the signer's device had seen; null: it had never met the log. */
export function seenSize(event: JsonObject): number | null {
  const seen = event["seen"];
  if (typeof seen !== "object" || seen === null || Array.isArray(seen)) return null;
  return typeof seen["size"] === "number" ? seen["size"] : null;
}

/** Between which moments it was signed, as far as the log proves it (ADR-0004): in epoch milliseconds. */
export interface Bounds {
  after: number | null;
  before: number;
  seen: number | null;
}

export function boundsOf(told: Told, times: ReadonlyMap<number, number>): Bounds {
  const seen = seenSize(told.event);
  return { after: seen === null ? null : (times.get(seen) ?? null), before: Date.parse(told.recorded_at), seen };
}

/**
 * What the signers of decisions saw, against what is told here: each names how many entries the
 * therapy had. Fewer before it are a gap that its signature proves.
 */
export function holes(entries: readonly Told[]): { at: Told; saw: number; here: number }[] {
  return entries.flatMap((at, here) => {
    const saw = at.event["chain_version"];
    return typeof saw === "number" && saw > here ? [{ at, saw, here }] : [];
  });
}

/** How long, in at most two units: `3 d 4 h`, `2 h 5 min`, `40 s`. */
export function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const parts = [[Math.floor(seconds / 86_400), "d"], [Math.floor((seconds % 86_400) / 3600), "h"], [Math.floor((seconds % 3600) / 60), "min"], [seconds % 60, "s"]] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/** Hand to hand: who took a container over from whom, and by which entry. */
export interface Hand {
  told: Told;
  giver: JsonObject;
  receiver: JsonObject;
}

export function hands(entries: readonly Told[], container: string): Hand[] {
  return entries.flatMap((told) => {
    const { giver, receiver } = told.event;
    const moves = told.type === "CustodyAccepted" && containersOf(told.event).includes(container);
    return moves && isObject(giver) && isObject(receiver) ? [{ told, giver, receiver }] : [];
  });
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
