import { useState } from "preact/hooks";
import type { Problem } from "../../core/problem";
import { t } from "../../messages";
import { useClient } from "../session";
import { useStore } from "../store";
import { Field } from "./Field";
import { Notice } from "./Notice";
import { Button } from "./Screen";
import { useAct } from "./useAct";
import { Exactly, useRefusal } from "./Why";

const KNOWN = ["locked", "not_enrolled", "device_full", "outbox_not_empty", "place_taken", "unreachable"] as const;

/** Why nothing was signed, and what to do about it; nothing where there is no problem. */
export function NotDone({ problem }: { problem: Problem | null }) {
  const lock = useStore(useClient().lock);
  if (!problem || (problem.code === "locked" && lock === "open")) return null;
  const known = KNOWN.find((code) => code === problem.code);
  return (
    <Notice tone="stop" title={t("shell.not_signed")} live>
      {known ? <p>{t(`shell.not_signed_${known}`)}</p> : <Meaning problem={problem} />}
      {problem.code === "locked" && <Unlock />}
    </Notice>
  );
}

function Meaning({ problem }: { problem: Problem }) {
  return (
    <>
      <p>{useRefusal(problem.code)}</p>
      <Exactly detail={problem.detail} />
    </>
  );
}

/** Here, and not on another screen: what was scanned stays where it is. */
function Unlock() {
  const client = useClient();
  const [passphrase, setPassphrase] = useState("");
  const unlock = useAct(() => client.unlock(passphrase));
  const wrong = unlock.problem ? t("device.passphrase_wrong") : undefined;
  return (
    <form class="part" data-wedge="off" onSubmit={(event) => (event.preventDefault(), unlock.run())}>
      <Field label={t("device.passphrase")} type="password" value={passphrase} onValue={setPassphrase} wrong={wrong} autocomplete="current-password" />
      <Button submit disabled={unlock.busy}>{t("device.sign_in")}</Button>
    </form>
  );
}
