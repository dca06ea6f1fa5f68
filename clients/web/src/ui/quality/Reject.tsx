import { useState } from "preact/hooks";
import type { Answer } from "../../core/client";
import { reasonIn, REASONS_TO_REJECT } from "../../quality/deciding";
import { t } from "../../messages";
import { listed } from "../../messages/sentence";
import { Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";
import type { Therapy } from "./asking";
import { Decide } from "./Decide";
import { Reason } from "./Reason";

type Props = { found: Therapy; names: readonly string[]; me: string; again: () => void; onAnswer: (answer: Answer) => void };

/** The other end of the same doses: no gate stands in its way, and nothing takes it back. */
export function Reject(props: Props) {
  const [opened, setOpened] = useState(false);
  if (!props.names.length) return null;
  if (!opened) return <Button kind="danger" onClick={() => setOpened(true)}>{t("quality.reject")}</Button>;
  return <Form {...props} onBack={() => setOpened(false)} />;
}

function Form({ found, names, me, again, onAnswer, onBack }: Props & { onBack: () => void }) {
  const [reason, setReason] = useState<string | null>(null);
  const [own, setOwn] = useState("");
  const code = reasonIn(reason, own);
  return (
    <section class="card danger">
      <h2>{t("quality.reject")}</h2>
      <Notice tone="stop" title={t("quality.rejected_stands")}><p>{t("quality.reject_why", { names: listed(names) })}</p></Notice>
      <Reason reasons={REASONS_TO_REJECT} value={reason} own={own} onValue={setReason} onOwn={setOwn} />
      {code && (
        <Decide
          fields={{ type: "Rejected", containers: [...names], reason: code }}
          coi={found.chain.coi}
          version={found.chain.version}
          checks={found.quality.required_checks}
          act={t("quality.sign_rejected")}
          {...{ me, again, onAnswer }}
        />
      )}
      <Button onClick={onBack}>{t("shell.cancel")}</Button>
    </section>
  );
}
