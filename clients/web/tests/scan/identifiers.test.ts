import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkCharacter, gs1CheckDigit, parseScannedDin, parseSscc, parseTypedDin } from "../../src/scan/identifiers";

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
export const dins = fc.stringMatching(/^[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{2}[0-9]{8}$/);
const flags = (character: string) => String(60 + (LETTERS + "*").indexOf(character));

describe("a donation number's check character", () => {
  test.each([["G123498654321", "H"], ["A999921123456", "3"]])("of %s is %s", (din, check) => {
    expect(checkCharacter(din)).toBe(check);
  });

  test("finds every single wrong character and every two that were swapped", () => {
    fc.assert(fc.property(dins, fc.nat(13), fc.nat(13), fc.constantFrom(...LETTERS), (din, at, other, letter) => {
      const right = [...din, checkCharacter(din)];
      const altered = right.with(at, letter);
      const swapped = right.with(at, right[other] ?? "").with(other, right[at] ?? "");
      for (const typed of [altered, swapped]) {
        const same = typed.join("") === right.join("");
        expect(checkCharacter(typed.slice(0, 13).join("")) === typed[13]).toBe(same);
      }
    }));
  });

  test("in a scanned number's flags is compared, and what was read is kept even where it does not fit", () => {
    fc.assert(fc.property(dins, fc.constantFrom(...LETTERS, "*"), (din, check) => {
      const fits = check === checkCharacter(din);
      expect(parseScannedDin(`=${din}${flags(check)}`)).toEqual({ din, flags: flags(check), check, fits });
    }));
  });

  test("is missing in flags of another kind, which prove nothing", () => {
    expect(parseScannedDin("=A99992112345600")).toMatchObject({ check: null, fits: null });
  });

  test("must be typed: the bare 13 characters are refused", () => {
    expect(parseTypedDin("A999921123456")).toMatchObject({ wrong: "wrong_check_character" });
    expect(parseTypedDin("A9999211234563")).toMatchObject({ din: "A999921123456" });
  });
});

test("a GS1 check digit finds every single wrong digit", () => {
  const bodies = fc.stringMatching(/^[0-9]{17}$/);
  fc.assert(fc.property(bodies, fc.nat(17), fc.integer({ min: 1, max: 9 }), (body, at, off) => {
    const key = body + gs1CheckDigit(body);
    const digit = String((Number(key[at]) + off) % 10);
    expect(parseSscc(key)).toBe(key);
    expect(parseSscc([...key].with(at, digit).join(""))).toMatchObject({ wrong: "wrong_check_digit" });
  }));
});
