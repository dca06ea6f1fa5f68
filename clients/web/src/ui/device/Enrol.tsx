/** A new device: draw a key, show its fingerprint, be approved, pin the log, sign in. */

import { useState } from "preact/hooks";
import type { Problem } from "../../core/problem";
import { t } from "../../messages";
import { Field } from "../kit/Field";
import { Busy } from "../kit/Notice";
import { Button, Screen } from "../kit/Screen";
import { Why } from "../kit/Why";
import { useClient } from "../session";
import { useStore } from "../store";
import { Pin } from "./Pin";
import { Request } from "./Request";

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const SHORTEST = 10;

export default function Enrol() {
  const client = useClient();
  const lock = useStore(client.lock);
  return (
    <Screen title={t("device.enrol")} back="/">
      {lock === "empty" ? <Draw /> : <Made />}
    </Screen>
  );
}

function Draw() {
  const client = useClient();
  const [agent, setAgent] = useState("");
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Problem | null>(null);
  const wrong = complaints(agent, first, second);
  const draw = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(wrong).some(Boolean)) return;
    setBusy(true);
    client.makeKey(first, agent).catch((problem: Problem) => setFailed(problem)).finally(() => setBusy(false));
  };
  if (busy) return <Busy label={t("device.drawing")} />;
  const said = (text: string | undefined) => (tried ? text : undefined);
  return (
    <form class="card" onSubmit={draw} noValidate>
      <p>{t("device.enrol_why")}</p>
      <Field label={t("device.agent")} hint={t("device.agent_hint")} value={agent} onValue={setAgent} wrong={said(wrong.agent)} autocomplete="username" />
      <Field label={t("device.passphrase_new")} hint={t("device.passphrase_hint")} type="password" value={first} onValue={setFirst} wrong={said(wrong.first)} autocomplete="new-password" />
      <Field label={t("device.passphrase_again")} type="password" value={second} onValue={setSecond} wrong={said(wrong.second)} autocomplete="new-password" />
      {failed && <Why problem={failed} />}
      <Button submit kind="primary">{t("device.make_key")}</Button>
    </form>
  );
}

function complaints(agent: string, first: string, second: string) {
  return {
    agent: NAME.test(agent) ? undefined : t("device.agent_wrong"),
    first: first.length >= SHORTEST ? undefined : t("device.passphrase_short"),
    second: first === second ? undefined : t("device.passphrase_differs"),
  };
}

function Made() {
  const { name, text, fingerprint } = useClient().enrolmentRequest();
  return (
    <>
      <Request title={t("device.show_request")} named={t("device.fingerprint")} text={text} fingerprint={fingerprint} />
      <Pin agent={name} />
    </>
  );
}
