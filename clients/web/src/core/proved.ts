/** Statements as the screens see them: what an outbox holds, and what the log proves. */
import { toHex, type Bytes } from "./bytes";
import { decode, type JsonObject } from "./canonical";
import type { Row } from "./database";
import { Problem } from "./problem";
import type { VerifierKey } from "./proof/note";
import { ES256 } from "./proof/publickey";
import { verifyReceipt } from "./proof/receipt";
import { sha256 } from "./proof/hash";
import * as statement from "./proof/statement";
import type { Held, ProvedEntry } from "./types";

/** What a statement says. */
export interface Spoken {
  agent: string;
  fields: JsonObject;
}

export function spokenIn(raw: Bytes): Spoken {
  const parsed = statement.parse(raw);
  return { agent: parsed.iss, fields: decode(parsed.payload) };
}

export function heldOf(row: Row, ownKid: string, spoken: Spoken = spokenIn(row.raw)): Held {
  const { pending: _, notice, number = 0, ...rest } = row;
  const acknowledged = row.state === "refused" && notice === undefined;
  return { ...rest, ...spoken, number, mine: row.kid === ownKid, acknowledged };
}

/** Verifies a receipt over a statement's bytes. That its signer was who they say, and allowed to, is
 * for `unbroken verify` to show. Throws `Problem` `bad_receipt`; `wrong_receipt` for the proof of
 * another position. */
export async function proved(position: number, raw: Bytes, receipt: Bytes, vkey: VerifierKey): Promise<ProvedEntry> {
  const found = await verifyReceipt(receipt, raw, vkey);
  if (found.index !== position) {
    throw new Problem("proof_invalid", "wrong_receipt", `asked for entry ${position}, got the proof of ${found.index}`);
  }
  const said = statement.parse(raw);
  return {
    position,
    logSize: found.size,
    raw,
    receipt,
    statementId: toHex(await sha256(raw)),
    signer: said.iss,
    kid: toHex(said.kid),
    alg: said.alg === ES256 ? "ES256" : "Ed25519",
    stream: said.sub,
    fields: decode(said.payload),
    timeS: found.timeS,
    proof: found.proof.map(toHex),
    root: toHex(found.root),
  };
}
