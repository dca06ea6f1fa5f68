/** What anybody sees who scans a label: is it genuine and current, and whom to call. */

import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../../core/problem";
import { t, tCode } from "../../messages";
import { Icon } from "../kit/Icon";
import { Busy, Notice } from "../kit/Notice";
import { Button, Screen } from "../kit/Screen";
import { Time } from "../kit/Time";
import { session, useClient } from "../session";
import { useStore } from "../store";

/** `GET /v1/labels/{token}`. */
export type LabelSeen = { genuine: boolean; current: boolean; status: string; contact: string | null; as_of: string };

export default function Label({ parts }: { parts: Record<string, string> }) {
  const client = useClient();
  const token = (parts["token"] ?? "").toUpperCase();
  const [seen, setSeen] = useState<LabelSeen | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const ask = () => {
    setProblem(null);
    client.readPublic<LabelSeen>(`/v1/labels/${encodeURIComponent(token)}`).then(setSeen, setProblem);
  };
  useEffect(ask, [client, token]);
  return (
    <Screen title={t("public.title")} back="/">
      {problem ? <Failed problem={problem} again={ask} serial={token.split(".")[1] ?? ""} /> : seen ? <Verdict seen={seen} /> : <Busy label={t("public.asking")} />}
      <Read token={token} />
      <Call contact={seen?.contact ?? null} />
      <p class="soft small">{t("public.only")}</p>
    </Screen>
  );
}

export function Verdict({ seen }: { seen: LabelSeen }) {
  const [tone, title] = seen.genuine
    ? seen.current ? (["ok", t("public.current")] as const) : (["stop", t("public.not_current")] as const)
    : (["stop", t("public.not_genuine")] as const);
  return (
    <Notice tone={tone} title={title} live>
      <p>{seen.genuine ? (seen.current ? t("public.current_more") : "") : t("public.not_genuine_more")}</p>
      {seen.genuine && <p>{tCode("label_status", seen.status)}</p>}
      <p class="soft small">{t("public.as_of")} <Time at={seen.as_of} /></p>
    </Notice>
  );
}

/** What this device was told of void labels holds without the ledger, too: voiding is for good. */
function Failed({ problem, again, serial }: { problem: Problem; again: () => void; serial: string }) {
  const client = useClient();
  const [voidAsOf, setVoidAsOf] = useState<number | null>(null);
  useEffect(() => {
    client.voided(serial).then((known) => setVoidAsOf(known?.value ? known.asOf : null), () => setVoidAsOf(null));
  }, [client, serial]);
  if (voidAsOf !== null) {
    return (
      <Notice tone="stop" title={t("courier.void")} live>
        <p>{t("label_status.voided")}</p>
        <p class="soft small">{t("courier.void_as_of")} <Time at={voidAsOf} /></p>
      </Notice>
    );
  }
  if (problem.kind === "malformed") return <Notice tone="stop" title={t("public.malformed")} live />;
  const paced = problem.kind === "too_many";
  return (
    <Notice tone="warn" title={t(paced ? "public.too_many" : "public.unknown")} live>
      <p>{t(paced ? "public.too_many_more" : "public.unknown_more")}</p>
      <Button onClick={again}>{t("shell.retry")}</Button>
    </Notice>
  );
}

function Read({ token }: { token: string }) {
  const seen = useStore(session);
  const [container, serial] = token.split(".");
  return (
    <section class="card">
      <dl class="facts">
        <dt>{t("public.container")}</dt>
        <dd class="mono">{container === "-" ? "–" : container}</dd>
        <dt>{t("public.serial")}</dt>
        <dd class="mono">{serial}</dd>
      </dl>
      {seen && container && container !== "-" && <Button to={`/audit/container/${container}`}>{t("public.open")}</Button>}
    </section>
  );
}

function Call({ contact }: { contact: string | null }) {
  if (!contact) return <p>{t("public.no_contact")}</p>;
  const number = contact.match(/\+?[0-9][0-9 ()/-]{5,}/)?.[0];
  return (
    <section class="card">
      <p>{t("public.call")}</p>
      {number ? (
        <a class="button primary" href={`tel:${number.replace(/[^+0-9]/g, "")}`}>
          <Icon name="phone" /> {contact}
        </a>
      ) : <strong>{contact}</strong>}
    </section>
  );
}
