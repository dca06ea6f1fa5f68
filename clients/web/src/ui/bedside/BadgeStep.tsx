import { useState } from "preact/hooks";
import { Problem } from "../../core/problem";
import type { Verdict } from "../../scan/feedback";
import type { Reading } from "../../scan/scanning";
import { t } from "../../messages";
import { Field } from "../kit/Field";
import { Busy, Notice } from "../kit/Notice";
import { Scanner } from "../kit/Scanner";
import { Button } from "../kit/Screen";
import { useClient } from "../session";
import { useStore } from "../store";

/** How long the word "Match" stays before the next step shows. */
export const SEEN_MS = 700;

/** Who acts: the person whose key this device holds, and nobody else. */
export function BadgeStep({ me, onDone }: { me: string; onDone: () => void }) {
  const lock = useStore(useClient().lock);
  const [matched, setMatched] = useState(false);
  const [other, setOther] = useState<string | null>(null);
  const read = ({ scanned }: Reading): Verdict => {
    if (scanned.kind !== "badge") return "mismatch";
    const mine = scanned.agent === me;
    setOther(mine ? null : scanned.agent);
    if (mine) setTimeout(() => (lock === "locked" ? setMatched(true) : onDone()), SEEN_MS);
    return mine ? "match" : "mismatch";
  };
  if (matched) return <Unlock me={me} onDone={onDone} />;
  return (
    <>
      {other && (
        <Notice tone="stop" title={t("bedside.others_badge", { agent: other })} live>
          <p>{t("bedside.others_badge_why", { agent: other, me })}</p>
        </Notice>
      )}
      <Scanner what={t("bedside.scan_badge")} wanted={["badge"]} onRead={read} />
    </>
  );
}

function Unlock({ me, onDone }: { me: string; onDone: () => void }) {
  const client = useClient();
  const [passphrase, setPassphrase] = useState("");
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState(false);
  const open = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await client.unlock(passphrase);
      onDone();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setWrong(true);
      setBusy(false);
    }
  };
  if (busy) return <Busy label={t("bedside.opening")} />;
  return (
    <form class="card" onSubmit={(event) => void open(event)}>
      <h2>{t("device.sign_in_as", { agent: me })}</h2>
      <Field label={t("device.passphrase")} type="password" value={passphrase} onValue={setPassphrase}
        wrong={wrong ? t("device.passphrase_wrong") : undefined} autocomplete="current-password" />
      <Button submit kind="primary">{t("shell.continue")}</Button>
    </form>
  );
}
