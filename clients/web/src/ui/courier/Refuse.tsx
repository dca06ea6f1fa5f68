import { useState } from "preact/hooks";
import type { Party } from "../../core/events/types";
import { refusals, type Scanned } from "../../courier/handing";
import { type Key, t } from "../../messages";
import { Choice } from "../kit/Field";
import { NotDone } from "../kit/NotDone";
import { Notice } from "../kit/Notice";
import { Button, Screen } from "../kit/Screen";
import { useAct } from "../kit/useAct";
import { useClient } from "../session";
import { Photos } from "./Look";

const REASONS = ["leaking", "broken_seal", "wrong_papers", "too_warm", "not_expected", "other"] as const;
type Reason = (typeof REASONS)[number];

/** The receiver does not take what was released to them, and says why. */
export function Refuse(props: { scans: Scanned[]; here: Party; onSigned: (ids: string[]) => void; onBack: () => void }) {
  const client = useClient();
  const [reason, setReason] = useState<Reason | null>(null);
  const [photos, setPhotos] = useState<string[]>([]);
  const offered = props.scans.filter(({ bag }) => bag.offer);
  const sign = useAct(async () => {
    if (!reason) return;
    const held = await client.recordMany(refusals(offered, props.here, reason, photos));
    props.onSigned(held.map((one) => one.id));
  });
  const foot = (
    <>
      <NotDone problem={sign.problem} />
      <div class="buttons">
        <Button onClick={props.onBack}>{t("shell.back")}</Button>
        <Button kind="danger" disabled={!reason || !offered.length || sign.busy} onClick={sign.run}>
          {t("courier.sign_refuse", { count: offered.length })}
        </Button>
      </div>
    </>
  );
  return (
    <Screen title={t("courier.refuse_title")} foot={foot}>
      {offered.length < props.scans.length && <Notice tone="warn" title={t("courier.refuse_none")} />}
      <section class="card">
        <Choice
          label={t("courier.refuse_why")}
          value={reason}
          options={REASONS.map((value) => ({ value, label: t(`courier.reason.${value}` as Key) }))}
          onValue={setReason}
        />
        <Photos photos={photos} onPhotos={setPhotos} />
      </section>
    </Screen>
  );
}
