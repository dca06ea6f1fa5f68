import "fake-indexeddb/auto";
import { beforeEach, expect, test, vi } from "vitest";
import { forgetEverything, recollect, remember, remembered } from "../src/core/memory";

let kept: Map<string, string>;

beforeEach(async () => {
  kept = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
    clear: () => kept.clear(),
  });
  await forgetEverything();
});

/** Long enough for the database to have written what was remembered. */
const written = () => new Promise((done) => setTimeout(done, 50));

test("what was remembered comes back where the browser lost it before it wrote to the disk", async () => {
  remember("acting", "van-1");
  remember("acting", "van-2");
  await written();
  kept.set("acting", "van-1"); // what the disk still had
  await recollect();
  expect(remembered("acting")).toBe("van-2");
});

test("what was forgotten stays forgotten", async () => {
  remember("session", "kit");
  remember("session", null);
  await written();
  await recollect();
  expect(remembered("session")).toBeNull();
});
