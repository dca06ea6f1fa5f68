/** What Quality's screens decide by themselves: the order of what waits, who can be released, what was typed. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { answers, chosenOf, codeIn, COUNTRY, DISPOSITIONS, namesIn, PROTOCOL, REASONS } from "../src/quality/deciding";
import type { Chain, Container, Dose, Raised, ReleaseCheck } from "../src/quality/documents";
import { byTherapy, graver, isFinished, unreleased } from "../src/quality/waiting";
import { quality } from "../src/messages/en/quality";

const raised = (chain: string, position: number, severity: string, blocking = false): Raised => ({
  chain, statement_id: String(position), position, code: "damaged", severity, blocking, containers: [], raised_by: "ledger",
});
const dose = (chain: string, container: string): Dose => ({ chain, container, bag: 1, of: 1, blocking: 0, expires_at: null });
const bag = (container: string, made_by: string, parents: string[] = [], more: Partial<Container> = {}): Container => ({
  container, made_by, parents, status: "present", rejected: false, bag: null, of: null, expires_at: null, releases: [], ...more,
});
const therapy = (containers: Container[], more: Partial<Chain> = {}): Chain => ({
  coi: "isbt128:A", version: 9, containers, deviations: [], quarantines: [], closed_position: null,
  order: { country: "GB", protocol: "UB-001", product: "p", product_version: 1, manufacturing_sites: ["lab"] }, ...more,
});

test("what blocks stands first, then the gravest, then the oldest", () => {
  const all = [raised("a", 1, "minor"), raised("a", 2, "major"), raised("b", 3, "minor", true), raised("a", 4, "critical"), raised("a", 5, "major")];
  expect(all.sort(graver).map(({ position }) => position)).toEqual([3, 4, 2, 5, 1]);
});

test("a severity that this app does not know comes after those that it knows, and is not lost", () => {
  expect([raised("a", 1, "novel"), raised("a", 2, "review")].sort(graver).map(({ position }) => position)).toEqual([2, 1]);
});

test("therapies come by their gravest deviation, those with doses alone last, and nothing is left out", () => {
  const found = byTherapy([raised("quiet", 1, "minor"), raised("urgent", 2, "critical", true)], [dose("calm", "C-1"), dose("urgent", "U-1")]);
  expect(found.map(({ coi }) => coi)).toEqual(["urgent", "quiet", "calm"]);
  expect(found.flatMap(({ doses }) => doses.map(({ container }) => container)).sort()).toEqual(["C-1", "U-1"]);
});

test("what was made or filled waits, and so does what it was split into; cells from the arm and samples do not", () => {
  const chain = therapy([
    bag("F1", "collection"), bag("M1", "transform", ["F1"]), bag("D1", "split", ["M1"]), bag("S1", "sample", ["D1"]), bag("P1", "pool", ["F1"]),
  ]);
  expect(chain.containers.map(({ container }) => container).filter((name) => isFinished(chain, name))).toEqual(["M1", "D1"]);
});

test("a bag that is released, rejected or gone waits no more, nor one of a therapy that is over", () => {
  const fill = (name: string, more: Partial<Container> = {}) => bag(name, "fill", [], more);
  const released = { releases: [{ kind: "full", countries: ["GB"], position: 7 }] };
  const bags = [fill("D1"), fill("D2", released), fill("D3", { rejected: true }), fill("D4", { status: "consumed" })];
  expect(unreleased(therapy(bags))).toEqual(["D1"]);
  expect(unreleased(therapy(bags, { closed_position: 9 }))).toEqual([]);
  expect(unreleased(therapy(bags, { order: null }))).toEqual([]);
});

test("what is typed as a reason becomes the code that the ledger takes, or nothing", () => {
  expect(codeIn(" Label glued-on again ")).toBe("label_glued_on_again");
  for (const wrong of ["", "  ", "1st", "Ümlaut", "a".repeat(65), "why?"]) expect(codeIn(wrong)).toBeNull();
});

test("every offered reason is a code with words of its own (German has all that English has, by its type)", () => {
  for (const code of DISPOSITIONS.flatMap((one) => REASONS[one])) {
    expect(codeIn(code)).toBe(code);
    expect(quality).toHaveProperty([`quality_reason.${code}`]);
  }
});

test("countries and protocols are named once each, and a wrong one makes the whole wrong", () => {
  expect(namesIn("GB, DE;GB", COUNTRY)).toEqual(["GB", "DE"]);
  expect(namesIn("GB, de", COUNTRY)).toBeNull();
  expect(namesIn(" , ", COUNTRY)).toBeNull();
  expect(namesIn("UB-001, UB 2/b", PROTOCOL)).toEqual(["UB-001", "UB 2/b"]);
});

test("gates answer for exactly the doses, site and countries that they were asked for", () => {
  const check: ReleaseCheck = { verdict: "go", containers: ["D1", "D2"], site: "lab", countries: ["GB"], chain_version: 9, as_of_position: 50, gates: [] };
  expect(answers(check, { containers: ["D1", "D2"], site: "lab", countries: ["GB"] })).toBe(true);
  for (const other of [{ containers: ["D1"] }, { site: "other" }, { countries: ["GB", "DE"] }]) {
    expect(answers(check, { containers: ["D1", "D2"], site: "lab", countries: ["GB"], ...other })).toBe(false);
  }
});


test("a dose that was left out or came since the first look is never in a release, however often one looks", () => {
  const some = fc.subarray(["A", "B", "C", "D"]);
  fc.assert(fc.property(some, some, some, (first, now, left) => {
    expect(chosenOf(first, null, first)).toEqual(first);
    expect(chosenOf(now, null, first)).toEqual(now.filter((one) => first.includes(one)));
    const picked = first.filter((one) => !left.includes(one));
    expect(chosenOf(now, picked, first)).toEqual(now.filter((one) => picked.includes(one)));
  }));
});
