import { useState } from "preact/hooks";
import type { Answer } from "../../core/client";
import type { Deviation } from "../../quality/documents";
import { codeIn, DISPOSITIONS, REASONS, type Disposition as Chosen } from "../../quality/deciding";
import { t, tCode } from "../../messages";
import { Choice, Field } from "../kit/Field";
import { Notice } from "../kit/Notice";
import type { Therapy } from "./asking";
import { Decide } from "./Decide";

const OTHER = "other";

type Props = { one: Deviation; found: Therapy; me: string; again: () => void; onAnswer: (answer: Answer) => void };

/** What becomes of it, why, and the signature under that: each shows when what comes before it is said. */
export function Disposition({ one, found, me, again, onAnswer }: Props) {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [reason, setReason] = useState<string | null>(null);
  const [own, setOwn] = useState("");
  const code = reason === OTHER ? codeIn(own) : reason;
  const choose = (value: Chosen) => (setChosen(value), setReason(null));
  return (
    <section class="card">
      <h2>{t("quality.decide")}</h2>
      <p>{t("quality.one_person")}</p>
      <Choice label={t("quality.disposition")} value={chosen} options={DISPOSITIONS.map(dispositionOption)} onValue={choose} />
      {chosen && <Choice label={t("quality.reason")} value={reason} options={[...REASONS[chosen], OTHER].map(reasonOption)} onValue={setReason} />}
      {reason === OTHER && <OwnReason value={own} onValue={setOwn} />}
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

const reasonOption = (value: string) => ({ value, label: tCode("quality_reason", value) });

/** Free text would stay in the log for ever, so a reason is a code; what is typed is made into one. */
export function OwnReason({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const code = codeIn(value);
  return (
    <>
      <Field label={t("quality.own_reason")} hint={t("quality.own_reason_hint")} value={value} onValue={onValue} wrong={value && !code ? t("quality.own_reason_wrong") : undefined} />
      {code && <p class="small">{t("quality.own_reason_stands")} <span class="mono">{code}</span></p>}
    </>
  );
}
