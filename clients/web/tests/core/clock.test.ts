/** Time on a device whose clock anybody may set. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elapsed, LedgerClock, type Moment } from "../../src/core/clock";

const MINUTE = 60_000;
const NOW: Moment = { wall: Date.parse("2026-11-26T12:00:00.000Z"), tick: 50_000 };
const later = (from: Moment, wall: number, tick = wall): Moment => ({ wall: from.wall + wall, tick: from.tick + tick });
const span = fc.integer({ min: 0, max: 100 * MINUTE });

describe("how long ago something was", () => {
  it("is never less than either clock says", () => {
    fc.assert(fc.property(span, fc.integer({ min: -5_000, max: 100 * MINUTE }), (ran, set) => {
      const age = elapsed(NOW, later(NOW, ran + set, ran));
      expect(age).toBe(Math.max(ran, ran + set));
    }));
  });

  it("is unknown once the clock was set back, also behind the moment itself", () => {
    fc.assert(fc.property(span, fc.integer({ min: 5_001, max: 100 * MINUTE }), (ran, back) => {
      expect(elapsed(NOW, later(NOW, ran - back, ran))).toBeNull();
    }));
  });
});

describe("the ledger's clock", () => {
  const dateOf = (at: number): string => new Date(at).toUTCString(); // whole seconds, as in HTTP
  const answer = fc.record({ ran: span, way: fc.integer({ min: 0, max: 3_000 }), back: fc.integer({ min: 0, max: 3_000 }) });

  it("is shown within a second and the way of the best answer, whatever the device's own clock says", () => {
    const offsets = fc.integer({ min: -100 * 24 * 60 * MINUTE, max: 100 * 24 * 60 * MINUTE });
    fc.assert(fc.property(fc.array(answer, { minLength: 1, maxLength: 9 }), offsets, span, (answers, offset, rest) => {
      const clock = new LedgerClock();
      const truth = (moment: Moment): number => moment.tick + 1_790_000_000_000 + offset;
      let at = NOW;
      for (const { ran, way, back } of answers) {
        const asked = later(at, ran);
        const written = later(asked, way);
        at = later(written, back);
        clock.heard(dateOf(truth(written)), asked, at);
      }
      const now = later(at, rest);
      const best = Math.min(...answers.map(({ way, back }) => way + back));
      const told = clock.latest(now);
      expect(told.by).toBe("ledger");
      expect(told.at - truth(now)).toBeGreaterThanOrEqual(0);
      expect(told.at - truth(now)).toBeLessThanOrEqual(1_000 + best);
    }));
  });

  it("runs on while the device sleeps", () => {
    const clock = new LedgerClock();
    clock.heard(dateOf(NOW.wall), NOW, NOW);
    expect(clock.latest(later(NOW, 10 * MINUTE, 1_000)).at).toBeGreaterThanOrEqual(NOW.wall + 10 * MINUTE);
  });

  it("is not made earlier by setting the device's clock back, also after it slept; that it is not known is said", () => {
    fc.assert(fc.property(span, span, fc.integer({ min: 5_001, max: 300 * MINUTE }), (slept, ran, back) => {
      const clock = new LedgerClock();
      clock.heard(dateOf(NOW.wall), NOW, NOW);
      const awake = clock.latest(later(NOW, slept, 0)).at;
      const told = clock.latest(later(NOW, ran - back, ran));
      expect(told.by).toBe("device");
      expect(told.at).toBeGreaterThanOrEqual(awake + ran);
    }));
  });

  it("begins anew where the server's clock was set, and is the device's where no answer had a date", () => {
    const clock = new LedgerClock();
    clock.heard(null, NOW, NOW);
    expect(clock.latest(NOW).by).toBe("device");
    clock.heard(dateOf(NOW.wall), NOW, NOW);
    clock.heard(dateOf(NOW.wall - MINUTE), NOW, NOW);
    expect(clock.latest(NOW).at - NOW.wall).toBeLessThanOrEqual(1_000 - MINUTE);
  });
});
