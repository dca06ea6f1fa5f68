// What a keyboard-wedge scanner typed, in every way that its keys can be understood.
//
// Such a scanner presses keys, not characters. Set for a US keyboard on a computer with a German one,
// `=` arrives as a dead accent, `/` as `-`, and Y and Z change places, silently. The key's place
// (`code`) does not depend on the computer's layout: it says what the scanner meant.

export const GS = "\x1d";

export interface Stroke {
  readonly key: string; // what the computer's layout makes of it; "Dead" and other words: nothing yet
  readonly code: string; // the key's place, by the name it has on a US keyboard; "" where unknown
  readonly shift: boolean;
  readonly gs: boolean; // Ctrl+], F8 and others that scanners send for the GS1 separator
}

/** How the keys are understood: as the computer has it, as a US keyboard, as a German one. */
export type Layout = "computer" | "us" | "german";

export interface Understood {
  readonly layout: Layout;
  readonly text: string;
}

const PLACES: Readonly<Record<string, string>> = {
  Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:",
  Quote: "'\"", Backquote: "`~", Comma: ",<", Period: ".>", Slash: "/?", Space: "  ",
}; // prettier-ignore
const DIGITS = ")!@#$%^&*(";

// The same keys in the same order: what a US keyboard makes of them, and what a German one does.
const US = "@#^&*()_+-=[]{}\\|;:'\"<>/?zyZY`~";
const GERMAN = "\"§&/()=?`ß´ü+Ü*#'öÖäÄ;:-_yzYZ^°";

/** A text typed for one layout that came through the other. */
const swap = (text: string, from: string, to: string): string =>
  [...text].map((letter) => (from.includes(letter) ? to.charAt(from.indexOf(letter)) : letter)).join("");

/** In the order in which to believe them; equal texts stand once. The last is for when no other says anything. */
export function understandings(strokes: readonly Stroke[]): readonly Understood[] {
  const computer = strokes.map((one) => (one.gs ? GS : one.key.length === 1 ? one.key : "\ufffd")).join("");
  const placed = strokes.every((one) => one.gs || one.code !== "");
  const us = placed ? strokes.map(usCharacter).join("") : swap(computer, GERMAN, US);
  const all: Understood[] = [
    { layout: "computer", text: computer },
    { layout: "us", text: us },
    { layout: "german", text: swap(placed ? us : computer, US, GERMAN) },
  ];
  return all.filter((one, at) => all.findIndex((other) => other.text === one.text) === at);
}

function usCharacter({ key, code, shift, gs }: Stroke): string {
  if (gs) return GS;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return shift ? letter : letter.toLowerCase();
  const digit = /^Digit([0-9])$/.exec(code)?.[1];
  if (digit) return shift ? DIGITS.charAt(Number(digit)) : digit;
  return PLACES[code]?.charAt(shift ? 1 : 0) ?? key;
}
