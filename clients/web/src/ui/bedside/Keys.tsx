import { useState } from "preact/hooks";
import { remember, remembered } from "../../core/memory";
import { Problem } from "../../core/problem";
import { WRISTBAND, wrongPattern } from "../../bedside/rules";
import { t } from "../../messages";
import { Field } from "../kit/Field";
import { Badge, Notice } from "../kit/Notice";
import { Button, Screen } from "../kit/Screen";
import { useClient } from "../session";
import { TherapyKeys } from "./vaulted";

const PATTERN = "unbroken.wristband";

/** How this hospital's wristbands are read. Kept on the device; it says nothing of any patient. */
export const wristbandPattern = (): string => remembered(PATTERN) ?? WRISTBAND;

/** The hospital's keys, which turn identifiers into commitments; and how its wristbands are read. */
export function Keys({ fields, onFields, vault }: { fields: string[]; onFields: (fields: string[]) => void; vault: boolean }) {
  const client = useClient();
  const [problem, setProblem] = useState<string | null>(null);
  const take = async (file: File | undefined) => {
    if (!file) return;
    try {
      onFields(await client.takePatientKeys(await file.text()));
      setProblem(null);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(t("bedside.keys_wrong"));
    }
  };
  const forget = async () => {
    await client.forgetPatientKeys();
    onFields([]);
  };
  return (
    <Screen title={t("bedside.keys")} back="/bedside">
      {vault && <TherapyKeys />}
      <section class="card">
        <p>{t("bedside.keys_why")}</p>
        {fields.length > 0 && (
          <p>
            <Badge tone="ok">{t("bedside.keys_have", { fields: fields.join(", ") })}</Badge>
          </p>
        )}
        <label class="button">
          {t("bedside.keys_take")}
          <input class="visually-hidden" type="file" accept=".json,application/json" onChange={(event) => void take(event.currentTarget.files?.[0])} />
        </label>
        {problem && <Notice tone="stop" title={problem} live />}
        {fields.length > 0 && <Button kind="danger" onClick={() => void forget()}>{t("bedside.keys_forget")}</Button>}
      </section>
      {(fields.length > 0 || vault) && <Pattern fields={vault ? null : fields} />}
    </Screen>
  );
}

/** `fields` null: the vault knows which each patient has. */
function Pattern({ fields }: { fields: string[] | null }) {
  const [pattern, setPattern] = useState(wristbandPattern);
  const [kept, setKept] = useState(false);
  const wrong = wrongPattern(pattern, fields);
  const keep = () => {
    if (wrong) return;
    remember(PATTERN, pattern);
    setKept(true);
  };
  return (
    <section class="card">
      <Field
        label={t("bedside.pattern")}
        hint={t("bedside.pattern_hint")}
        value={pattern}
        onValue={(value) => { setPattern(value); setKept(false); }}
        wrong={wrong ? t(`bedside.pattern_${wrong}`) : undefined}
      />
      {kept && <Notice tone="ok" title={t("bedside.pattern_kept")} live />}
      <div class="buttons">
        <Button onClick={() => setPattern(WRISTBAND)}>{t("bedside.pattern_usual")}</Button>
        <Button kind="primary" disabled={Boolean(wrong)} onClick={keep}>{t("bedside.pattern_keep")}</Button>
      </div>
    </section>
  );
}
