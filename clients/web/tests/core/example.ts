/** The worked example of `docs/formats.md`, read from that page: one place for each fact. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fromHex } from "../../src/core/bytes";

const page = readFileSync(resolve(import.meta.dirname, "../../../../docs/formats.md"), "utf8");

function printed(name: string): Uint8Array {
  const found = new RegExp(`${name} = bytes\\.fromhex\\("""([0-9a-f\\s]+)"""\\)`).exec(page);
  return fromHex((found?.[1] ?? "").replace(/\s/g, ""));
}

export const example = {
  statement: printed("STATEMENT"),
  receipt: printed("RECEIPT"),
  courier: fromHex(/COURIER = bytes\.fromhex\("([0-9a-f]+)"\)/.exec(page)?.[1] ?? ""),
  vkey: /LOG = "([^"]+)"/.exec(page)?.[1] ?? "",
  id: /hexdigest\(\) == "([0-9a-f]{64})"|\.hex\(\) == "([0-9a-f]{64})"/.exec(page)?.slice(1).find(Boolean) ?? "",
};
