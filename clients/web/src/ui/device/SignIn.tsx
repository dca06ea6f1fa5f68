/** Open this device's key, and a session where the network allows. */

import { useState } from "preact/hooks";
import { Problem } from "../../core/problem";
import { t } from "../../messages";
import { Field } from "../kit/Field";
import { Busy } from "../kit/Notice";
import { Button, Screen } from "../kit/Screen";
import { Why } from "../kit/Why";
import { go } from "../route";
import { useClient } from "../session";
import { useStore } from "../store";

export default function SignIn() {
  const client = useClient();
  const profile = useStore(client.profile);
  const [passphrase, setPassphrase] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const enter = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    const failed = await opened(client, passphrase);
    setBusy(false);
    setProblem(failed);
    if (!failed) go("/", { replace: true });
  };
  const wrong = problem?.code === "wrong_passphrase" ? t("device.passphrase_wrong") : undefined;
  return (
    <Screen title={t("device.sign_in")} back="/">
      {busy ? <Busy /> : (
        <form class="card" onSubmit={(event) => void enter(event)}>
          {profile && <h2>{t("device.sign_in_as", { agent: profile.agent })}</h2>}
          <Field label={t("device.passphrase")} type="password" value={passphrase} onValue={setPassphrase} wrong={wrong} autocomplete="current-password" />
          {problem && !wrong && <Why problem={problem} />}
          <Button submit kind="primary">{t("device.sign_in")}</Button>
        </form>
      )}
    </Screen>
  );
}

/** The key opens without a network; the session follows when there is one. */
async function opened(client: ReturnType<typeof useClient>, passphrase: string): Promise<Problem | null> {
  try {
    await client.unlock(passphrase);
    await client.signIn();
    return null;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.kind === "fault" ? null : error; // facts can be signed in a basement
  }
}
