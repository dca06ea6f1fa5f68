// Identifiers of the field, as ledger/domain/identifiers.py reads them: the same forms, the same
// check characters, the same codes. tests/unit/test_web_scan.py puts the two side by side.
//
// ISBT 128 forms follow the public standard ST-001, GS1 keys the General Specifications. No
// licensed table is here: a facility, product or country code is checked for its form only.

/** Why a text is not what it was read as. `wrong` is stable and names the message `scan.wrong.<code>`. */
export interface Wrong {
  readonly wrong: string;
  readonly got: string;
}

export interface Din {
  readonly din: string; // 13 characters
  readonly flags: string | null; // read with it, no part of it
  readonly check: string | null; // the check character that was read with it
  readonly fits: boolean | null; // does it fit? null: nothing was read that could tell
}

export interface Sec {
  readonly country: string;
  readonly establishment: string;
  readonly donation: string;
  readonly coding: string;
  readonly product: string;
  readonly split: string;
  readonly expiry: string | null; // YYYYMMDD
}

const FACILITY = "[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{2}";
const DIN = new RegExp(`^${FACILITY}[0-9]{8}$`);
const COI = new RegExp(`^CH${FACILITY}[0-9]{2}[A-Z0-9]{6}$`);
const SCHEME = /^([a-z0-9]{2,16}):([A-Z0-9-]{4,48})$/;
const SEC = /^([A-Z]{2})([A-Z0-9]{6})([A-Z0-9]{13})([A-E])([A-Z0-9]{7})([A-Z0-9]{3})([0-9]{8})$/;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*";

/** A container's id, as the ledger's events spell it. */
export const CONTAINER = /^[A-Z0-9][A-Z0-9-]{3,47}$/;

export const wrong = (code: string, got: string): Wrong => ({ wrong: code, got });

export function isWrong(result: unknown): result is Wrong {
  return typeof result === "object" && result !== null && "wrong" in result;
}

/** `isbt128:CH…` (data structure 040) or a sponsor's own `scheme:VALUE`. */
export function parseCoi(text: string): string | Wrong {
  const found = SCHEME.exec(text);
  const fits = found !== null && (found[1] !== "isbt128" || COI.test(found[2] ?? ""));
  return fits ? text : wrong("malformed_coi", text);
}

/** Facility (5), year (2), serial (6): 13 characters, without flags or check. */
export function parseDin(text: string): string | Wrong {
  return DIN.test(text) ? text : wrong("malformed_din", text);
}

/** ISO 7064 mod 37-2 over the 13 characters: any one wrong character and any two swapped are found. */
export function checkCharacter(din: string): string {
  let total = 0;
  for (const character of din) total = ((total + ALPHABET.indexOf(character)) * 2) % 37;
  return ALPHABET.charAt((38 - total) % 37);
}

/** A donation number as a person types it: 13 characters and the boxed check character. */
export function parseTypedDin(text: string): Din | Wrong {
  const din = parseDin(text.slice(0, 13));
  if (isWrong(din)) return din;
  const check = checkCharacter(din);
  if (text.length !== 14 || text[13] !== check) return wrong("wrong_check_character", text);
  return { din, flags: null, check, fits: true };
}

/** Data structure 001: `=`, the number, two flag characters. What was read is said, right or wrong. */
export function parseScannedDin(text: string): Din | Wrong {
  const parts = /^=(.{13})([A-Z0-9]{2})$/.exec(text);
  if (!parts?.[1] || !parts[2]) return wrong("malformed_din", text);
  const din = parseDin(parts[1]);
  if (isWrong(din)) return din;
  const check = checkOfFlags(parts[2]);
  return { din, flags: parts[2], check, fits: check === null ? null : check === checkCharacter(din) };
}

/** 60 to 96 in the flags is a check character's value and 60; flags of another kind prove nothing. */
export function checkOfFlags(flags: string): string | null {
  const value = /^[0-9]+$/.test(flags) ? Number(flags) - 60 : -1;
  return ALPHABET[value] ?? null;
}

/** Data structure 003: `=<` and eight characters. */
export function parseProductCode(text: string): string | Wrong {
  return /^=<[A-Z][A-Z0-9]{7}$/.test(text) ? text.slice(2) : wrong("malformed_product_code", text);
}

/** A code that ends in 99 says that its division stands in data structure 032. */
export const needsDivision = (productCode: string): boolean => productCode.endsWith("99");

/** Data structure 032: `=,` and six characters. */
export function parseDivision(text: string): string | Wrong {
  return /^=,[A-Z0-9]{6}$/.test(text) ? text.slice(2) : wrong("malformed_division", text);
}

/** The Single European Code: 21 characters of donation, 19 of product. */
export function parseSec(text: string): Sec | Wrong {
  const parts = SEC.exec(text);
  if (!parts) return wrong("malformed_sec", text);
  const [, country = "", establishment = "", donation = "", coding = "", product = "", split = "", last = ""] =
    parts;
  const expiry = last === "00000000" ? null : last;
  return { country, establishment, donation, coding, product, split, expiry };
}

/** GS1's mod 10 over the digits before it: weights 3, 1, 3 … from the right. */
export function gs1CheckDigit(digits: string): string {
  const total = [...digits].reverse().reduce((sum, digit, at) => sum + Number(digit) * (at % 2 ? 1 : 3), 0);
  return String((10 - (total % 10)) % 10);
}

/** A key of digits whose last proves the others: of one of the lengths given. */
export function parseGs1Key(text: string, lengths: readonly number[], code: string): string | Wrong {
  if (!lengths.includes(text.length) || !/^[0-9]+$/.test(text)) return wrong(code, text);
  return text.slice(-1) === gs1CheckDigit(text.slice(0, -1)) ? text : wrong("wrong_check_digit", text);
}

/** A parcel's number: 18 digits. */
export const parseSscc = (text: string): string | Wrong => parseGs1Key(text, [18], "malformed_sscc");

/** A trade item's number, 8, 12, 13 or 14 digits; returned with 14. */
export function parseGtin(text: string): string | Wrong {
  const key = parseGs1Key(text, [8, 12, 13, 14], "malformed_gtin");
  return isWrong(key) ? key : key.padStart(14, "0");
}
