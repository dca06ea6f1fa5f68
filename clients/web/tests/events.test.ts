/** An event is checked in the version that it says; what is signed now is the newest. */
import { describe, expect, test, vi } from "vitest";

vi.mock("../src/core/events/table", async (original) => ({
  ...(await original<typeof import("../src/core/events/table")>()),
  EVENTS: { Weighed: "fact 2 grams:0..9 tilt:0..9" },
  OLDER: { "Weighed 1": "fact 1 grams:0..9" },
}));
const { checkMembers, kindOf } = await import("../src/core/events/check");

describe("an event of two versions", () => {
  test("is signed in the newest", () => {
    expect(kindOf("Weighed").version).toBe(2);
    expect(() => checkMembers("Weighed", { grams: 1 })).toThrow(/tilt: is missing/);
  });

  test("is read in both", () => {
    checkMembers("Weighed", { grams: 1, tilt: 2 }, 2);
    checkMembers("Weighed", { grams: 1 }, 1);
    expect(() => checkMembers("Weighed", { grams: 1, tilt: 2 }, 1)).toThrow(/tilt: is no member/);
  });

  test("has no other", () => {
    for (const version of [0, 3, "1", null, true]) {
      expect(() => checkMembers("Weighed", { grams: 1 }, version)).toThrow(/no such version/);
    }
  });
});
