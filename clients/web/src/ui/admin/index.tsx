/** An administrator meets a new device or passkey: scan its request, compare the fingerprint aloud, sign. */

import { useState } from "preact/hooks";
import { readRequest } from "../../core/enrolment";
import { PREFIX as OF_PASSKEY, readRequest as readPasskey } from "../../core/passkey";
import type { EnrolmentRequest, PasskeyRequest } from "../../core/types";
import { extend, t } from "../../messages";
import { Fingerprint } from "../device/Pin";
import { Field } from "../kit/Field";
import { Notice } from "../kit/Notice";
import { Scanner } from "../kit/Scanner";
import { Button, Screen } from "../kit/Screen";
import { Enrolment } from "./Enrolment";
import { PasskeyApproval } from "./PasskeyApproval";

await extend("passkey");

type Request = EnrolmentRequest | PasskeyRequest;
type Step = "read" | "compare" | "enrol" | "stopped";

const isPasskey = (request: Request): request is PasskeyRequest => "credential" in request;

export default function Admin() {
  const [request, setRequest] = useState<Request | null>(null);
  const [step, setStep] = useState<Step>("read");
  const read = (found: Request) => {
    setRequest(found);
    setStep("compare");
  };
  return (
    <Screen title={t("admin.title")} back="/">
      {step === "stopped" && <Notice tone="stop" title={t("admin.stopped")} live />}
      {(step === "read" || step === "stopped") && <Read onRequest={read} />}
      {step === "compare" && request && <Compare request={request} onSame={() => setStep("enrol")} onOther={() => setStep("stopped")} />}
      {step === "enrol" && request && (isPasskey(request) ? <PasskeyApproval request={request} /> : <Enrolment request={request} />)}
    </Screen>
  );
}

function Read({ onRequest }: { onRequest: (request: Request) => void }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const take = async (given: string) => {
    try {
      onRequest(await (given.trim().startsWith(OF_PASSKEY) ? readPasskey(given) : readRequest(given)));
    } catch {
      setWrong(t("admin.not_one"));
    }
  };
  return (
    <>
      <Scanner what={t("admin.scan")} wanted={["enrolment", "passkey"]} onRead={({ text: given }) => take(given)} />
      <section class="card">
        <Field label={t("admin.paste")} value={text} onValue={setText} wrong={wrong || undefined} />
        <Button onClick={() => void take(text)}>{t("shell.continue")}</Button>
      </section>
    </>
  );
}

function Compare({ request, onSame, onOther }: { request: Request; onSame: () => void; onOther: () => void }) {
  const { name } = request;
  return (
    <section class="card">
      <h2>{name}</h2>
      <p>{isPasskey(request) ? t("passkey.compare", { name }) : t("admin.compare")}</p>
      <Fingerprint groups={request.fingerprint} />
      {isPasskey(request) && <p>{t("passkey.only", { domain: request.rpId })}</p>}
      <div class="buttons">
        <Button kind="danger" onClick={onOther}>{t("admin.differs")}</Button>
        <Button kind="primary" onClick={onSame}>{t("admin.same")}</Button>
      </div>
    </section>
  );
}
