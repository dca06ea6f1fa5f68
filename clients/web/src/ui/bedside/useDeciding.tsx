import { useEffect, useState } from "preact/hooks";
import type { Answer, ESignature } from "../../core/client";
import type { Coi, Decision } from "../../core/events/types";
import { Problem } from "../../core/problem";
import { t } from "../../messages";
import { Notice } from "../kit/Notice";
import { useClient } from "../session";
import { useStore } from "../store";

export interface Deciding {
  answer: Answer | null;
  kept: boolean; // it was signed, and the ledger has not answered
  decide: (fields: Decision, version: number, esignature: ESignature) => Promise<void>; // throws `Problem`
}

/** Decides in one therapy. One that the ledger has not answered is signed all the same: it is sent again,
 * and whoever signed it has nothing to sign anew. */
export function useDeciding(coi: Coi): Deciding {
  const client = useClient();
  const waiting = useStore(client.waiting);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [sent, setSent] = useState<string | null>(null); // the statement that was not answered
  const state = waiting.find(({ id }) => id === sent)?.state;
  useEffect(() => {
    if (sent === null || state === "queued" || state === "sent") return;
    void client.held("accepted").then((held) => {
      setAnswer(held.find(({ id }) => id === sent)?.answer ?? null); // refused: the outbox says why
      setSent(null);
    });
  }, [client, sent, state]);
  const decide = async (fields: Decision, version: number, esignature: ESignature) => {
    try {
      setAnswer(await client.decide(fields, `chain/${coi}`, version, esignature));
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "not_answered") throw error;
      setSent(String(error.extra["id"]));
    }
  };
  return { answer, kept: sent !== null, decide };
}

/** In the place of the form that was signed. */
export function SignedAndKept() {
  return <Notice tone="wait" title={t("bedside.decision_kept")} live><p>{t("bedside.decision_kept_why")}</p></Notice>;
}
