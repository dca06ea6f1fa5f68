import { describe, expect, it } from "vitest";
import { extend } from "../src/messages";
import { differs, same, type Signed } from "../src/ui/audit/comparing";
import { clockTicks, seriesOf, ticks, timesOf } from "../src/ui/audit/chart";
import { byClaim, overtaken } from "../src/ui/audit/claimed";
import type { Change, Leg, Phase, Told } from "../src/ui/audit/documents";
import { alike, judgedOf, verdictOf } from "../src/ui/audit/judged";
import { draw, type Made } from "../src/ui/audit/layout";
import { boundsOf, containersOf, hands, holes, lateness, span, story } from "../src/ui/audit/story";
import { about, byEntry, said, turnOf } from "../src/ui/audit/points";
import { tracksOf } from "../src/ui/audit/tracks";
import { wanted } from "../src/ui/audit/wanted";

await extend("audit", "events", "phrases", "codes");

const SIZES = { width: 200, height: 100, act: 100, gap: 20 };

function told(position: number, type: string, event: Told["event"] = {}, more: Partial<Told> = {}): Told {
  return {
    position, type, signer: "nora", kid: "k", stream: "chain/x:C1", statement_id: `id-${position}`,
    occurred_at: "2026-03-01T09:30:00.000Z", recorded_at: "2026-03-01T09:30:00.000Z",
    event: { type, occurred_at: "2026-03-01T09:30:00.000Z", ...event }, corrected_by: [], ...more,
  };
}

function made(container: string, position: number, ...parents: string[]): Made {
  return { container, position, parents, made_by: parents.length ? "fill" : "collection" };
}

describe("the lineage's drawing", () => {
  const whole = [made("F1", 1), made("F2", 1), made("P1", 2, "F1", "F2"), made("D1", 3, "P1"), made("D2", 3, "P1"), made("S1", 4, "D1")];
  const drawing = draw(whole, SIZES);
  const at = (name: string) => drawing.boxes.find((one) => one.name === name);

  it("puts every container right of all that it was made of", () => {
    for (const one of whole) for (const parent of one.parents) expect(at(one.container)?.x).toBeGreaterThan(at(parent)?.x ?? NaN);
  });

  it("lets no two containers of a generation overlap, and keeps all inside", () => {
    for (const one of drawing.boxes) {
      expect(one.y).toBeGreaterThanOrEqual(0);
      expect(one.y + SIZES.height).toBeLessThanOrEqual(drawing.height);
      for (const other of drawing.boxes) {
        if (one !== other && one.x === other.x) expect(Math.abs(one.y - other.y)).toBeGreaterThanOrEqual(SIZES.height);
      }
    }
  });

  it("makes one act of one entry, with all its parents and children", () => {
    expect(drawing.acts.map(({ position, parents, children }) => ({ position, parents, children }))).toEqual([
      { position: 2, parents: ["F1", "F2"], children: ["P1"] },
      { position: 3, parents: ["P1"], children: ["D1", "D2"] },
      { position: 4, parents: ["D1"], children: ["S1"] },
    ]);
  });

  it("ends on a loop, which only false facts make, and on parents that nobody knows", () => {
    const looped = draw([made("A", 1, "B"), made("B", 2, "A"), made("C", 3, "NOWHERE")], SIZES);
    expect(looped.boxes).toHaveLength(3);
  });

  it("stays small for many containers", () => {
    const many = [made("F", 1), ...Array.from({ length: 150 }, (_, n) => made(`D${n}`, 2, "F"))];
    const ys = draw(many, SIZES).boxes.map((one) => one.y);
    expect(new Set(ys.slice(1)).size).toBe(150);
  });
});

describe("the story", () => {
  const entries = [
    told(1, "Packed"), told(2, "DeviationRaised", { cause: "id-1" }), told(3, "Corrected", { corrects: "id-1" }),
    told(4, "DeviationDispositioned", { deviation: "id-2", chain_version: 5 }),
  ];

  it("puts corrections, deviations and decisions beside what they are about", () => {
    const [packed, deviation, correction] = story(entries);
    expect(packed?.raised.map((one) => one.position)).toEqual([2]);
    expect(packed?.corrections.map((one) => one.position)).toEqual([3]);
    expect(deviation?.decisions.map((one) => one.position)).toEqual([4]);
    expect(correction?.about?.position).toBe(1);
  });

  it("calls late what reached the log minutes later, and ahead what a fast clock says", () => {
    const at = (recorded_at: string, type = "Packed") => lateness(told(1, type, {}, { recorded_at }));
    expect(at("2026-03-01T09:31:59.000Z")).toBeNull();
    expect(at("2026-03-01T12:30:00.000Z")).toEqual({ how: "late", ms: 10_800_000 });
    expect(at("2026-03-01T09:20:00.000Z")).toEqual({ how: "ahead", ms: 600_000 });
    expect(at("2026-03-01T09:30:00.000Z", "LateStatementAttested")?.how).toBe("late");
  });

  it("bounds the signing by what the device had seen and by what first covers it", () => {
    const one = told(9, "Packed", { seen: { size: 7, root: "ab" } });
    expect(boundsOf(one, new Map([[7, 1000]]))).toEqual({ after: 1000, before: Date.parse(one.recorded_at), seen: 7 });
    expect(boundsOf(told(9, "Packed", { seen: null }), new Map()).seen).toBeNull();
  });

  it("finds that fewer entries are shown than the signer of a decision saw", () => {
    expect(holes(entries).map(({ saw, here }) => ({ saw, here }))).toEqual([{ saw: 5, here: 3 }]);
    expect(holes([...entries.slice(0, 3), told(4, "Released", { chain_version: 3 })])).toEqual([]);
  });

  it("names containers wherever an event has them", () => {
    expect(containersOf({ containers: ["A", { container: "B" }], parents: [{ container: "C" }], of: { container: "D" }, container: "E" })).toEqual(["E", "A", "B", "C", "D"]);
  });

  it("follows a container from hand to hand", () => {
    const parties = { giver: { site: "a", department: "x" }, receiver: { site: "b", department: "y" } };
    const all = [told(1, "CustodyReleased", { containers: ["A"], ...parties }), told(2, "CustodyAccepted", { containers: ["A"], ...parties }), told(3, "CustodyAccepted", { containers: ["B"], ...parties })];
    expect(hands(all, "A").map((one) => one.told.position)).toEqual([2]);
  });

  it("says lengths of time in two units", () => {
    expect([span(40_000), span(7_500_000), span(97_200_000), span(0), span(3_600_000)]).toEqual(["40 s", "2 h 5 min", "1 d 3 h", "0 s", "1 h"]);
  });
});

describe("the ledger's account of an entry", () => {
  const fields = { type: "Packed", occurred_at: "2026-03-01T09:30:00.000Z", containers: ["A"], seal: "S", patient: [{ field: "f" }] };
  const signed: Signed = { statementId: "id-1", signer: "nora", kid: "k", stream: "chain/x:C1", fields };

  it("is as signed, but for the patient's commitments", () => {
    expect(differs(told(1, "Packed", { containers: ["A"], seal: "S" }), signed, "x:C1")).toBeNull();
  });

  it.each([
    ["seal", told(1, "Packed", { containers: ["A"], seal: "T" })],
    ["seal", told(1, "Packed", { containers: ["A"] })],
    ["containers", told(1, "Packed", { containers: ["A", "B"], seal: "S" })],
    ["damage", told(1, "Packed", { containers: ["A"], seal: "S", damage: "leak" })],
    ["signer", told(1, "Packed", { containers: ["A"], seal: "S" }, { signer: "kit" })],
    ["stream", told(1, "Packed", { containers: ["A"], seal: "S" }, { stream: "chain/x:C2" })],
    ["occurred_at", told(1, "Packed", { containers: ["A"], seal: "S" }, { occurred_at: "2026-03-01T09:31:00.000Z" })],
    ["statement_id", told(2, "Packed", { containers: ["A"], seal: "S" })],
  ])("differs in %s", (member, account) => {
    expect(differs(account, signed, "x:C1")).toBe(member);
  });

  it("of a shipment is this therapy's share, and no more", () => {
    const therapies = [{ coi: "x:C1", containers: ["A"] }, { coi: "x:C2", containers: ["B"] }];
    const shipment = { ...signed, stream: "shipment/s", fields: { ...fields, containers: ["A", "B"], therapies } };
    expect(differs(told(1, "Packed", { containers: ["A"], therapies: null, seal: "S" }), shipment, "x:C1")).toBeNull();
    expect(differs(told(1, "Packed", { containers: ["B"], therapies: null, seal: "S" }), shipment, "x:C1")).toBe("containers");
  });

  it("has an e-signature's meaning and moment, without the bytes of its assertion", () => {
    const esignature = { meaning: "approval", method: "passkey", signed_at: "t" };
    const again = { ...signed, fields: { ...fields, esignature: { ...esignature, assertion: { credential: "c" } } } };
    expect(differs(told(1, "Packed", { containers: ["A"], seal: "S", esignature }), again, "x:C1")).toBeNull();
    const other = { ...esignature, meaning: "review" };
    expect(differs(told(1, "Packed", { containers: ["A"], seal: "S", esignature: other }), again, "x:C1")).toBe("esignature");
  });

  it("compares whatever JSON holds", () => {
    expect(same({ a: [1, { b: null }] }, { a: [1, {}] })).toBe(true);
    expect(same([1, 2], [1, 2, 3])).toBe(false);
    expect(same({ a: 1 }, [1])).toBe(false);
    expect(same("1", 1)).toBe(false);
  });
});

describe("the temperature chart", () => {
  const evidence = { position: 5, logger: "L", started_at: "2026-03-01T09:00:00.000Z", ended_at: "2026-03-01T09:20:00.000Z", readings: 5, calibrated_until: null, device_signature: "valid", fit: true };
  const phase = { container: "A", phase: "fresh", evidence: [evidence], excursions: [], gaps: [], low_centi_c: 200, high_centi_c: 800 } as unknown as Phase;
  const event = { started_at: evidence.started_at, interval_s: 300, readings_centi_c: [500, 510, null, 520, 530] };

  it("draws the readings of the entries that brought them, and breaks where one is missing", () => {
    const series = seriesOf(phase, [told(5, "TemperatureEvidenceAttached", event)]);
    expect(series[0]?.readings).toHaveLength(5);
    const [track] = tracksOf(series);
    expect(track?.line.values).toEqual([500, 510, 520, 530]);
    expect(track?.line.breaks).toEqual([2]);
  });

  it("has no series for evidence whose entry is not at hand", () => {
    expect(seriesOf(phase, [])).toEqual([]);
  });

  it("shows what was split off no reading of its parents after the split", () => {
    const cut = { ...phase, evidence: [{ ...evidence, ended_at: "2026-03-01T09:10:00.000Z" }] };
    expect(seriesOf(cut, [told(5, "TemperatureEvidenceAttached", event)])[0]?.readings).toHaveLength(3);
  });

  it("is no all clear where nothing that proves anything says how warm it was", () => {
    const plain = { within_limits: true, proved: true, gaps: [], unproved: [] };
    const leg = { container: "A" } as Leg;
    const cases = [plain, { ...plain, proved: false }, { ...plain, unproved: [leg] }, { ...plain, proved: false, within_limits: false }, { ...plain, within_limits: null }];
    expect(cases.map(verdictOf)).toEqual(["in_limits", "not_proved", "with_gaps", "out_of_limits", "not_judged"]);
  });

  it("keeps the whole of a record that a container has itself, and in part from its parents", () => {
    const cut = { ...evidence, ended_at: "2026-03-01T09:10:00.000Z" };
    for (const both of [[evidence, cut], [cut, evidence]]) {
      const [judged] = judgedOf({ coi: "C", as_of_position: 9, containers: [{ ...phase, evidence: both }], unproved: [], clocks: [] });
      expect(judged?.evidence).toEqual([evidence]);
    }
  });

  const leg = { container: "A", carrier: { site: "swift", department: "van" }, started_at: "2026-03-02T09:00:00.000Z", ended_at: "2026-03-02T11:00:00.000Z", began: 7, ended: 8 } as unknown as Leg;
  const frozen = { ...phase, phase: "frozen", evidence: [{ ...evidence, position: 6, started_at: "2026-03-09T09:00:00.000Z", ended_at: "2026-03-09T10:00:00.000Z" }] };
  const other = { ...phase, container: "B" };

  it("reaches to a leg that nothing proves, with the phase that is nearest to it", () => {
    const found = judgedOf({ coi: "C", as_of_position: 9, containers: [frozen, phase, other], unproved: [leg], clocks: [] });
    expect(found.map((one) => one.unproved)).toEqual([[], [leg], []]);
    expect(timesOf(found[1]!, []).to).toBeGreaterThan(Date.parse(leg.ended_at));
  });

  it("has each leg once for containers that went together, and loses none", () => {
    const unproved = [leg, { ...leg, container: "B" }, { ...leg, container: "B", began: 9, ended: 10 }];
    const found = alike(judgedOf({ coi: "C", as_of_position: 11, containers: [phase, other], unproved, clocks: [] }));
    expect(found.map(({ names }) => names)).toEqual([["A", "B"]]);
    expect(found[0]?.phase.unproved.map(({ began }) => began)).toEqual([7, 9]);
  });

  it("has round ticks between its ends", () => {
    expect(ticks(150, 1290, 6)).toEqual([200, 400, 600, 800, 1000, 1200]);
    expect(ticks(-20_000, -11_000, 6)).toEqual([-20_000, -18_000, -16_000, -14_000, -12_000]);
    const clock = clockTicks(Date.parse("2026-03-01T09:07:00Z"), Date.parse("2026-03-01T11:10:00Z"), 4);
    expect(clock.map((ms) => new Date(ms).toISOString().slice(11, 16))).toEqual(["10:00", "11:00"]);
  });
});

describe("what is typed or scanned into the search", () => {
  it.each([
    ["HTTPS://LEDGER.EXAMPLE/B/A9999-D1.UB-000101.K7Q2M4X9K7Q2M4X9", "A9999-D1", null],
    ["HTTPS://LEDGER.EXAMPLE/B/-.UB-000101.K7Q2M4X9K7Q2M4X9", "UB-000101", null],
    ["#44", "44", "/audit/entry/44"],
    ["44", "44", "/audit/entry/44"],
    ["=A99992612345600", "A999926123456", null],
    ["ABCDEF0123", "abcdef0123", null],
    [" seal-31 ", "seal-31", null],
  ])("%s", (text, q, to) => {
    expect(wanted(text)).toEqual({ q, to });
  });
});

function change(point: string, before: Change["before"], after: Change["after"], position: number | null = 9, at = "2026-03-01T09:30:00.000Z"): Change {
  return { point, before, after, position, at, through: position === null ? [] : [position] };
}

describe("what changed between two moments", () => {
  const failed = { outcome: "failed", detail: "not yet" };
  const passed = { outcome: "passed", detail: "now" };

  it("calls a gate that closes worse, one that opens better, and a new text only changed", () => {
    expect(turnOf(change("gate/infusion/D1/released", passed, failed))).toBe("worse");
    expect(turnOf(change("gate/infusion/D1/released", failed, passed))).toBe("better");
    expect(turnOf(change("gate/infusion/D1/released", passed, { ...passed, detail: "still" }))).toBe("changed");
  });

  it("calls a deviation that blocks worse until Quality has decided", () => {
    const deviation = { code: "container_lost", severity: "major", containers: [], state: "open", blocks: true };
    expect(turnOf(change("deviation/ab", null, deviation))).toBe("worse");
    expect(turnOf(change("deviation/ab", deviation, { ...deviation, state: "accepted", blocks: false }))).toBe("better");
    expect(turnOf(change("custody/D1/holder", null, "st-mary/ward-5"))).toBe("begun");
    expect(turnOf(change("custody/D1/offered_to", "st-mary/ward-5", null))).toBe("ended");
  });

  it("stands at the entry that made it, gates apart, and what only time did by itself", () => {
    const later = "2026-03-01T10:30:00.000Z";
    const made = byEntry([change("gate/infusion/D1/thaw_window", passed, failed, null, later), change("gate/infusion/D1/released", failed, passed), change("container/D1/released", null, ["full"])]);
    expect(made.map((one) => [one.position, one.facts.length, one.gates.length])).toEqual([[9, 1, 1], [null, 0, 1]]);
  });

  it("says each point and value in words", () => {
    expect(about("custody/D1/holder")).toBe("D1: held by");
    expect(about("gate/infusion/D1/released")).toContain("D1");
    expect(said("custody/D1/holder", "st-mary/ward-5")).toBe("ward-5 at st-mary");
    expect(said("container/D1/left_ul", 50_000)).toBe("50 ml");
    expect(said("gate/infusion/D1/released", failed)).toContain("not yet");
    expect(said("custody/D1/holder", null)).toBe("–");
  });
});

describe("the claimed order", () => {
  const at = (position: number, minute: number) => told(position, "Packed", {}, { occurred_at: `2026-03-01T09:${minute}:00.000Z` });
  const lines = story([at(1, 10), at(2, 30), at(3, 20), at(4, 40)]);

  it("tells entries as they are said to have happened", () => {
    expect(byClaim(lines).map((one) => one.told.position)).toEqual([1, 3, 2, 4]);
  });

  it("keeps the ledger's deviations behind what called for them, and marks none of them", () => {
    const raised = told(5, "DeviationRaised", { cause: "id-3" }, { signer: "ledger", occurred_at: "2026-03-01T09:25:00.000Z" });
    const all = story([...lines.map((one) => one.told), raised]);
    expect(byClaim(all).map((one) => one.told.position)).toEqual([1, 3, 5, 2, 4]);
    expect([...overtaken(all).keys()]).toEqual([3]);
  });

  it("marks just those that claim to precede what stands ahead of them", () => {
    expect([...overtaken(lines)]).toEqual([[3, { position: 2, ms: 600_000 }]]);
  });
});
