// Typed entry: the last resort, so it needs a reason, a form that fits, and a second proof: the same
// read by a scanner, or typed once more. A letter that looks like a digit is explained, never mended.

import { isWrong, parseTypedDin, type Wrong } from "./identifiers";
import { names, namesNoBag, parse, type Kind, type Scanned, type Setting } from "./parse";

/** Codes for `typed_reason` of the events. */
export const TYPED_REASONS = [
  "symbol_damaged",
  "symbol_frosted",
  "symbol_missing",
  "out_of_reach",
  "camera_failed",
  "scanner_failed",
] as const;
export type TypedReason = (typeof TYPED_REASONS)[number];

/** Something typed that has the right form. */
export interface Typed {
  readonly text: string; // as it was understood: without blanks, in upper case where the form has it
  readonly scanned: Scanned;
}

/** Why what was typed isn't taken. `at`: places from 0 that are wrong or differ; `perhaps`: what would fit. */
export interface Doubt extends Wrong {
  readonly at?: readonly number[];
  readonly perhaps?: string;
}

const ALIKE = ["O0Q", "I1L", "S5", "B8", "Z2", "G6"];

/** What was typed, if it can be one of `wanted`; null: anything that is known. */
export function typed(text: string, wanted: readonly Kind[] | null, setting: Setting): Typed | Doubt {
  const tidy = tidied(text, wanted);
  const scanned = parse(tidy, { ...setting, expected: wanted ?? [] });
  const wants = (kind: Kind) => wanted === null || wanted.includes(kind);
  const fits = !isWrong(scanned) && wants(scanned.kind);
  // Nearly everything has the form of a container's id: nearly a donation number, it rather is that.
  const isLoose = fits && scanned.kind === "container" && wanted === null;
  if (fits && !isLoose) return { text: tidy, scanned };
  const perhaps = meant(tidy, (other) => {
    const read = parse(other, setting);
    return !isWrong(read) && wants(read.kind) && (!isLoose || read.kind === "din");
  });
  if (perhaps !== undefined) return { ...doubtOf(tidy, scanned), perhaps, at: differences(tidy, perhaps) };
  return fits ? { text: tidy, scanned } : doubtOf(tidy, scanned);
}

function doubtOf(text: string, scanned: Scanned | Wrong): Wrong {
  const din = text.length === 14 ? parseTypedDin(text) : null;
  if (isWrong(din)) return din;
  return isWrong(scanned) ? scanned : { wrong: "unwanted", got: text };
}

/** The second typing says the same; else where it differs, and whether only by letters that look alike. */
export function typedAgain(first: Typed, text: string, wanted: readonly Kind[] | null): Doubt | null {
  const tidy = tidied(text, wanted);
  if (tidy === first.text) return null;
  const at = differences(first.text, tidy);
  const alike = first.text.length === tidy.length && at.every((place) => lookAlike(first.text[place], tidy[place]));
  return { wrong: alike ? "looks_alike" : "differs", got: tidy, at };
}

/** The validation scan shows the same thing: for a container its label does, which names it. */
export function scannedToo(first: Typed, scanned: Scanned): Doubt | null {
  const [name = ""] = names(first.scanned);
  if (names(scanned).includes(name)) return null;
  const isOfBag = first.scanned.kind === "container" && namesNoBag(scanned);
  return { wrong: isOfBag ? "names_no_bag" : "other_thing", got: first.text };
}

/** Blanks are how labels group characters. A wristband's spelling is the hospital's own. */
function tidied(text: string, wanted: readonly Kind[] | null): string {
  const bare = text.trim();
  if (wanted?.length === 1 && wanted[0] === "wristband") return bare;
  if (wanted?.length === 1 && wanted[0] === "badge") return `UBB1:${bare.replace(/^UBB1:/i, "").toLowerCase()}`;
  const packed = bare.replace(/\s/g, "");
  const scheme = /^([a-z0-9]{2,16}):(?!\/\/)/i.exec(packed)?.[1];
  if (scheme === undefined || /^UB[A-Z]?1$/i.test(scheme)) return packed.toUpperCase();
  return scheme.toLowerCase() + packed.slice(scheme.length).toUpperCase();
}

/** The one text that fits and differs in letters that look alike: in one place, or in all of a pair's. */
function meant(text: string, fits: (text: string) => boolean): string | undefined {
  const others = new Set<string>();
  for (const [at, letter] of [...text].entries()) {
    for (const other of alikes(letter)) {
      others.add(text.slice(0, at) + other + text.slice(at + 1));
      others.add(text.replaceAll(letter, other));
    }
  }
  const fitting = [...others].filter(fits);
  return fitting.length === 1 ? fitting[0] : undefined;
}

const alikes = (letter: string): string[] => {
  const group = ALIKE.find((one) => one.includes(letter)) ?? "";
  return [...group].filter((one) => one !== letter);
};

const lookAlike = (one = "", other = ""): boolean => ALIKE.some((group) => group.includes(one) && group.includes(other));

function differences(one: string, other: string): number[] {
  const places = Array.from({ length: Math.max(one.length, other.length) }, (_, at) => at);
  return places.filter((at) => one[at] !== other[at]);
}
