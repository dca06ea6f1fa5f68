import { expect, test } from "vitest";
import { ownScript } from "../src/core/trusted";

const PAGE = "https://ledger.example/B/BAG-1.S-1.AAAA";

test.each(["/app/sw.js", "https://ledger.example/app/assets/worker-1.js"])("%s is the app's own", (url) => {
  expect(ownScript(url, PAGE)).toBe(url);
});

test.each([
  "https://elsewhere.example/app/sw.js",
  "http://ledger.example/app/sw.js",
  "/v1/documents/1",
  "/app/../v1/documents/1",
  "data:text/javascript,1",
  "blob:https://ledger.example/1",
])("%s is not", (url) => {
  expect(() => ownScript(url, PAGE)).toThrow(TypeError);
});
