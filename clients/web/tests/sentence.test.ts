import { beforeAll, describe, expect, it, vi } from "vitest";
import { extend, speak } from "../src/messages";
import { decimal, listed, sentence, subject } from "../src/messages/sentence";
import type { JsonObject } from "../src/core/canonical";
import examples from "./sentences.json";

type Example = { payload: JsonObject; signer: string; stream: string; sentence: string };
const EXAMPLES = examples as unknown as Example[];

beforeAll(async () => {
  vi.stubGlobal("document", { documentElement: {} });
  await extend("events", "phrases", "codes");
});

describe("a sentence in English", () => {
  it.each(EXAMPLES.map((one) => [String(one.payload["type"]), one] as const))("%s: says what Python says", (_, one) => {
    expect(sentence(one.payload, one.signer, one.stream)).toBe(one.sentence);
  });

  it("names an event of a newer ledger, and does not hide it", () => {
    expect(sentence({ type: "MoonLanded" }, "ada")).toBe("ada recorded MoonLanded (this program is too old to explain it)");
  });

  it("speaks of the ledger and of nothing in particular", () => {
    expect(sentence({ type: "SiteSuspended", reason: "failed_audit" }, "ledger")).toBe("The ledger suspended it (failed audit)");
  });

  it("counts what it does not list", () => {
    expect(listed(["a", "b", "c"])).toBe("a, b and c");
    expect(listed(Array.from({ length: 9 }, (_, n) => `B${n}`))).toBe("B0 to B8 (9 in all)");
  });

  it("takes a text from a signer as a text, whatever braces it holds", () => {
    const said = sentence({ type: "SiteSuspended", reason: "{who}" }, "{reason}", "site/x");
    expect(said).toBe("{reason} suspended site x ({who})");
  });
});

describe("a sentence in German", () => {
  beforeAll(() => speak("de", false));

  it.each(EXAMPLES.map((one) => [String(one.payload["type"]), one] as const))("%s: every word is there", (_, one) => {
    const said = sentence(one.payload, one.signer, one.stream);
    expect(said).not.toMatch(/[{}]|undefined|phrase\.|sentence\./);
    expect(said).not.toBe(one.sentence);
    expect(said).toContain("nora");
  });

  it("writes quantities as they are written there", () => {
    expect(decimal(68_500)).toBe("68,5");
    expect(subject("lot/lv-1")).toBe("Charge lv-1");
  });
});
