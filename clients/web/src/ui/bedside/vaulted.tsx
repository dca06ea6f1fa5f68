/** The hospital's vault at the bedside: the keys of the therapies that somebody looks after this shift. */

import { useEffect, useState } from "preact/hooks";
import { asProblem, type Problem } from "../../core/problem";
import { t, tCode } from "../../messages";
import { Choice, Field } from "../kit/Field";
import { Badge, Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";
import { Time } from "../kit/Time";
import { Why } from "../kit/Why";
import { useClient } from "../session";

const REASONS = ["bedside_check", "collection", "emergency"];

/** Fetches one therapy's keys, for a reason that the ledger keeps. */
export function TherapyKeys() {
  const client = useClient();
  const [kept, setKept] = useState<{ coi: string; until: number }[]>([]);
  const [coi, setCoi] = useState("");
  const [reason, setReason] = useState("bedside_check");
  const [problem, setProblem] = useState<Problem | null>(null);
  const look = () => void client.therapyKeys().then(setKept);
  useEffect(look, [client]);
  const fetched = async () => {
    try {
      await client.fetchTherapyKeys(coi.trim(), reason);
      setProblem(null);
      setCoi("");
    } catch (error) {
      setProblem(asProblem(error));
    }
    look();
  };
  const options = REASONS.map((one) => ({ value: one, label: tCode("vault_need", one) }));
  return (
    <section class="card">
      <h2>{t("bedside.vault")}</h2>
      <p>{t("bedside.vault_why")}</p>
      <Field label={t("bedside.vault_coi")} hint={t("bedside.vault_coi_hint")} value={coi} onValue={setCoi} />
      <Choice label={t("bedside.vault_reason")} value={reason} options={options} onValue={setReason} />
      {problem && <Why problem={problem} tone="warn" />}
      <Button kind="primary" disabled={!coi.trim()} onClick={() => void fetched()}>{t("bedside.vault_fetch")}</Button>
      {kept.length > 0 && <Notice tone="ok" title={t("bedside.vault_kept")} live><Kept kept={kept} /></Notice>}
      {kept.length > 0 && <Button kind="danger" onClick={() => void client.forgetTherapyKeys().then(look)}>{t("bedside.vault_forget")}</Button>}
    </section>
  );
}

function Kept({ kept }: { kept: { coi: string; until: number }[] }) {
  return (
    <ul>
      {kept.map(({ coi, until }) => (
        <li key={coi}><Badge tone="ok">{coi}</Badge> {t("bedside.vault_until")} <Time at={until} still /></li>
      ))}
    </ul>
  );
}
