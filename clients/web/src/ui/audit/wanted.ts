/** What somebody means who types or scans into the search box. Pure. */

export interface Wanted {
  q: string; // what the ledger is asked for
  to: string | null; // a screen, where the text says which by itself
}

const LABEL = /(?:^|\/)B\/([A-Z0-9-]+)\.([A-Z0-9-]+)\.[A-Z0-9]+$/i; // a label's short link: container, serial, check
const POSITION = /^#?(\d{1,15})$/;
const HEX = /^[0-9a-f]{8,64}$/i;
const DIN = /^=?([A-NP-Z1-9][0-9]{4}[0-9]{2}[0-9]{6})[0-9]{2}$/; // ISBT 128: a DIN and its flag characters

export function wanted(text: string): Wanted {
  const said = text.trim();
  const label = LABEL.exec(said);
  if (label) return { q: (label[1] === "-" ? label[2] : label[1])?.toUpperCase() ?? "", to: null };
  const position = POSITION.exec(said);
  if (position && (said.startsWith("#") || (position[1] ?? "").length < 8)) {
    return { q: position[1] ?? "", to: `/audit/entry/${Number(position[1])}` };
  }
  const din = said.startsWith("=") ? DIN.exec(said) : null;
  if (din) return { q: din[1] ?? "", to: null };
  return { q: HEX.test(said) ? said.toLowerCase() : said, to: null };
}
