import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "../../src/core/problem";
import { Pump } from "../../src/core/pump";

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function failing(times: number): { work: () => Promise<void>; calls: () => number } {
  let calls = 0;
  const work = async () => {
    if (++calls <= times) throw new Problem("fault", "unreachable", "no answer");
  };
  return { work, calls: () => calls };
}

describe("the pump", () => {
  it("tries again by itself, ever more seldom, until it gets through", async () => {
    const { work, calls } = failing(4);
    const pump = new Pump(work);
    await pump.run();
    expect(calls()).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(calls()).toBe(2);
    await vi.advanceTimersByTimeAsync(900);
    expect(calls()).toBe(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls()).toBe(5);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(calls()).toBe(5);
  });

  it("never waits longer than a minute", async () => {
    const { work, calls } = failing(100);
    const pump = new Pump(work);
    await pump.run();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(calls()).toBeGreaterThan(60);
    pump.stop();
  });

  it("runs once more when asked while it runs, and not twice at once", async () => {
    let [running, most, calls] = [0, 0, 0];
    const pump = new Pump(async () => {
      calls++;
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
    });
    await Promise.all([pump.run(), pump.run(), pump.run()]);
    expect([calls, most]).toEqual([2, 1]);
  });

  it("leaves the next attempt to the clock when something new comes soon after a failure", async () => {
    const { work, calls } = failing(1);
    const pump = new Pump(work);
    await pump.run();
    await pump.nudge();
    expect(calls()).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(calls()).toBe(2);
  });

  it("ends with the page", async () => {
    const { work, calls } = failing(9);
    const pump = new Pump(work);
    await pump.run();
    pump.stop();
    await vi.advanceTimersByTimeAsync(100_000);
    await pump.run();
    expect(calls()).toBe(1);
  });
});
