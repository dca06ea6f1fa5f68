import { useState } from "preact/hooks";
import type { Answer } from "../../core/client";
import { confirmations } from "../../quality/waiting";
import { t } from "../../messages";
import { listed } from "../../messages/sentence";
import { Entry, Signed } from "../bedside/Esign";
import { Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";
import type { Therapy } from "./asking";
import { type Certificate, CertificateFile } from "./Certificate";
import { Decide } from "./Decide";

type Props = { found: Therapy; names: readonly string[]; site: string; me: string; again: () => void };

/** Where the product wants two people: the site confirms what it made, and somebody else releases it. */
export function Confirmed(props: Props) {
  const { found: { quality }, names, me } = props;
  const [answer, setAnswer] = useState<Answer | null>(null);
  if (!quality.required_checks.includes("site_confirmation") || !names.length) return null;
  const made = confirmations(quality, names);
  const mine = made.find(({ signer }) => signer === me);
  const missing = names.filter((name) => !confirmations(quality, [name]).length);
  return (
    <>
      {answer && <Signed title={t("quality.confirmed")} event="BatchConfirmed" me={me} answer={answer} />}
      {mine && <Notice tone="stop" title={t("quality.two_other")}><p>{t("quality.two_other_why")} <Entry position={mine.position} /></p></Notice>}
      {missing.length > 0 && <Missing {...props} names={missing} onAnswer={setAnswer} />}
      {!mine && !missing.length && (
        <Notice tone="ok" title={t("quality.two_confirmed")}>
          {made.map(({ signer, site, position }) => <p key={position}>{t("quality.two_by", { who: signer, site })} <Entry position={position} /></p>)}
        </Notice>
      )}
    </>
  );
}

function Missing(props: Props & { onAnswer: (answer: Answer) => void }) {
  const [opened, setOpened] = useState(false);
  if (opened) return <Confirm {...props} />;
  return (
    <Notice tone="wait" title={t("quality.two_missing", { names: listed(props.names) })}>
      <p>{t("quality.two_why")}</p>
      <div class="buttons"><Button onClick={() => setOpened(true)}>{t("quality.confirm")}</Button></div>
    </Notice>
  );
}

function Confirm({ found, names, site, me, again, onAnswer }: Props & { onAnswer: (answer: Answer) => void }) {
  const [file, setFile] = useState<Certificate | null>(null);
  return (
    <section class="card">
      <h2>{t("quality.confirm")}</h2>
      <p>{t("quality.confirm_why", { names: listed(names), site })}</p>
      <CertificateFile label={t("quality.confirmation")} value={file} onValue={setFile} />
      {file && (
        <Decide
          fields={{ type: "BatchConfirmed", site, containers: [...names], confirmation: file.digest }}
          coi={found.chain.coi}
          version={found.chain.version}
          checks={found.quality.required_checks}
          act={t("quality.confirm_sign")}
          {...{ me, again, onAnswer }}
        />
      )}
    </section>
  );
}
