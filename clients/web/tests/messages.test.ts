/** What is said to people: every code has its words, in every language. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { LATER } from "../src/messages/later";

const SOURCES = resolve(import.meta.dirname, "../src");
// How a code is written where something is refused: in the error itself, or in a module's own helper.
const THROWN = /(?:new Problem\(\s*"[a-z_]+",\s*|(?:malformed|unauthentic|invalid|bad)\()"([a-z_0-9]+)"/g;

const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));
const codes = new Set(files.flatMap((name) => [...readFileSync(join(SOURCES, name), "utf8").matchAll(THROWN)].map(([, code = ""]) => code)));

test.each(["en", "de"] as const)("each code that the app refuses with has its meaning in %s", async (language) => {
  expect(codes.size).toBeGreaterThan(50);
  const texts = await LATER.codes[language]();
  expect([...codes].filter((code) => !texts[`refusal.${code}`])).toEqual([]);
});
