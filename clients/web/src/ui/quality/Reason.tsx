import { codeIn, OTHER } from "../../quality/deciding";
import { t, tCode } from "../../messages";
import { Choice, Field } from "../kit/Field";

type Props = { reasons: readonly string[]; value: string | null; own: string; onValue: (value: string) => void; onOwn: (own: string) => void };

/** A usual reason, or one of the person's own: free text would stay in the log for ever, so it is made a code. */
export function Reason({ reasons, value, own, onValue, onOwn }: Props) {
  const options = [...reasons, OTHER].map((code) => ({ value: code, label: tCode("quality_reason", code) }));
  return (
    <>
      <Choice label={t("quality.reason")} value={value} options={options} onValue={onValue} />
      {value === OTHER && <Own value={own} onValue={onOwn} />}
    </>
  );
}

function Own({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const code = codeIn(value);
  return (
    <>
      <Field label={t("quality.own_reason")} hint={t("quality.own_reason_hint")} value={value} onValue={onValue} wrong={value && !code ? t("quality.own_reason_wrong") : undefined} />
      {code && <p class="small">{t("quality.own_reason_stands")} <span class="mono">{code}</span></p>}
    </>
  );
}
