import { useEffect, useState } from "preact/hooks";
import type { ESignature } from "../../core/client";
import { checksIn } from "../../bedside/rules";
import { t } from "../../messages";
import { Notice } from "../kit/Notice";
import { useClient } from "../session";
import type { At } from "./BagScreen";
import { Esign, Signed } from "./Esign";
import { checkOf } from "../../bedside/signing";
import { SignedAndKept, useDeciding } from "./useDeciding";

/** The blind check of this person. What the other one found is not shown before both are in. */
export function Check({ at }: { at: At }) {
  const { visit, me, looked, fresh, again } = at;
  const { answer, kept, decide } = useDeciding(visit.coi);
  const check = looked.check?.value;
  const proof = check?.gates.find((gate) => gate.name === "checks_agree")?.proof.map((one) => one.position) ?? [];
  const mine = useMine(proof, visit.read.container) || answer !== null;
  if (!check || ["infusing", "paused", "infused", "stopped"].includes(at.status)) return null;
  const signed = answer && <Signed title={t("bedside.check_in")} event="InfusionChecked" me={me} answer={answer} />;
  if (checksIn(check) >= 2) return signed;
  if (mine) return <>{signed}<Notice tone="wait" title={t("bedside.check_waits", { count: Math.max(1, checksIn(check)) })} live><p>{t("bedside.check_waits_why")}</p></Notice></>;
  if (kept) return <SignedAndKept />;
  if (!fresh) return null;
  const sign = async (esignature: ESignature) => {
    await decide(checkOf(visit), check.chain_version, esignature);
    await again();
  };
  return (
    <section class="card">
      <h2>{t("bedside.check")}</h2>
      <p>{t("bedside.check_why")}</p>
      <p class="soft">{t("bedside.checks_in", { count: checksIn(check) })}</p>
      <Esign event="InfusionChecked" me={me} act={t("bedside.check_sign")} onSign={sign} />
    </section>
  );
}

/** Whether one of the checks that count was signed on this device. */
function useMine(proof: readonly number[], container: string): boolean {
  const client = useClient();
  const [mine, setMine] = useState(false);
  const known = proof.join(" ");
  useEffect(() => {
    let current = true;
    void client.held("accepted").then((held) => {
      const signed = held.filter((one) => one.mine && one.type === "InfusionChecked" && one.fields["container"] === container);
      if (current) setMine(signed.some((one) => proof.includes(one.answer?.position ?? -1)));
    });
    return () => void (current = false);
  }, [client, known, container]);
  return mine;
}
