// The parsers that the Python side has too, by the name that its test calls them.

import { checkOfFlags, isWrong, parseCoi, parseDin, parseDivision, parseGtin, parseProductCode } from "../../src/scan/identifiers";
import { parseScannedDin, parseSec, parseSscc, parseTypedDin } from "../../src/scan/identifiers";
import { parseLink } from "../../src/scan/link";

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  coi: parseCoi,
  din: parseDin,
  division: parseDivision,
  flags: checkOfFlags,
  gtin: parseGtin,
  link: parseLink,
  product: parseProductCode,
  scanned_din: parseScannedDin,
  sec: parseSec,
  sscc: parseSscc,
  typed_din: parseTypedDin,
};

/** One question and its answer, both as a line of JSON. */
export function answer(line: string): string {
  const { parser, text } = JSON.parse(line) as { parser: string; text: string };
  const found = PARSERS[parser]?.(text);
  return JSON.stringify(isWrong(found) ? { wrong: found.wrong } : { read: found });
}
