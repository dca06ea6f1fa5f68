/** An administrator meets a new device: scan its request, compare the fingerprint aloud, sign. */

import { useState } from "preact/hooks";
import { readRequest } from "../../core/enrolment";
import type { EnrolmentRequest } from "../../core/types";
import { t } from "../../messages";
import { Fingerprint } from "../device/Pin";
import { Field } from "../kit/Field";
import { Notice } from "../kit/Notice";
import { Scanner } from "../kit/Scanner";
import { Button, Screen } from "../kit/Screen";
import { Enrolment } from "./Enrolment";

type Step = "read" | "compare" | "enrol" | "stopped";

export default function Admin() {
  const [request, setRequest] = useState<EnrolmentRequest | null>(null);
  const [step, setStep] = useState<Step>("read");
  const read = (found: EnrolmentRequest) => {
    setRequest(found);
    setStep("compare");
  };
  return (
    <Screen title={t("admin.title")} back="/">
      {step === "stopped" && <Notice tone="stop" title={t("admin.stopped")} live />}
      {(step === "read" || step === "stopped") && <Read onRequest={read} />}
      {step === "compare" && request && <Compare request={request} onSame={() => setStep("enrol")} onOther={() => setStep("stopped")} />}
      {step === "enrol" && request && <Enrolment request={request} />}
    </Screen>
  );
}

function Read({ onRequest }: { onRequest: (request: EnrolmentRequest) => void }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const take = (given: string) =>
    readRequest(given).then(onRequest, () => setWrong(t("admin.not_one")));
  return (
    <>
      <Scanner what={t("admin.scan")} wanted={["enrolment"]} onRead={({ text: given }) => take(given)} />
      <section class="card">
        <Field label={t("admin.paste")} value={text} onValue={setText} wrong={wrong || undefined} />
        <Button onClick={() => void take(text)}>{t("shell.continue")}</Button>
      </section>
    </>
  );
}

function Compare(props: { request: EnrolmentRequest; onSame: () => void; onOther: () => void }) {
  return (
    <section class="card">
      <h2>{props.request.name}</h2>
      <p>{t("admin.compare")}</p>
      <Fingerprint groups={props.request.fingerprint} />
      <div class="buttons">
        <Button kind="danger" onClick={props.onOther}>{t("admin.differs")}</Button>
        <Button kind="primary" onClick={props.onSame}>{t("admin.same")}</Button>
      </div>
    </section>
  );
}
