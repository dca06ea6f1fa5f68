import type { ESignature } from "../../core/client";
import { ENDED, RUNNING } from "../../bedside/rules";
import { t } from "../../messages";
import { Notice } from "../kit/Notice";
import type { At } from "./BagScreen";
import { Esign, Signed } from "./Esign";
import { SignedAndKept, useDeciding } from "./useDeciding";

/** The physician's authorisation: only with every gate open, by an answer of now. */
export function Authorise({ at }: { at: At }) {
  const { visit, me, looked, fresh, status, again } = at;
  const { answer, kept, decide } = useDeciding(visit.coi);
  const check = looked.check?.value;
  if (answer) return <Signed title={t("bedside.authorised")} event="InfusionAuthorised" me={me} answer={answer} />;
  if (kept) return <SignedAndKept />;
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
      await decide(fields, check.chain_version, esignature);
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
