import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Bag, Gate, InfusionCheck, Visit } from "../src/bedside/documents";
import { followed, type Followed, isDue, LOOK_MS, REST_MS, unshown, whose } from "../src/bedside/following";
import {
  announced, checksIn, endsOf, FRESH_MS, identifiersIn, isFresh, isLate, left, mayDecideBy, microlitres, sorted, standing, type Stop, stopOf,
  stopOfLabel, toneOf, WRISTBAND, WRISTBAND_MS, wrongPattern,
} from "../src/bedside/rules";
import { OF_IDENTITY, OVERRIDABLE } from "../src/core/events/table";
import { type Held, Problem, type Reading } from "../src/core/client";
import { FAILURES } from "../src/core/passkey";
import { checkOf } from "../src/bedside/signing";
import { toldLedger } from "../src/bedside/stopping";

const gate = (name: string, more: Partial<Gate> = {}): Gate => ({ name, passed: true, overridden: false, detail: `${name}.`, proof: [], ...more });
const shut = (name: string, more: Partial<Gate> = {}): Gate => gate(name, { passed: false, proof: [{ position: 7 }], ...more });
const entries = (count: number) => Array.from({ length: count }, (_, position) => ({ position }));
const held = (type: string, fields: object, more: Partial<Held> = {}): Held =>
  ({
    number: 1, id: type, kid: "", seq: 0, type, stream: "chain/x", made_at: "", state: "queued", raw: new Uint8Array(),
    fields: { type, ...fields } as Held["fields"], agent: "nora", mine: true, answer: null, receipt: null, problem: null, acknowledged: false, ...more,
  });

const visit: Visit = {
  here: { site: "st-mary", department: "ward-5" }, coi: "isbt128:CHA999926000001", matched: true,
  wristband: { patient: [], at: { wall: 0, tick: 0 }, method: "scan", reason: null },
  read: { container: "B-1", label: "L-1", link: null, method: "typed", reason: "symbol_frosted" },
};

describe("a wristband", () => {
  test("is read by its pattern, one field for each named group", () => {
    expect(identifiersIn("MRN-4711|1961-04-23", WRISTBAND)).toEqual({ record_number: "MRN-4711", birth_date: "1961-04-23" });
  });

  test("that does not fit, or names one identifier only, is no wristband", () => {
    for (const text of ["", "MRN-4711", "MRN-4711|23.04.1961", "|1961-04-23"]) expect(identifiersIn(text, WRISTBAND)).toBeNull();
    expect(identifiersIn("MRN-4711", "^(?<record_number>.+)$")).toBeNull();
  });

  test("has a pattern that names two fields for which there are keys", () => {
    const fields = ["birth_date", "record_number"];
    expect(wrongPattern(WRISTBAND, fields)).toBeNull();
    expect(wrongPattern("(", fields)).toBe("invalid");
    expect(wrongPattern("^(?<record_number>.+)$", fields)).toBe("too_few");
    expect(wrongPattern(WRISTBAND, ["record_number", "family_name"])).toBe("unknown_field");
  });
});

describe("a stop", () => {
  test.each([
    ["container_of_chain", "wrong_bag"], ["patient_matched", "wrong_patient"], ["label_valid", "label_invalid"],
    ["not_destroyed", "destroyed"], ["not_rejected", "rejected"],
  ])("is made by %s: %s, in the ledger's sentence, with its proof", (name, stop) => {
    expect(stopOf([gate("consent"), shut(name)], false)).toEqual({ name: stop, reason: `${name}.`, proof: [7] });
  });

  test("of identity comes before any other, whatever the order of the gates", () => {
    const failing = ["not_rejected", "label_valid", "patient_matched", "container_of_chain"].map((name) => shut(name));
    fc.assert(fc.property(fc.shuffledSubarray(failing, { minLength: 4 }), (gates) => stopOf(gates, false)?.name === "wrong_bag"));
  });

  test("is not made by what waits for the other check, nor by a gate that was overridden", () => {
    expect(stopOf([shut("checks_agree", { proof: entries(1) })], false)).toBeNull();
    expect(stopOf([shut("checks_agree", { proof: entries(2) })], false)?.name).toBe("checks_disagree");
    expect(stopOf([shut("label_valid", { overridden: true })], false)).toBeNull();
  });

  test("of a used bag is for one that came used, not for the one that is being given", () => {
    expect(stopOf([shut("not_infused")], true)?.name).toBe("already_infused");
    expect(stopOf([shut("not_infused")], false)).toBeNull();
  });

  test("of a deviation is for those that doubt identity; the rest are gates like any other", () => {
    for (const code of OF_IDENTITY) {
      expect(stopOf([shut("no_blocking_deviation", { detail: `Quality has not cleared: ${code}. Wait.` })], false)?.name).toBe("identity_doubted");
    }
    expect(stopOf([shut("no_blocking_deviation", { detail: "Quality has not cleared: temperature_gap. Wait." })], false)).toBeNull();
  });

  test("that is full-screen can never be overridden, but for the deviation that does not doubt identity", () => {
    for (const name of ["container_of_chain", "patient_matched", "checks_agree", "label_valid", "not_destroyed", "not_rejected", "not_infused"]) {
      expect(OVERRIDABLE).not.toContain(name);
    }
  });

  test("of a label: not genuine, or no longer current", () => {
    expect(stopOfLabel({ genuine: false, current: false, status: null, contact: null })).toBe("foreign_label");
    expect(stopOfLabel({ genuine: true, current: false, status: "voided", contact: null })).toBe("void_label");
    expect(stopOfLabel({ genuine: true, current: false, status: "not_applied", contact: null })).toBe("label_invalid");
    expect(stopOfLabel({ genuine: true, current: true, status: "applied", contact: null })).toBeNull();
  });
});

describe("the gates", () => {
  const some = fc.array(fc.record({
    name: fc.constantFrom("consent", "thaw_window", "checks_agree", "released"), passed: fc.boolean(), overridden: fc.boolean(),
    detail: fc.constant(""), proof: fc.integer({ min: 0, max: 3 }).map(entries),
  }), { maxLength: 30 });

  test("are all listed, each once, the failed first", () => {
    fc.assert(fc.property(some, (gates) => {
      const order = sorted(gates).map((one) => ["stop", "wait", "warn", "ok"].indexOf(toneOf(one)));
      return order.length === gates.length && order.every((tone, at) => at === 0 || tone >= (order[at - 1] ?? 0));
    }));
  });

  test("say how many checks are in, by what proves them", () => {
    const check = (count: number): InfusionCheck => ({ verdict: "stop", chain_version: 1, as_of_position: 1, gates: [shut("checks_agree", { proof: entries(count) })] });
    expect([0, 1, 2].map((count) => checksIn(check(count)))).toEqual([0, 1, 2]);
  });
});

describe("what this device has signed", () => {
  test("is laid over the ledger's word until it is answered", () => {
    const waiting = [held("ThawStarted", { containers: ["B-1"] }), held("InfusionStarted", { container: "B-1" })];
    expect(standing("present", waiting, "B-1")).toEqual({ status: "infusing", unsent: 2 });
    expect(standing("present", waiting, "B-2")).toEqual({ status: "present", unsent: 0 });
    expect(standing("present", waiting.map((one) => ({ ...one, state: "refused" as const })), "B-1")).toEqual({ status: "present", unsent: 0 });
  });

  const [started, paused] = [held("InfusionStarted", { container: "B-1" }), held("InfusionPaused", { container: "B-1" })];

  test("stays laid over what this device kept from before: only the ledger's own answer shows what it took", () => {
    expect(unshown([started, paused], [paused], false)).toEqual([started, paused]);
    expect(unshown([started, paused], [paused], true)).toEqual([paused]);
  });

  test("is laid over nothing once it was refused", () => {
    for (const isOfLedger of [true, false]) expect(unshown([started], [{ ...started, state: "refused" }], isOfLedger)).toEqual([]);
  });

  test("names the reason of whatever was typed, and the label that was read", () => {
    expect(checkOf(visit)).toMatchObject({ method: "typed", typed_reason: "symbol_frosted", label: "L-1", site: "st-mary" });
    const read = { ...visit.read, label: null, method: "scan" as const, reason: null };
    expect(checkOf({ ...visit, read })).toEqual({ type: "InfusionChecked", site: "st-mary", container: "B-1", patient: [], method: "scan" });
  });
});

describe("time", () => {
  const CLOSES = "2026-03-01T10:00:00.000Z";
  const before = (seconds: number) => Date.parse(CLOSES) - seconds * 1000;

  test("is told in minutes and seconds, in hours where there are some, and as closed past the end", () => {
    expect([left(CLOSES, before(3725)), left(CLOSES, before(65)), left(CLOSES, before(0)), left(CLOSES, before(-1))])
      .toEqual(["1:02:05", "1:05", "0:00", null]);
  });

  test("is announced at 10, 5 and 1 minutes, each once on the way down", () => {
    const said: (number | null)[] = [];
    for (let rest = 700; rest >= -2; rest--) {
      const due = announced(CLOSES, before(rest));
      if (due !== said.at(-1)) said.push(due);
    }
    expect(said).toEqual([null, 10, 5, 1, 0]);
  });

  test("makes an answer too old to decide by; one of this device always is", () => {
    const reading = { asOf: 0, tick: 0, from: "ledger" } as const;
    const after = (ms: number) => ({ wall: ms, tick: ms });
    expect([isFresh(reading, after(FRESH_MS)), isFresh(reading, after(FRESH_MS + 1)), isFresh({ ...reading, from: "device" }, after(0))])
      .toEqual([true, false, false]);
    expect([mayDecideBy(reading, null, after(1)), mayDecideBy(reading, { asOf: 0, from: "device" }, after(1)), mayDecideBy(null, reading, after(1))])
      .toEqual([true, false, false]);
  });

  test("shuts a bag's gates at the window's end and at the expiry, unless they were overridden", () => {
    const bag = { window: { closes_at: CLOSES, ends_at: null, state: "open" }, expires_at: "2026-03-02T00:00:00.000Z" } as Bag;
    const [window, expiry] = [Date.parse(CLOSES), Date.parse("2026-03-02T00:00:00.000Z")];
    expect(endsOf(bag, [gate("thaw_window"), gate("not_expired")])).toEqual([window, expiry]);
    expect(endsOf(bag, [shut("thaw_window", { overridden: true })])).toEqual([expiry]);
    expect(endsOf({ ...bag, window: null, expires_at: null }, [])).toEqual([]);
  });

  test("makes an answer too old, too, when somebody set the clock back or ahead since", () => {
    const reading = { asOf: 0, tick: 0, from: "ledger" } as const;
    expect(isFresh(reading, { wall: -20_000, tick: 10 })).toBe(false); // from the future
    expect(isFresh(reading, { wall: 1_000, tick: FRESH_MS + 1 })).toBe(false); // set back by ten minutes
    expect(isFresh(reading, { wall: FRESH_MS + 1, tick: 1_000 })).toBe(false); // set ahead, or it slept
  });

  test("between wristband and bag may not be made shorter by setting the clock", () => {
    const wristband = { patient: [], at: { wall: 0, tick: 0 }, method: "scan", reason: null } as const;
    const late = (wall: number, tick: number) => isLate({ ...wristband, patient: [] }, { wall, tick });
    expect([late(WRISTBAND_MS, WRISTBAND_MS), late(WRISTBAND_MS + 1, 0), late(0, WRISTBAND_MS + 1), late(-60_000, 10)])
      .toEqual([false, true, true, true]);
  });
});

test("a volume is read with point or comma, to the microlitre, and nothing else is one", () => {
  expect(["68.5", "68,5", "50", "0.001"].map(microlitres)).toEqual([68_500, 68_500, 50_000, 1]);
  expect(["", "-1", "1e3", "68.5.1", "68.1234", "about 50"].map(microlitres)).toEqual(Array(6).fill(null));
  fc.assert(fc.property(fc.integer({ min: 0, max: 99_999_999 }), (volume) => microlitres((volume / 1000).toFixed(3)) === volume));
});

describe("what a stop tells the ledger", () => {
  const STOP: Stop = { name: "wrong_bag", reason: "", proof: [] };
  const by = { meaning: "review", passphrase: "" } as const;
  const facts: string[] = [];
  const refusing = (code: string) => ({
    decide: () => Promise.reject(new Problem("refused", code, "")),
    record: ({ type }: { type: string }) => Promise.resolve(void facts.push(type) as unknown as Held),
  });

  test.each([...FAILURES, "passkey_required", "wrong_passphrase"])("is not said otherwise after %s: the check can be signed again", async (code) => {
    facts.length = 0;
    await expect(toldLedger(refusing(code), visit, STOP, 7, by)).rejects.toMatchObject({ code });
    expect(facts).toEqual([]);
  });

  test("is asked for a second signature where the product wants one, and is a fact where the ledger takes no check", async () => {
    facts.length = 0;
    expect(await toldLedger(refusing("esignature_required"), visit, STOP, 7)).toBe("ask");
    expect(await toldLedger(refusing("unreachable"), visit, STOP, 7)).toEqual({ position: null });
    expect(facts).toEqual(["DeviationRaised"]);
  });
});

describe("a bedside screen", () => {
  const at = (ms: number) => ({ wall: ms, tick: ms, ledger: ms });
  const own = { whose: "ledger", ends: [] } as const;

  test("asks for the head alone while the log stands still, and looks once a minute all the same", () => {
    let [last, looks] = [{ size: null, looks: 0, at: at(0) } as Followed, [] as number[]];
    for (let now = LOOK_MS; now <= 5 * REST_MS; now += LOOK_MS) {
      const head = now < 2 * REST_MS ? 7 : 8;
      if (!isDue(last, head, own, at(now))) continue;
      last = followed(last, head, at(now));
      looks = [...looks, now / LOOK_MS];
    }
    expect(looks).toEqual([1, 2, 18, 30, 31, 47, 63]); // twice at each head: views follow a moment later
  });

  test("looks while anything on it is the ledger's and the ledger is gone, and at once when it is back", () => {
    const last = { size: 7, looks: 2, at: at(0) };
    const due = (head: number | null) => (["ledger", "both", "device"] as const).map((of) => isDue(last, head, { whose: of, ends: [] }, at(1)));
    expect(due(null)).toEqual([true, true, false]);
    expect(due(7)).toEqual([false, true, true]);
  });

  test("shows some of each where the network went while it looked; a refusal is the ledger's answer", () => {
    const reading = (from: "ledger" | "device"): Reading<null> => ({ value: null, asOf: 0, from });
    const [refused, away] = [new Problem("unauthorised", "not_yours", ""), new Problem("fault", "unreachable", "")];
    expect(whose([reading("ledger"), reading("device"), away])).toBe("both");
    expect(whose([reading("ledger"), refused])).toBe("ledger");
    expect(whose([reading("device"), away])).toBe("device");
  });

  test("looks when a window closes, and once more since the ledger's clock may be behind", () => {
    const end = 10 * LOOK_MS;
    const looks: number[] = [];
    let last: Followed = { size: 7, looks: 2, at: at(0) };
    for (let now = LOOK_MS; now < REST_MS; now += LOOK_MS) {
      if (!isDue(last, 7, { whose: "ledger", ends: [end] }, at(now))) continue;
      last = followed(last, 7, at(now));
      looks.push(now);
    }
    expect(looks).toEqual([end, end + LOOK_MS]);
  });

  test("looks again when somebody set the clock back", () => {
    expect(isDue({ size: 7, looks: 2, at: at(0) }, 7, own, { wall: -60_000, tick: 10, ledger: 10 })).toBe(true);
  });
});
