import { useState } from "preact/hooks";
import type { Condition } from "../../core/events/types";
import type { Look } from "../../courier/handing";
import { t } from "../../messages";
import { Choice, Field } from "../kit/Field";
import { useClient } from "../session";

export interface Seen {
  condition: Condition | null;
  seal: string;
  photos: string[];
}

export const NOTHING_SEEN: Seen = { condition: null, seal: "", photos: [] };
const CONDITIONS = ["intact", "damaged", "thawed", "unknown"] as const;

/** Null until the person said how the bags look. */
export function lookOf(seen: Seen): Look | null {
  return seen.condition && { condition: seen.condition, seal: seen.seal.trim() || null, photos: seen.photos };
}

/** Condition, seal, photos: asked once for all bags of a hand-over. */
export function LookAtThem({ seen, onSeen, tried }: { seen: Seen; onSeen: (seen: Seen) => void; tried: boolean }) {
  const conditions = CONDITIONS.map((value) => ({ value, label: t(`courier.condition_${value}`) }));
  return (
    <section class="card">
      <h2>{t("courier.look")}</h2>
      <Choice
        label={t("courier.condition")}
        value={seen.condition}
        options={conditions}
        onValue={(condition) => onSeen({ ...seen, condition })}
        wrong={tried && !seen.condition ? t("courier.condition_wanted") : undefined}
      />
      <Field label={t("courier.seal")} hint={t("courier.seal_hint")} value={seen.seal} onValue={(seal) => onSeen({ ...seen, seal })} />
      <Photos photos={seen.photos} onPhotos={(photos) => onSeen({ ...seen, photos })} />
    </section>
  );
}

export function Photos({ photos, onPhotos }: { photos: string[]; onPhotos: (photos: string[]) => void }) {
  const client = useClient();
  const [failed, setFailed] = useState("");
  const keep = async (file: File | undefined) => {
    if (!file) return;
    try {
      onPhotos([...new Set([...photos, await client.keepPhoto(file)])]);
    } catch (error) {
      setFailed((error as Error).message);
    }
  };
  return (
    <div class="field">
      <label class="button">
        {t("courier.photo")}
        <input class="visually-hidden" type="file" accept="image/*" capture="environment" onChange={(event) => void keep(event.currentTarget.files?.[0])} />
      </label>
      {photos.length > 0 && <strong>{t("courier.photos", { count: photos.length })}</strong>}
      <span class="hint">{t("courier.photo_why")}</span>
      {failed && <span class="wrong" role="alert">{failed}</span>}
    </div>
  );
}
