/** What somebody means who types or scans into the search box. Pure. */

import { isWrong } from "../../scan/identifiers";
import { parse, type Scanned } from "../../scan/parse";

export interface Wanted {
  q: string; // what the ledger is asked for
  to: string | null; // a screen, where the text says which by itself
}

const POSITION = /^#?(\d{1,15})$/;
const HEX = /^[0-9a-f]{8,64}$/i;

/** A short number is an entry's; a label's address, an ISBT 128 or a GS1 text is the identifier in it. */
export function wanted(text: string): Wanted {
  const said = text.trim();
  const position = POSITION.exec(said)?.[1];
  if (position && (said.startsWith("#") || position.length < 8)) {
    return { q: position, to: `/audit/entry/${Number(position)}` };
  }
  const scanned = parse(said, { hosts: [], expected: ["container"] });
  const inside = isWrong(scanned) ? null : identifierIn(scanned);
  if (inside !== null) return { q: inside, to: null };
  return { q: HEX.test(said) ? said.toLowerCase() : said, to: null };
}

const GS1_KEYS = ["00", "21", "10", "01"]; // SSCC, serial, batch, GTIN: the one that says most comes first

/** The identifier by which the ledger finds what was scanned; null where the text is that itself. */
function identifierIn(scanned: Scanned): string | null {
  switch (scanned.kind) {
    case "label":
    case "foreign":
      return scanned.container ?? scanned.serial;
    case "din":
      return scanned.din;
    case "isbt":
      return scanned.coi ?? scanned.din?.din ?? scanned.product ?? null;
    case "coi":
      return scanned.coi;
    case "badge":
      return scanned.agent;
    case "product":
      return scanned.product;
    case "gs1":
      return GS1_KEYS.map((ai) => scanned.elements[ai]).find((value) => value !== undefined) ?? null;
    default:
      return null;
  }
}
