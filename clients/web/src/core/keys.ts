/** Other people's public keys, as far as this device knows them: from entries that were proved to it. */
import { fromBase64Url, toHex } from "./bytes";
import { decode } from "./canonical";
import type { Row } from "./database";
import type { Kept } from "./kept";
import { Problem } from "./problem";
import { PublicKey } from "./proof/publickey";
import * as statement from "./proof/statement";

const OF_AGENTS = "agent/";

/**
 * Whether a statement that another phone shows was signed by whom it names. True: by a key that an
 * entry of the log gave to them. False: this device has never met that key, so nothing is known.
 * Throws `Problem` `bad_signature` and its like; `wrong_signer` for a key that is somebody else's.
 */
export async function isSigned(row: Row, kept: Kept): Promise<boolean> {
  const known = await knownKey(row.kid, kept);
  if (!known) return false;
  const said = statement.parse(row.raw);
  await statement.verify(said, known.key);
  if (known.agent === said.iss) return true;
  throw new Problem("unauthentic", "wrong_signer", `the key is ${known.agent}'s, and the statement calls itself ${said.iss}'s`);
}

/** The key and its owner, in the entry that enrolled it; null: no such entry is kept here. */
async function knownKey(kid: string, kept: Kept): Promise<{ key: PublicKey; agent: string } | null> {
  for (const raw of await kept.entries()) {
    const said = statement.parse(raw);
    const text = said.sub.startsWith(OF_AGENTS) ? decode(said.payload)["key"] : undefined;
    const key = typeof text === "string" ? await PublicKey.fromSpki(fromBase64Url(text)) : null;
    if (key && toHex(key.kid) === kid) return { key, agent: said.sub.slice(OF_AGENTS.length) };
  }
  return null;
}
