import { useEffect, useState } from "preact/hooks";
import type { Bytes } from "../../core/bytes";
import type { Answer, ESignature } from "../../core/client";
import { MEANINGS } from "../../core/events/table";
import { assertionBy, isOfPasskey, usable } from "../../core/passkey";
import type { Problem } from "../../core/problem";
import { type Key, t, tCode } from "../../messages";
import { Field } from "../kit/Field";
import { Busy, Notice } from "../kit/Notice";
import { PasskeyFailed } from "../kit/PasskeyFailed";
import { Button } from "../kit/Screen";
import { Time } from "../kit/Time";
import { useAct } from "../kit/useAct";
import { usePasskeys } from "../passkeys";
import { href } from "../route";

type Method = "passkey" | "passphrase";

type Props = {
  event: string; // what is signed; it says what the signature means
  me: string;
  act: string; // what the button says
  onSign: (esignature: ESignature) => Promise<unknown>; // throws `Problem`
};

/** The signer is asked again, and sees before signing what 21 CFR 11.50 wants shown: name, time, meaning.
 * By passkey where the ledger has one for this person and page; by the key's passphrase otherwise, and
 * whenever they choose it. */
export function Esign({ event, me, act, onSign }: Props) {
  const known = usePasskeys();
  const passkeys = known && usable(known);
  const [chosen, setChosen] = useState<Method | null>(null);
  const [passphrase, setPassphrase] = useState("");
  const meaning = MEANINGS[event] ?? "authorship";
  const by = chosen ?? (passkeys?.length ? "passkey" : "passphrase");
  const signing = useAct(async () => {
    const passkey = (challenge: Bytes) => assertionBy(passkeys ?? [], challenge);
    await onSign(by === "passkey" ? { meaning, passkey } : { meaning, passphrase }).finally(() => setPassphrase(""));
  });
  const submit = (submitted: Event) => {
    submitted.preventDefault();
    signing.run();
  };
  if (!passkeys) return <Busy />;
  return (
    <form class="esign" onSubmit={submit} aria-busy={signing.busy}>
      <Shown me={me} meaning={meaning} />
      {by === "passkey" ? <p>{t("passkey.asks")}</p> : <Passphrase value={passphrase} onValue={setPassphrase} problem={signing.problem} />}
      <NotSigned problem={signing.problem} />
      {signing.busy ? <Busy label={t(by === "passkey" ? "passkey.making" : "bedside.signing")} /> : (
        <>
          <Button submit kind="primary" wide disabled={by === "passphrase" && !passphrase}>{act}</Button>
          {passkeys.length > 0 && <Other by={by} onChoose={setChosen} />}
        </>
      )}
    </form>
  );
}

function Shown({ me, meaning }: { me: string; meaning: string }) {
  return (
    <dl class="facts">
      <dt>{t("bedside.signed_by")}</dt>
      <dd><strong>{me}</strong></dd>
      <dt>{t("bedside.meaning")}</dt>
      <dd>{meaningOf(meaning)}</dd>
      <dt>{t("bedside.signed_at")}</dt>
      <dd><Now /></dd>
    </dl>
  );
}

function Passphrase(props: { value: string; onValue: (value: string) => void; problem: Problem | null }) {
  const wrong = props.problem?.code === "wrong_passphrase" ? t("device.passphrase_wrong") : undefined;
  return <Field label={t("device.passphrase")} type="password" value={props.value} onValue={props.onValue} wrong={wrong} autocomplete="current-password" />;
}

/** A passkey that gave no answer explains itself; everything else is what the ledger or this device said. */
function NotSigned({ problem }: { problem: Problem | null }) {
  if (!problem || problem.code === "wrong_passphrase") return null;
  if (!isOfPasskey(problem)) return <Refused problem={problem} />;
  return <PasskeyFailed title={t("shell.not_signed")} problem={problem}><p>{t("passkey.nothing_lost")}</p></PasskeyFailed>;
}

function Other({ by, onChoose }: { by: Method; onChoose: (method: Method) => void }) {
  if (by === "passkey") return <Button onClick={() => onChoose("passphrase")}>{t("passkey.by_passphrase")}</Button>;
  return <Button onClick={() => onChoose("passkey")}>{t("passkey.by_passkey")}</Button>;
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
