// GS1 element strings (General Specifications §7.8): application identifiers, each with its value.
// A value of no predefined length ends at the separator GS (FNC1 in the symbol) or with the text.

import { isWrong, parseGs1Key, parseGtin, parseSscc, wrong, type Wrong } from "./identifiers";

export const GS = "\x1d";

/** The identifiers that this field uses. */
export const AI = {
  parcel: "00",
  item: "01",
  lot: "10",
  expiry: "17",
  serial: "21",
  shipper: "8003",
  asset: "8004",
  patient: "8018",
  band: "8019",
} as const;

/** Values by application identifier, their check digits proved where they have one. */
export type Elements = Readonly<Record<string, string>>;

// How long an identifier is, and how long its value where that is predefined, by its first two digits.
const FOUR = /^(3[1-69]|43|7[02]|8[0-2])/;
const THREE = /^(2[3-5]|4[0-2]|71)/;
const PREDEFINED: readonly (readonly [RegExp, number])[] = [
  [/^00/, 18],
  [/^0[1-3]/, 14],
  [/^04/, 16],
  [/^1[1-9]/, 6],
  [/^20/, 2],
  [/^3[1-6]/, 6],
  [/^41/, 13],
];
const CHARACTERS = /^[!"%-?A-Z_a-z]{1,90}$/; // GS1 AI encodable character set 82

const CHECKS: Readonly<Record<string, (value: string) => string | Wrong>> = {
  "00": parseSscc,
  "01": parseGtin,
  "02": parseGtin,
  "8003": (value) => (/^0[0-9]{13}.{0,16}$/.test(value) ? parseGtin(value.slice(1, 14)) : wrong("malformed_shipper", value)),
  "8017": (value) => parseGs1Key(value, [18], "malformed_patient_number"),
  "8018": (value) => parseGs1Key(value, [18], "malformed_patient_number"),
  "8019": (value) => (/^[0-9]{1,10}$/.test(value) ? value : wrong("malformed_band", value)),
};
const PROVED = ["00", "01", "02", "8003", "8017", "8018"];

/** Read an element string: as scanned (with GS), or as printed, `(01)…(21)…`. */
export function parseElements(text: string): Elements | Wrong {
  const found: Record<string, string> = {};
  let rest = text.startsWith(GS) ? text.slice(1) : text;
  if (rest === "") return wrong("malformed_element", text);
  while (rest !== "") {
    const element = rest.startsWith("(") ? printed(rest) : scanned(rest);
    const bad = isWrong(element) ? element : unfit(element, found);
    if (isWrong(bad)) return bad;
    if (isWrong(element)) return element;
    found[element.ai] = element.value;
    rest = element.rest;
  }
  return found;
}

/** Is a bare run of digits, without any separator, an element string? Only if a check digit proves it. */
export function provesItself(elements: Elements): boolean {
  return PROVED.some((ai) => ai in elements);
}

interface Element {
  readonly ai: string;
  readonly value: string;
  readonly rest: string;
}

function scanned(text: string): Element | Wrong {
  const ai = text.slice(0, FOUR.test(text) ? 4 : THREE.test(text) ? 3 : 2);
  if (!/^[0-9]{2,4}$/.test(ai)) return wrong("malformed_element", text);
  const length = PREDEFINED.find(([start]) => start.test(ai))?.[1];
  const body = text.slice(ai.length);
  const end = length ?? (body.indexOf(GS) + 1 || body.length + 1) - 1;
  const after = body.slice(end);
  return { ai, value: body.slice(0, end), rest: after.startsWith(GS) ? after.slice(1) : after };
}

function printed(text: string): Element | Wrong {
  const parts = /^\(([0-9]{2,4})\)(.+?)(?=\([0-9]{2,4}\)|$)/.exec(text);
  if (!parts?.[1] || !parts[2]) return wrong("malformed_element", text);
  return { ai: parts[1], value: parts[2].trim(), rest: text.slice(parts[0].length) };
}

/** What is wrong with an element among those before it; false where nothing is. */
function unfit({ ai, value }: Element, before: Elements): Wrong | false {
  const length = PREDEFINED.find(([start]) => start.test(ai))?.[1];
  if (length !== undefined && !new RegExp(`^[0-9]{${length}}$`).test(value)) return wrong("malformed_element", ai + value);
  if (!CHARACTERS.test(value)) return wrong("malformed_element", ai + value);
  if (/^1[1-7]$/.test(ai) && !isDate(value)) return wrong("malformed_date", ai + value);
  if (before[ai] !== undefined && before[ai] !== value) return wrong("said_twice", ai + value);
  const checked = CHECKS[ai]?.(value);
  if (isWrong(checked)) return missingSeparator(ai, value) ? wrong("missing_separator", ai + value) : checked;
  return false;
}

/** 8018 is often followed by 8019: longer than 18 digits, the scanner swallowed the separator. */
const missingSeparator = (ai: string, value: string): boolean => ai === AI.patient && /^[0-9]{18}8019/.test(value);

/** YYMMDD; day 00 means the month's last (§3.4). */
function isDate(value: string): boolean {
  const [year, month, day] = [0, 2, 4].map((at) => Number(value.slice(at, at + 2))) as [number, number, number];
  return month >= 1 && month <= 12 && day <= new Date(Date.UTC(2000 + year, month, 0)).getUTCDate();
}
