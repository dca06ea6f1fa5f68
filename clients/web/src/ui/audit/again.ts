/**
 * How a signer was asked again, and whether it holds: the one thing beside the proof that needs a second
 * key. The passkey comes from the entry that enrolled it, which is proved first.
 */

import { fromBase64Url } from "../../core/bytes";
import type { Client } from "../../core/client";
import { checkAssertion, esignatureIn, type ESigned } from "../../core/esignature";
import { Problem } from "../../core/problem";
import type { EnrolledPasskey } from "../../core/proof/assertion";
import { PublicKey } from "../../core/proof/publickey";
import type { Passkey, ProvedEntry } from "../../core/types";
import { t } from "../../messages";
import type { Walk } from "./steps";

/** `holds`: the passkey's answer, checked here. `claim`: a passphrase, as the device says. `revoked`: it is
 * the passkey's answer, but the passkey had been revoked by entry `revoked`. `added`: what enrolled it. */
export type Again = { said: ESigned } & (
  | { state: "claim" }
  | { state: "holds" | "revoked"; added: number; revoked: number | null; rpId: string }
);

type Asker = Pick<Client, "read" | "entry">;

/** Null: the signer was not asked again. Throws `Problem`: `bad_assertion`, `invalid_event`,
 * `unknown_passkey`; what the server says, and what `Client.entry` throws of the enrolment. */
export async function askedAgain(client: Asker, { statement, fields, position }: Asked): Promise<Again | null> {
  const said = fields && esignatureIn(fields);
  if (!said || !statement) return null;
  if (!said.assertion) return { state: "claim", said };
  const { credential } = said.assertion;
  const row = await rowOf(client, statement.iss, credential);
  const added = row.added_position;
  const passkey = enrolledBy(await client.entry(added), statement.iss, credential);
  if (added > position) throw unknown(t("audit.passkey_later", { position: added }));
  await checkAssertion(fields, { key: await PublicKey.fromSpki(fromBase64Url(passkey.key)), rpId: passkey.rpId } satisfies EnrolledPasskey);
  const revoked = await revokedBefore(client, statement.iss, row, position);
  return { state: revoked === null ? "holds" : "revoked", said, added, revoked, rpId: passkey.rpId };
}

export type Asked = Pick<Walk, "statement" | "fields"> & { position: number };

/** Where the server says that the passkey was enrolled; without that nothing is known. */
async function rowOf(client: Asker, signer: string, credential: string): Promise<Passkey> {
  const { value } = await client.read<{ passkeys: Passkey[] }>(`/v1/agents/${encodeURIComponent(signer)}`);
  const row = value.passkeys.find((one) => one.credential === credential);
  if (row) return row;
  throw new Problem("not_found", "unknown_passkey", t("audit.passkey_untold", { who: signer }));
}

function enrolledBy({ position, stream, fields }: ProvedEntry, signer: string, credential: string): { key: string; rpId: string } {
  const { type, key, rp_id: rpId } = fields;
  const isIt = type === "PasskeyAdded" && stream === `agent/${signer}` && fields["credential"] === credential;
  if (isIt && typeof key === "string" && typeof rpId === "string") return { key, rpId };
  throw unknown(t("audit.passkey_not_there", { position, who: signer }));
}

/** The entry before this one that revoked it, proved here. That the server hides none, an audit of the
 * whole log shows; that it names one which revokes nothing, nobody may read as "it holds". */
async function revokedBefore(client: Asker, signer: string, row: Passkey, position: number): Promise<number | null> {
  if (row.status !== "revoked" || row.position > position) return null;
  const { stream, fields } = await client.entry(row.position);
  const isIt = fields["type"] === "PasskeyRevoked" && stream === `agent/${signer}` && fields["credential"] === row.credential;
  if (isIt) return row.position;
  throw unknown(t("audit.passkey_not_revoked", { position: row.position, who: signer }));
}

function unknown(detail: string): Problem {
  return new Problem("unauthentic", "unknown_passkey", detail);
}
