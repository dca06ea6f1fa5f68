/** After the approval: which log this device will believe from now on, and the first sign-in. */

import { useEffect, useState } from "preact/hooks";
import { asProblem, type Problem } from "../../core/problem";
import { t } from "../../messages";
import { Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";
import { Why } from "../kit/Why";
import { go } from "../route";
import { useClient } from "../session";

type Offered = { origin: string; logKey: string };

export function Pin({ agent }: { agent: string }) {
  const client = useClient();
  const [log, setLog] = useState<Offered | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    client.offeredLog().then(setLog, setProblem);
  }, [client]);
  const enter = async () => {
    if (!log) return;
    try {
      await client.finishEnrolment({ agent, ...log });
      await client.signIn();
      go("/", { replace: true });
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <section class="card">
      <h2>{t("device.pin")}</h2>
      {log && (
        <>
          <p class="mono">{log.origin}</p>
          <p class="mono small">{log.logKey}</p>
          <p class="soft">{t("device.pin_hint")}</p>
        </>
      )}
      {problem && <Refusal problem={problem} />}
      <Button kind="primary" onClick={() => void enter()} disabled={!log}>{t("device.approved_yet")}</Button>
    </section>
  );
}

function Refusal({ problem }: { problem: Problem }) {
  if (problem.code === "unknown_key") return <Notice tone="wait" title={t("device.not_approved")} live />;
  if (problem.kind === "fault") return <Notice tone="warn" title={t("device.offline_first")} live />;
  return <Why problem={problem} />;
}

/** Eight groups of four, to be read aloud. */
export function Fingerprint({ groups }: { groups: readonly string[] }) {
  return (
    <p class="fingerprint" aria-label={groups.join(" ")}>
      {groups.map((group, place) => (
        <span key={place}>{group}</span>
      ))}
    </p>
  );
}
