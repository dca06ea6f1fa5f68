import type { Answer, ESignature } from "../../core/client";
import type { Decision } from "../../core/events/types";
import { usable } from "../../core/passkey";
import { Problem } from "../../core/problem";
import { t } from "../../messages";
import { Esign } from "../bedside/Esign";
import { Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";
import { usePasskeys } from "../passkeys";
import { useClient } from "../session";
import { Moved, useStanding } from "./Standing";

type Props = {
  fields: Decision;
  coi: string;
  version: number; // of the therapy, as it is on screen
  checks: readonly string[]; // that the product asks for
  me: string;
  act: string;
  again: () => void; // look at the therapy anew
  onAnswer: (answer: Answer) => void;
};

/** The e-signature under a decision of Quality's. Where the therapy moved on since they looked, the
 * ledger takes none (409), and the person is asked to look before they sign again. Where it does not
 * answer, what was signed is kept, and is not signed twice. */
export function Decide({ fields, coi, version, checks, me, act, again, onAnswer }: Props) {
  const client = useClient();
  const { moved, kept, onMoved, onKept } = useStanding();
  const sign = async (esignature: ESignature) => {
    try {
      onAnswer(await client.decide(fields, `chain/${coi}`, version, esignature));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.code === "not_answered") return onKept(String(error.extra["id"]));
      if (error.code === "stale_view") onMoved(true);
      throw error;
    } finally {
      again();
    }
  };
  if (kept) return null;
  if (moved) return <Moved />;
  return (
    <>
      <Demand checks={checks} />
      <Esign event={fields.type} me={me} act={act} onSign={sign} />
    </>
  );
}

/** Said before the ledger would refuse: a passphrase does not do where the product asks for a passkey. */
function Demand({ checks }: { checks: readonly string[] }) {
  const known = usePasskeys();
  if (!checks.includes("passkey") || !known) return null;
  if (usable(known).length) return <p>{t("quality.passkey_asked")}</p>;
  return (
    <Notice tone="warn" title={t("quality.passkey_missing")}>
      <p>{t("quality.passkey_missing_why")}</p>
      <div class="buttons"><Button to="/passkey">{t("quality.passkey_make")}</Button></div>
    </Notice>
  );
}
