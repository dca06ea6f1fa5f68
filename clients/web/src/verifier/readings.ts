/** What temperature evidence says, and the limits that the therapy's product gives for its phase. Pure. */
import type { AuditedEntry } from "../core/bundle/audit";
import { filesIn } from "../core/bundle/request";
import { isObject, type JsonObject } from "../core/canonical";

export interface Recording {
  position: number;
  logger: string;
  phase: string;
  containers: string[];
  startMs: number;
  intervalMs: number;
  values: (number | null)[]; // hundredths of a degree Celsius
  low: number | null; // of the product's band; null: open, or no profile
  high: number | null;
  hasProfile: boolean;
  signature: string;
  calibratedUntil: string | null;
  hasFiles: boolean; // all files that it names are here; step 9 held them against these names
}

/** `here`: SHA-256 of loggers' files in the bundle. */
export function recordings(entries: readonly AuditedEntry[], here: ReadonlySet<string>): Recording[] {
  return entries.filter(({ payload }) => payload["type"] === "TemperatureEvidenceAttached").map((entry) => {
    const { payload, position } = entry;
    const profile = profileOf(entry, entries);
    const number = (value: unknown): number | null => (typeof value === "number" ? value : null);
    return {
      position, logger: String(payload["logger"]), phase: String(payload["phase"]), containers: payload["containers"] as string[],
      startMs: Date.parse(String(payload["started_at"])), intervalMs: Number(payload["interval_s"]) * 1000,
      values: payload["readings_centi_c"] as (number | null)[],
      low: number(profile?.["low_centi_c"]), high: number(profile?.["high_centi_c"]), hasProfile: profile !== null,
      signature: String(payload["device_signature"]), calibratedUntil: payload["calibrated_until"] as string | null,
      hasFiles: filesIn(entry).every((one) => here.has(one)),
    };
  });
}

/** The profile of the product version that the therapy's order names, for the phase of the readings. */
function profileOf(evidence: AuditedEntry, entries: readonly AuditedEntry[]): JsonObject | null {
  const carried = evidence.payload["therapies"];
  const named = Array.isArray(carried) ? carried.filter(isObject).map((one) => `chain/${String(one["coi"])}`) : [];
  const order = entries.find(({ payload, stream }) => payload["type"] === "TherapyOrdered" && [evidence.stream, ...named].includes(stream));
  const product = order?.payload["product"];
  if (!isObject(product)) return null;
  const version = entries.find(({ payload, stream }) =>
    payload["type"] === "ProductVersionDefined" && stream === `product/${String(product["product"])}` && payload["version"] === product["version"]);
  const profiles = version?.payload["temperature"];
  return (Array.isArray(profiles) ? profiles.filter(isObject) : []).find((one) => one["phase"] === evidence.payload["phase"]) ?? null;
}

export function isOutside({ low, high }: Recording, value: number | null): boolean {
  return value !== null && ((low !== null && value < low) || (high !== null && value > high));
}

/** Spans of readings for which something holds: first and last index. */
export function spans(values: readonly (number | null)[], holds: (value: number | null) => boolean): [number, number][] {
  const found: [number, number][] = [];
  values.forEach((value, at) => {
    if (!holds(value)) return;
    const last = found.at(-1);
    if (last && last[1] === at - 1) last[1] = at;
    else found.push([at, at]);
  });
  return found;
}

export interface Unknown {
  container: string;
  fromMs: number;
  toMs: number;
}

/** Times between two recordings of one container in which no reading speaks of it. */
export function betweenRecordings(all: readonly Recording[]): Unknown[] {
  const names = new Set(all.flatMap((one) => one.containers));
  return [...names].flatMap((container) => {
    const own = all.filter((one) => one.containers.includes(container)).toSorted((a, b) => a.startMs - b.startMs);
    let covered = Infinity;
    const found: Unknown[] = [];
    for (const one of own) {
      if (one.startMs > covered + one.intervalMs) found.push({ container, fromMs: covered, toMs: one.startMs });
      const end = one.startMs + (one.values.length - 1) * one.intervalMs;
      covered = covered === Infinity ? end : Math.max(covered, end);
    }
    return found;
  });
}
