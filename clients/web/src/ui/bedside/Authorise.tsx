import { useState } from "preact/hooks";
import type { Answer, ESignature } from "../../core/client";
import { ENDED, RUNNING } from "../../bedside/rules";
import { t } from "../../messages";
import { Notice } from "../kit/Notice";
import { useClient } from "../session";
import type { At } from "./BagScreen";
import { Esign, Signed } from "./Esign";

/** The physician's authorisation: only with every gate open, by an answer of now. */
export function Authorise({ at }: { at: At }) {
  const { visit, me, looked, fresh, status, again } = at;
  const client = useClient();
  const [answer, setAnswer] = useState<Answer | null>(null);
  const check = looked.check?.value;
  if (answer) return <Signed title={t("bedside.authorised")} event="InfusionAuthorised" me={me} answer={answer} />;
  if (!check || !fresh || RUNNING.includes(status) || ENDED.includes(status) || looked.bag?.value.authorisation) return null;
  if (check.verdict !== "go") {
    return (
      <section class="card">
        <h2>{t("bedside.authorise")}</h2>
        <Notice tone="wait" title={t("bedside.authorise_not")}><p>{t("bedside.authorise_not_why")}</p></Notice>
      </section>
    );
  }
  const sign = async (esignature: ESignature) => {
    try {
      const fields = { type: "InfusionAuthorised", site: visit.here.site, container: visit.read.container } as const;
      setAnswer(await client.decide(fields, `chain/${visit.coi}`, check.chain_version, esignature));
    } finally {
      await again(); // a refusal says that something changed: look at it
    }
  };
  return (
    <section class="card">
      <h2>{t("bedside.authorise")}</h2>
      <p>{t("bedside.authorise_why", { count: check.gates.length })}</p>
      <Esign event="InfusionAuthorised" me={me} act={t("bedside.authorise_sign")} onSign={sign} />
    </section>
  );
}
