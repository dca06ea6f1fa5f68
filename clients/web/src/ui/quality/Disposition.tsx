import { useState } from "preact/hooks";
import type { Answer } from "../../core/client";
import type { Deviation } from "../../quality/documents";
import { DISPOSITIONS, reasonIn, REASONS, type Disposition as Chosen } from "../../quality/deciding";
import { t } from "../../messages";
import { Choice } from "../kit/Field";
import { Notice } from "../kit/Notice";
import type { Therapy } from "./asking";
import { Decide } from "./Decide";
import { Reason } from "./Reason";

type Props = { one: Deviation; found: Therapy; me: string; again: () => void; onAnswer: (answer: Answer) => void };

/** What becomes of it, why, and the signature under that: each shows when what comes before it is said. */
export function Disposition({ one, found, me, again, onAnswer }: Props) {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [reason, setReason] = useState<string | null>(null);
  const [own, setOwn] = useState("");
  const code = reasonIn(reason, own);
  const choose = (value: Chosen) => (setChosen(value), setReason(null));
  return (
    <section class="card">
      <h2>{t("quality.decide")}</h2>
      <p>{t("quality.one_person")}</p>
      <Choice label={t("quality.disposition")} value={chosen} options={DISPOSITIONS.map(dispositionOption)} onValue={choose} />
      {chosen && <Reason reasons={REASONS[chosen]} value={reason} own={own} onValue={setReason} onOwn={setOwn} />}
      {chosen === "rejected" && code && <Notice tone="stop" title={t("quality.rejected_stands")} />}
      {chosen && code && (
        <Decide
          fields={{ type: "DeviationDispositioned", deviation: one.statement_id, disposition: chosen, reason: code }}
          coi={found.chain.coi}
          version={found.chain.version}
          checks={found.quality.required_checks}
          me={me}
          act={t(`quality.sign_${chosen}`)}
          again={again}
          onAnswer={onAnswer}
        />
      )}
    </section>
  );
}

const dispositionOption = (value: Chosen) => ({
  value,
  label: <span class="body"><strong>{t(`quality.${value}`)}</strong><span class="small">{t(`quality.${value}_why`)}</span></span>,
});
