import { describe, expect, it } from "vitest";
import { scale, type Series } from "../src/ui/audit/chart";
import { handedOver, letterOf } from "../src/ui/audit/handovers";
import { columnOf, strokes, thinned, type Line } from "../src/ui/audit/thinning";
import { following, LEAST_MS, nearest, panned, stepped, tracksOf, zoomed } from "../src/ui/audit/tracks";
import type { Told } from "../src/ui/audit/documents";
import vectors from "../../../tests/unit/charts_thinning.json";

describe("thinning, as the server's pictures are thinned", () => {
  it.each(vectors.cases.map((one) => [one.name, one] as const))("%s", (_, one) => {
    const [from, to] = one.window;
    const kept = thinned(one, { from: from ?? 0, to: to ?? 0 }, one.columns);
    expect(kept).toEqual(one.kept);
    expect(strokes(one, kept)).toEqual(one.strokes);
  });

  it("draws every reading within the range that its column is drawn in, of 100,000 few and fast", () => {
    const values = Array.from({ length: 100_000 }, (_, n) => (n % 9_973 === 5 ? 2_500 : 500 + ((n * 7_919) % 181)));
    const line: Line = { moments: values.map((_, n) => n * 30_000), values, breaks: [] };
    const window = { from: 0, to: 30_000 * 99_999 };
    const kept = thinned(line, window, 800);
    expect(kept.length).toBeLessThanOrEqual(3_200);
    const drawn = new Map<number, [number, number]>();
    for (const n of kept) {
      const column = columnOf(line.moments[n]!, window, 800);
      const [low, high] = drawn.get(column) ?? [Infinity, -Infinity];
      drawn.set(column, [Math.min(low, values[n]!), Math.max(high, values[n]!)]);
    }
    const lost = values.filter((value, n) => {
      const [low, high] = drawn.get(columnOf(line.moments[n]!, window, 800)) ?? [Infinity, -Infinity];
      return value < low || value > high;
    });
    expect(lost).toEqual([]);
  });
});

function series(logger: string, start: number, ...values: (number | null)[]): Series {
  return { position: start, logger, readings: values.map((centiC, n) => ({ ms: start + n * 10, centiC })) };
}

describe("tracks", () => {
  it("join statements of one logger that go on where another ended, whatever their order", () => {
    const [track, ...others] = tracksOf([series("A", 20, 3, 4), series("A", 0, 1, 2)]);
    expect(others).toEqual([]);
    expect(track?.line).toEqual({ moments: [0, 10, 20, 30], values: [1, 2, 3, 4], breaks: [] });
  });

  it("break where a reading is missing, at the seam as well, and where a statement comes late", () => {
    expect(tracksOf([series("A", 0, 1, null), series("A", 20, 3)])[0]?.line.breaks).toEqual([1]);
    expect(tracksOf([series("A", 0, 1, 2), series("A", 20, null, 4, 5)])[0]?.line.breaks).toEqual([2]);
    expect(tracksOf([series("A", 0, 1, 2), series("A", 21, 3, 4)])[0]?.line.breaks).toEqual([2]);
  });

  it("stand side by side for two loggers, and where one contradicts itself", () => {
    expect(tracksOf([series("A", 0, 1, 2), series("B", 20, 3)])).toHaveLength(2);
    expect(tracksOf([series("A", 0, 1, 2), series("A", 10, 3)])).toHaveLength(2);
  });
});

describe("looking into the chart", () => {
  const whole = { from: 0, to: 1_000_000 };
  const line = { moments: [0, 100, 200], values: [1, 2, 3], breaks: [] };

  it("goes nearer around a moment, which stays where it is, and never nearer than can be seen", () => {
    const near = zoomed(whole, whole, 4, 250_000);
    expect(scale(near.from, near.to, 0, 1).at(250_000)).toBeCloseTo(0.25);
    expect(near.to - near.from).toBe(250_000);
    expect(zoomed({ from: 0, to: LEAST_MS }, whole, 9, 5)).toEqual({ from: 0, to: LEAST_MS });
  });

  it("never leaves the whole", () => {
    const near = { from: 100_000, to: 300_000 };
    expect(panned(near, whole, -500_000)).toEqual({ from: 0, to: 200_000 });
    expect(panned(near, whole, 5_000_000)).toEqual({ from: 800_000, to: 1_000_000 });
    expect(zoomed(near, whole, 0.01, 200_000)).toEqual(whole);
    expect(following(near, whole, 350_000)).toEqual({ from: 150_000, to: 350_000 });
    expect(following(near, whole, 200_000)).toBe(near);
  });

  it("tells the reading nearest to a moment, if it is near, and steps from reading to reading", () => {
    expect(nearest(line, 140, 50)).toEqual({ ms: 100, centiC: 2 });
    expect(nearest(line, 140, 30)).toBeNull();
    expect(nearest({ moments: [], values: [], breaks: [] }, 1, 9)).toBeNull();
    expect(stepped([{ logger: "A", line }], 100, 1)).toBe(200);
    expect(stepped([{ logger: "A", line }], 100, -1)).toBe(0);
    expect(stepped([{ logger: "A", line }], 200, 1)).toBe(200);
  });
});

describe("hand-overs in the chart", () => {
  const accepted = (position: number, at: string, ...containers: string[]) => ({
    position, type: "CustodyAccepted", occurred_at: at,
    event: { containers, giver: { site: "a", department: "b" }, receiver: { site: "c", department: "d" } },
  }) as unknown as Told;

  it("stand once each, in the order in which they are said to have happened", () => {
    const told = [accepted(3, "2026-03-01T09:00:00.000Z", "A", "B"), accepted(5, "2026-03-01T08:00:00.000Z", "B"), accepted(6, "2026-03-01T07:00:00.000Z", "C")];
    expect(handedOver(told, ["A", "B"]).map((one) => one.told.position)).toEqual([5, 3]);
    expect([0, 25, 26].map(letterOf)).toEqual(["A", "Z", "A2"]);
  });
});
