/** What the verifier's page draws of temperatures: limits, gaps and what no recording covers. */
import { expect, test } from "vitest";
import type { AuditedEntry } from "../../src/core/bundle/audit";
import type { JsonObject } from "../../src/core/canonical";
import { betweenRecordings, isOutside, recordings, spans, type Recording } from "../../src/verifier/readings";

const PRODUCT = { type: "ProductVersionDefined", version: 2, temperature: [{ phase: "frozen", high_centi_c: -12_000 }, { phase: "fresh", low_centi_c: 200, high_centi_c: 800 }] };
const ORDER = { type: "TherapyOrdered", product: { product: "car", version: 2 } };

function entry(position: number, stream: string, payload: JsonObject): AuditedEntry {
  return { position, timeS: 0, signer: "kit", kid: "", stream, raw: new Uint8Array(), payload };
}

function evidence(phase: string, values: (number | null)[], more: JsonObject = {}): JsonObject {
  return {
    type: "TemperatureEvidenceAttached", logger: "L-1", phase, containers: ["BAG-1"], started_at: "2026-09-21T14:00:00.000Z", interval_s: 60,
    readings_centi_c: values, raw: "ab", device_signature: "absent", calibrated_until: null, ...more,
  };
}

function read(payload: JsonObject, stream = "chain/x:A", here: string[] = []): Recording {
  const all = [entry(0, "product/car", PRODUCT), entry(1, "chain/x:A", ORDER), entry(2, stream, payload)];
  return recordings(all, new Set(here))[0]!;
}

test("limits are those of the ordered product's version, for the phase", () => {
  const fresh = read(evidence("fresh", [100, 500, 900]));
  expect([fresh.low, fresh.high]).toEqual([200, 800]);
  expect(fresh.values.map((value) => isOutside(fresh, value))).toEqual([true, false, true]);
  expect(read(evidence("frozen", [-13_000])).low).toBeNull();
});

test("of a shipment the limits are those of a therapy that it carries", () => {
  expect(read(evidence("fresh", [500], { therapies: [{ coi: "x:A", containers: ["BAG-1"] }] }), "shipment/s-1").high).toBe(800);
});

test("without a profile nothing is in or out of limits", () => {
  const thawed = read(evidence("thawed", [500]));
  expect([thawed.hasProfile, isOutside(thawed, 500)]).toEqual([false, false]);
});

test("a logger's file is here or it is not", () => {
  expect(read(evidence("fresh", [500])).hasFiles).toBe(false);
  expect(read(evidence("fresh", [500]), "chain/x:A", ["ab"]).hasFiles).toBe(true);
});

test("missing readings are spans of their own", () => {
  expect(spans([1, null, null, 2, null], (value) => value === null)).toEqual([[1, 2], [4, 4]]);
  expect(spans([], () => true)).toEqual([]);
});

test("what lies between two recordings of a container is unknown; what overlaps is not", () => {
  const first = read(evidence("fresh", [1, 2, 3]));
  const inside = { ...first, startMs: first.startMs + 60_000 };
  const later = { ...first, startMs: first.startMs + 3_600_000 };
  expect(betweenRecordings([first, inside])).toEqual([]);
  expect(betweenRecordings([later, first, inside])).toEqual([
    { container: "BAG-1", fromMs: first.startMs + 180_000, toMs: first.startMs + 3_600_000 },
  ]);
});
