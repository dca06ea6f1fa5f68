import { useEffect, useState } from "preact/hooks";
import type { Answer, ESignature } from "../../core/client";
import { MEANINGS } from "../../core/events/table";
import { Problem } from "../../core/problem";
import { type Key, t, tCode } from "../../messages";
import { Field } from "../kit/Field";
import { Busy, Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";
import { Time } from "../kit/Time";
import { href } from "../route";

type Props = {
  event: string; // what is signed; it says what the signature means
  me: string;
  act: string; // what the button says
  onSign: (esignature: ESignature) => Promise<unknown>; // throws `Problem`
};

/** The signer is asked again, and sees before signing what 21 CFR 11.50 wants shown: name, time, meaning. */
export function Esign({ event, me, act, onSign }: Props) {
  const [passphrase, setPassphrase] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const meaning = MEANINGS[event] ?? "authorship";
  const sign = async (submitted: Event) => {
    submitted.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await onSign({ meaning, passphrase });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    }
    setPassphrase("");
    setBusy(false);
  };
  const wrong = problem?.code === "wrong_passphrase" ? t("device.passphrase_wrong") : undefined;
  return (
    <form class="esign" onSubmit={(submitted) => void sign(submitted)} aria-busy={busy}>
      <dl class="facts">
        <dt>{t("bedside.signed_by")}</dt>
        <dd><strong>{me}</strong></dd>
        <dt>{t("bedside.meaning")}</dt>
        <dd>{meaningOf(meaning)}</dd>
        <dt>{t("bedside.signed_at")}</dt>
        <dd><Now /></dd>
      </dl>
      <Field label={t("device.passphrase")} type="password" value={passphrase} onValue={setPassphrase} wrong={wrong} autocomplete="current-password" />
      {problem && !wrong && <Refused problem={problem} />}
      {busy ? <Busy label={t("bedside.signing")} /> : <Button submit kind="primary" wide disabled={!passphrase}>{act}</Button>}
    </form>
  );
}

/** What the ledger said no with; of gates it names the first, the list below shows all. */
export function Refused({ problem }: { problem: Problem }) {
  return (
    <Notice tone="warn" title={tCode("refusal", problem.code)} live>
      <p class="small">{problem.detail}</p>
    </Notice>
  );
}

export function meaningOf(meaning: string): string {
  return t(`bedside.meaning_${meaning}` as Key);
}

/** What was signed: by whom, when the ledger took it, and what it means. */
export function Signed({ title, event, me, answer }: { title: string; event: string; me: string; answer: Answer }) {
  return (
    <Notice tone="ok" title={title} live>
      <p>
        {t("bedside.signed", { who: me, meaning: meaningOf(MEANINGS[event] ?? "authorship") })} <Time at={answer.recorded_at} seconds />.{" "}
        <Entry position={answer.position} />
      </p>
      {answer.deviations.length > 0 && <p>{t("bedside.raised", { codes: answer.deviations.map((one) => tCode("finding_name", one.code)).join(", ") })}</p>}
    </Notice>
  );
}

/** In a tab of its own: what was read at the bed lives in this one. */
export function Entry({ position }: { position: number }) {
  return <a class="entry" href={href(`/audit/entry/${position}`)} target="_blank" rel="noopener">{t("bedside.entry", { position })}</a>;
}

function Now() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return <Time at={now} seconds />;
}
