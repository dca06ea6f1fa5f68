import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase45 } from "../../src/core/bytes";
import { isWrong } from "../../src/scan/identifiers";
import { parse, type Setting } from "../../src/scan/parse";

const HERE: Setting = { hosts: ["ledger.example"], wristband: "MRN[0-9]{7}" };
const CHECK = "0123456789ABCDEF";
const GS = "\x1d";
const COI = "CHA999926ABC123";

const READ: readonly (readonly [string, string, object])[] = [
  ["a label's link", `HTTPS://LEDGER.EXAMPLE/B/DOSE-1.L0123456789.${CHECK}`, { kind: "label", container: "DOSE-1", serial: "L0123456789", check: CHECK, host: "LEDGER.EXAMPLE" }],
  ["a link in lower case", `https://ledger.example/b/dose-1.l1.${CHECK.toLowerCase()}`, { kind: "label", container: "DOSE-1", serial: "L1" }],
  ["a link's path alone", `/B/DOSE-1.L1.${CHECK}`, { kind: "label", host: null }],
  ["a link's last part alone", `DOSE-1.L1.${CHECK}`, { kind: "label", host: null }],
  ["a label issued ahead of need", `HTTPS://LEDGER.EXAMPLE/B/-.L1.${CHECK}`, { kind: "label", container: null }],
  ["another ledger's label", `HTTPS://ELSEWHERE.EXAMPLE/B/DOSE-1.L1.${CHECK}`, { kind: "foreign", host: "ELSEWHERE.EXAMPLE" }],
  ["a label of another port", `HTTPS://LEDGER.EXAMPLE:8443/B/DOSE-1.L1.${CHECK}`, { kind: "foreign", host: "LEDGER.EXAMPLE:8443" }],
  ["a badge", "UBB1:NORA.B", { kind: "badge", agent: "nora.b" }],
  ["a part of an outbox", `UBO1:2:3:AB12:${toBase45(Uint8Array.of(1, 2, 3))}`, { kind: "chunk", part: 2, of: 3, whole: "AB12" }],
  ["a donation number", "=A99992112345663", { kind: "din", din: "A999921123456", check: "3", fits: true }],
  ["a typed donation number", "A9999 21 123456 3", { kind: "din", din: "A999921123456", flags: null }],
  ["a product code", "=<S1234V99", { kind: "product", product: "S1234V99" }],
  ["a division", "=,A0B000", { kind: "division", division: "A0B000" }],
  ["an expiry with a time", "&>0263652359", { kind: "expiry", date: "2026-12-31", time: "23:59" }],
  ["an expiry without", "=>024366", { kind: "expiry", date: "2024-12-31", time: null }],
  ["a chain of identity", `&/${COI}`, { kind: "coi", coi: `isbt128:${COI}` }],
  ["a sponsor's chain of identity", "acme:PT-0042", { kind: "coi", coi: "acme:PT-0042" }],
  ["a compound message", `=+04000=A99992112345600=<S1234V00&>0263652359&/${COI}`, { kind: "isbt", product: "S1234V00", coi: `isbt128:${COI}`, others: [] }],
  ["joined symbols, one of them unknown", "=A99992112345600=%5100", { kind: "isbt", others: ["=%5100"] }],
  ["a European code", "GB123456A999921123456A123456700020271231", { kind: "sec", country: "GB", expiry: "20271231" }],
  ["an item, its serial, its expiry", `]d2010950600013435221A/12${GS}17271231`, { kind: "gs1", elements: { "01": "09506000134352", "21": "A/12", "17": "271231" } }],
  ["the same as it is printed", "(01)09506000134352(21)A/12(17)271231", { kind: "gs1", elements: { "01": "09506000134352", "21": "A/12", "17": "271231" } }],
  ["a parcel, without any separator", "00106141412345678908", { kind: "gs1", elements: { "00": "106141412345678908" } }],
  ["a shipper that comes back", `]C1800309506000134352SHIPPER-1`, { kind: "gs1", elements: { "8003": "09506000134352SHIPPER-1" } }],
  ["an asset", `${GS}8004TANK-7`, { kind: "gs1", elements: { "8004": "TANK-7" } }],
  ["a patient and which of the bands", `]d28018950600013435201234${GS}80192`, { kind: "gs1", elements: { "8018": "950600013435201234", "8019": "2" } }],
  ["a wristband", "MRN1234567", { kind: "wristband", text: "MRN1234567" }],
  ["a container", "DOSE-1\r\n", { kind: "container", text: "DOSE-1" }],
];

const REFUSED: readonly (readonly [string, string, string])[] = [
  ["nothing", " \n", "nothing"],
  ["a link with a short check", "HTTPS://LEDGER.EXAMPLE/B/DOSE-1.L1.0123", "bad_label_link"],
  ["a link with letters that Crockford leaves out", "/B/DOSE-1.L1.0123456789ABCDEU", "bad_label_link"],
  ["a web page", "https://example.org/bag", "web_address"],
  ["base45 that lost a character", "UB1:ABC:", "damaged_code"],
  ["a form of tomorrow", "UBZ1:ABC", "newer_form"],
  ["a version of tomorrow", "UB2:ABC", "newer_form"],
  ["a badge of nobody", "UBB1:-", "malformed_badge"],
  ["part 4 of 3", "UBO1:4:3:AB:ABC", "damaged_code"],
  ["a donation number with a letter in its serial", "=A9999211234O600", "malformed_din"],
  ["a product code of seven", "=<S1234V9", "malformed_product_code"],
  ["day 366 of an ordinary year", "=>025366", "malformed_expiry"],
  ["the hour 24", "&>0263652400", "malformed_expiry"],
  ["a message that announces more than it holds", "=+03000=A99992112345600=<S1234V00", "malformed_compound"],
  ["two donation numbers in one message", "=+02000=A99992112345600=A99992112345600", "said_twice"],
  ["a trade item with a wrong check digit", "]d20109506000134353", "wrong_check_digit"],
  ["a date on 31 June", "]d217270631", "malformed_date"],
  ["a separator that the scanner swallowed", "]d2801895060001343520123480192", "missing_separator"],
  ["an identifier cut short", "]d20109506", "malformed_element"],
  ["a container in lower case", "dose-1", "lower_case"],
  ["prose", "Don't open!", "unknown_text"],
];

describe("is read:", () => {
  test.each(READ)("%s", (_, text, said) => {
    expect(parse(text, HERE)).toMatchObject(said);
  });
});

describe("is refused with its reason:", () => {
  test.each(REFUSED)("%s", (_, text, code) => {
    expect(parse(text, HERE)).toMatchObject({ wrong: code });
  });
});

const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });

test("what our codes hold comes out as it went in", () => {
  const prefixes = fc.constantFrom(["UB1:", "credential"], ["UBE1:", "enrolment"], ["UBP1:", "passkey"]);
  fc.assert(fc.property(prefixes, bytes, ([prefix, kind], held) => {
    expect(parse(`${prefix}${toBase45(held)}`, HERE)).toEqual({ kind, bytes: held });
  }));
});

test("a link survives every letter case, with and without its host", () => {
  const cased = fc.array(fc.boolean(), { minLength: 90, maxLength: 90 });
  fc.assert(fc.property(cased, fc.boolean(), (upper, whole) => {
    const link = `${whole ? "HTTPS://LEDGER.EXAMPLE" : ""}/B/DOSE-1.L1.${CHECK}`;
    const text = [...link].map((letter, at) => (upper[at] ? letter : letter.toLowerCase())).join("");
    expect(parse(text, HERE)).toMatchObject({ kind: "label", container: "DOSE-1", serial: "L1", check: CHECK });
  }));
});

test("no text makes it throw, and whatever is refused says why and what", () => {
  const texts = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.stringMatching(/^[=&(\][]?[0-9A-Z<>,/+%*:.-]{0,60}$/));
  fc.assert(fc.property(texts, (text) => {
    const result = parse(text, HERE);
    if (isWrong(result)) expect(result.wrong).toMatch(/^[a-z0-9_]+$/);
    else expect(result.kind).toBeTruthy();
  }), { numRuns: 2000 });
});

test("a container of a wristband's form is what the screen expects", () => {
  expect(parse("MRN1234567", { ...HERE, expected: ["container"] })).toMatchObject({ kind: "container" });
});
