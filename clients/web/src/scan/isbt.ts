// ISBT 128 data structures as a scanner gives them (public standard ST-001): a data identifier of
// two characters that begins with `=` or `&`, then the data. A compound message (023) carries
// several in one symbol; two linear symbols read in one go come joined in the same way.

import { parseCoi, parseDivision, parseProductCode, parseScannedDin } from "./identifiers";
import { isWrong, wrong, type Din, type Wrong } from "./identifiers";

/** A date on a label, with a time where it has one. The label names no zone: it is that of its issuer. */
export interface Expiry {
  readonly date: string; // YYYY-MM-DD
  readonly time: string | null; // hh:mm
}

/** What the structures of one symbol, or of one message, say. `others` are kept as they were read. */
export interface Isbt {
  readonly din?: Din;
  readonly product?: string;
  readonly division?: string;
  readonly expiry?: Expiry;
  readonly coi?: string;
  readonly others: readonly string[];
}

type Known = Exclude<keyof Isbt, "others">;
type Reader = (text: string) => Isbt[Known] | Wrong;

// By data identifier; `=` followed by a letter or digit is the donation number's.
const READERS: readonly (readonly [RegExp, Known, Reader])[] = [
  [/^=[A-Z0-9]/, "din", parseScannedDin],
  [/^=</, "product", parseProductCode],
  [/^=,/, "division", parseDivision],
  [/^(&>|=>)/, "expiry", parseExpiry],
  [/^&\//, "coi", (text) => parseCoi(`isbt128:${text.slice(2)}`)],
];

/** Every structure in the text. One that is malformed, or said twice, spoils the whole: no half is trusted. */
export function parseIsbt(text: string): Isbt | Wrong {
  const structures = text.match(/[=&][^=&]*/g) ?? [];
  if (structures.join("") !== text) return wrong("malformed_isbt", text);
  const header = /^=\+([0-9]{2})[0-9]{3}$/.exec(structures[0] ?? "");
  if (!header) return text.startsWith("=+") ? wrong("malformed_compound", text) : gathered(structures);
  const parts = structures.slice(1);
  return parts.length === Number(header[1]) ? gathered(parts) : wrong("malformed_compound", text);
}

function gathered(structures: readonly string[]): Isbt | Wrong {
  const said: { -readonly [Name in Known]?: Isbt[Name] } = {};
  const others: string[] = [];
  for (const text of structures) {
    if (text.length < 3) return wrong("malformed_isbt", text); // an identifier of two characters, and data
    const known = READERS.find(([identifier]) => identifier.test(text));
    if (!known) {
      others.push(text);
      continue;
    }
    const value = known[2](text);
    if (isWrong(value)) return value;
    if (said[known[1]] !== undefined) return wrong("said_twice", text);
    Object.assign(said, { [known[1]]: value });
  }
  return { ...said, others };
}

/** Structures 004 `=>cyyjjj` and 005 `&>cyyjjjhhmm`: century, year, day of the year, time of day. */
export function parseExpiry(text: string): Expiry | Wrong {
  const parts = /^(?:=>|&>(?=.{10}$))([0-9])([0-9]{2})([0-9]{3})(?:([01][0-9]|2[0-3])([0-5][0-9]))?$/.exec(text);
  if (!parts || (text.startsWith("=>") && parts[4])) return wrong("malformed_expiry", text);
  // "c" counts the centuries from 2000; 9 is the one before.
  const century = parts[1] === "9" ? 1900 : 2000 + Number(parts[1]) * 100;
  const year = century + Number(parts[2]);
  const day = new Date(Date.UTC(year, 0, Number(parts[3])));
  const onCalendar = Number(parts[3]) > 0 && day.getUTCFullYear() === year;
  if (!onCalendar) return wrong("malformed_expiry", text);
  return { date: day.toISOString().slice(0, 10), time: parts[4] ? `${parts[4]}:${parts[5]}` : null };
}
