/** What a stop at a bedside tells the ledger. */

import type { Client, ESignature } from "../core/client";
import { isOfPasskey } from "../core/passkey";
import { Problem } from "../core/problem";
import type { Visit } from "./documents";
import type { Stop } from "./rules";
import { checkOf } from "./signing";

// What was read is recorded as a check, so that the ledger itself raises what is wrong with it.
const AS_CHECK = ["wrong_bag", "wrong_patient", "void_label", "label_invalid"];
const CODES: Readonly<Record<string, string>> = {
  foreign_label: "label_not_genuine",
  destroyed: "destroyed_bag_at_bedside",
  rejected: "rejected_bag_at_bedside",
  already_infused: "used_bag_at_bedside",
};
const CRITICAL = { type: "DeviationRaised", severity: "critical", blocking: true, cause: null } as const;

/** `position`: of the entry; null: this device keeps it. */
export interface Told {
  position: number | null;
}

/** As a check, where the ledger is in reach; else as a fact that this device keeps. `ask`: the product
 * wants an e-signature under a check. Throws `Problem` where the signer can try again (a passphrase that
 * was wrong, a passkey that was not given or is wanted instead): then nothing was recorded. */
export async function toldLedger(
  client: Pick<Client, "decide" | "record">, visit: Visit, stop: Stop, version: number | undefined, esignature?: ESignature,
): Promise<Told | "ask"> {
  const stream = `chain/${visit.coi}`;
  if (AS_CHECK.includes(stop.name) && version !== undefined) {
    try {
      return { position: (await client.decide(checkOf(visit), stream, version, esignature)).position };
    } catch (error) {
      if (!(error instanceof Problem) || isAskedAgain(error)) throw error;
      if (error.code === "esignature_required" && !esignature) return "ask";
    }
  }
  await client.record({ ...CRITICAL, code: CODES[stop.name] ?? `${stop.name}_at_bedside`, containers: [visit.read.container] }, stream);
  return { position: null };
}

function isAskedAgain(error: Problem): boolean {
  return isOfPasskey(error) || error.code === "wrong_passphrase" || error.code === "passkey_required";
}
