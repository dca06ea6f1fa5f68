import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { understandings, type Stroke } from "../../src/scan/keys";
import { Burst, Loose } from "../../src/scan/burst";

const US = "`1234567890-=[]\\;',./abcdefghijklmnopqrstuvwxyz";
const US_SHIFT = '~!@#$%^&*()_+{}|:"<>?ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DE = "^1234567890ß´ü+#öä,.-abcdefghijklmnopqrstuvwxzy";
const DE_SHIFT = "°!\"§$%&/()=?`Ü*'ÖÄ;:_ABCDEFGHIJKLMNOPQRSTUVWXZY";
const CODES = "Backquote 1 2 3 4 5 6 7 8 9 0 Minus Equal BracketLeft BracketRight Backslash Semicolon Quote Comma Period Slash"
  .split(" ").map((one) => (/^[0-9]$/.test(one) ? `Digit${one}` : one))
  .concat([..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].map((one) => `Key${one}`));

/** What a computer makes of the keys that a scanner presses for a text. Accents wait, as on a real one. */
function keys(text: string, scanner: [string, string], computer: [string, string], codes = true): Stroke[] {
  return [...text].map((letter) => {
    const shift = !scanner[0].includes(letter);
    const at = scanner[shift ? 1 : 0].indexOf(letter);
    const key = computer[shift ? 1 : 0].charAt(at);
    return { key: codes && computer === german && "´`^".includes(key) ? "Dead" : key, code: codes ? CODES[at] ?? "" : "", shift, gs: false };
  });
}
const us: [string, string] = [US, US_SHIFT];
const german: [string, string] = [DE, DE_SHIFT];
const symbols = fc.string({ unit: fc.constantFrom(...(US + US_SHIFT)), minLength: 4, maxLength: 60 });

describe("a scanner's keys", () => {
  test("on a computer of the same layout say what was scanned, in one way", () => {
    fc.assert(fc.property(symbols, (text) => {
      expect(understandings(keys(text, us, us))[0]).toEqual({ layout: "computer", text });
    }));
  });

  test("set for a US keyboard are understood on a German computer, with the keys' places or without", () => {
    fc.assert(fc.property(symbols, fc.boolean(), (text, codes) => {
      const ways = understandings(keys(text, us, german, codes));
      expect(ways.map((one) => one.text)).toContain(text);
    }));
  });

  test("set for a German keyboard are understood on a US computer", () => {
    const known = [...(US + US_SHIFT)].filter((one) => (DE + DE_SHIFT).includes(one));
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...known), minLength: 4 }), (text) => {
      const ways = understandings(keys(text, german, us));
      expect(ways.map((one) => one.text)).toContain(text);
    }));
  });

  test("for the separator mean the separator", () => {
    const gs: Stroke = { key: "F8", code: "F8", shift: false, gs: true };
    expect(understandings([...keys("21A", us, us), gs, ...keys("17", us, us)])[0]?.text).toBe("21A\x1d17");
  });
});

const stroke: Stroke = { key: "a", code: "KeyA", shift: false, gs: false };

/** The bursts that keys at these distances make, in milliseconds. */
function bursts(gaps: readonly number[]): Burst[] {
  const all = [new Burst()];
  let at = 0;
  for (const gap of [0, ...gaps]) {
    at += gap;
    if (all.at(-1)?.add(stroke, at)) continue;
    all.push(new Burst());
    all.at(-1)?.add(stroke, at);
  }
  return all;
}

describe("a burst of keys", () => {
  test("of a scanner is one and is certain, though its radio stalls on the way", () => {
    const fast = fc.array(fc.integer({ min: 1, max: 35 }), { minLength: 12, maxLength: 60 });
    fc.assert(fc.property(fast, fc.nat(40), fc.integer({ min: 131, max: 499 }), (gaps, at, stall) => {
      const stalled = gaps.with(Math.min(gaps.length - 1, 3 + (at % gaps.length)), stall);
      const [only, ...more] = bursts(stalled);
      expect(more).toEqual([]);
      expect(only?.isCertain).toBe(true);
    }));
  });

  test("of a person never is", () => {
    const slow = fc.array(fc.integer({ min: 60, max: 2000 }), { minLength: 3, maxLength: 60 });
    fc.assert(fc.property(slow, (gaps) => {
      expect(bursts(gaps).some((one) => one.fast || one.holds)).toBe(false);
    }));
  });

  test("of a person's rolling fingers is let go at the next ordinary key", () => {
    const [rolled] = bursts([20, 25, 110]);
    expect(rolled?.fast).toBe(true);
    expect(rolled?.holds).toBe(false);
  });
});

describe("after keys that nothing ended", () => {
  const gap = fc.integer({ min: 0, max: 10 * 60_000 });

  test("of a scanner, whatever comes next may be the rest of its symbol, however long it stalled", () => {
    fc.assert(fc.property(gap, (stall) => {
      const loose = new Loose();
      loose.key(0);
      loose.broke();
      expect(loose.isBefore(stall)).toBe(true);
      expect(loose.isEndedBy(stall)).toBe(stall < 2000);
      loose.ended();
      expect([loose.isBefore(stall), loose.isEndedBy(stall)]).toEqual([false, false]);
    }));
  });

  test("of whoever pressed one or two, it may be for five seconds", () => {
    fc.assert(fc.property(gap, (stall) => {
      const loose = new Loose();
      loose.key(0);
      expect(loose.isBefore(stall)).toBe(stall < 5000);
    }));
  });

  test("a few fast ones with their Enter are a scanner's rest, a person's are not", () => {
    const tail = (gaps: number[], end: number): boolean => bursts(gaps)[0]?.isTail(gaps.reduce((sum, one) => sum + one, end)) ?? false;
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 6 }), fc.integer({ min: 1, max: 60 }), tail));
    expect([tail([], 90), tail([100], 20), tail([20], 110)]).toEqual([false, false, false]);
  });
});
