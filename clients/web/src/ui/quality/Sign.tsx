import type { Answer } from "../../core/client";
import { answers, type Scope } from "../../quality/deciding";
import type { ReleaseCheck } from "../../quality/documents";
import { stops } from "../../bedside/rules";
import { t } from "../../messages";
import { listed } from "../../messages/sentence";
import { Failed, useAsked } from "../audit/asked";
import { part } from "../audit/words";
import { Gates } from "../bedside/Gates";
import { Busy, Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";
import { useClient } from "../session";
import type { Therapy } from "./asking";
import { Decide } from "./Decide";
import { Moved, Unsigned } from "./Standing";

type Props = {
  found: Therapy;
  scope: Scope;
  protocols: string[] | null;
  certificate: string | null; // SHA-256, hex
  me: string;
  again: () => void;
  onAnswer: (answer: Answer) => void;
};

/** The gates of exactly this release, as the ledger says now, and the signature where all are open. */
export function Sign(props: Props) {
  const client = useClient();
  const { scope, found } = props;
  const isAsked = scope.containers.length > 0 && scope.countries.length > 0;
  const ask = () => (isAsked ? client.ask<ReleaseCheck>(`/v1/chains/${part(found.chain.coi)}/release-check`, scope) : Promise.resolve(null));
  const asked = useAsked(ask, [client, found, JSON.stringify(scope)]);
  if (!isAsked) return <><Moved /><Notice tone="info" title={t("quality.choose_first")} /></>;
  if (asked.problem) return <NoAnswer {...asked} />;
  const check = asked.value;
  if (!check || !answers(check, scope)) return <Busy label={t("bedside.judging")} />;
  return (
    <>
      {check.verdict === "go" ? <Open check={check} {...props} /> : <><Moved /><Shut check={check} coi={found.chain.coi} /></>}
      <Gates gates={check.gates} />
      <Button onClick={asked.again} disabled={asked.busy}>{t("quality.look_again")}</Button>
    </>
  );
}

function NoAnswer({ problem, again }: ReturnType<typeof useAsked>) {
  if (!problem) return null;
  if (!problem.passes) return <Failed problem={problem} again={again} />;
  return (
    <Notice tone="warn" title={t("quality.offline")} live>
      <Unsigned />
      <div class="buttons"><Button onClick={again}>{t("shell.retry")}</Button></div>
    </Notice>
  );
}

function Open({ check, found, scope, protocols, certificate, me, again, onAnswer }: Props & { check: ReleaseCheck }) {
  if (!protocols || !certificate) return <Notice tone="wait" title={t(certificate ? "quality.protocols_wrong" : "quality.certificate_first")} />;
  return (
    <section class="card">
      <h2>{t("quality.release_act", { count: scope.containers.length })}</h2>
      <p>{t("quality.release_why", { names: listed(scope.containers), countries: listed(scope.countries), protocols: listed(protocols), count: check.gates.length })}</p>
      <Decide
        fields={{ type: "Released", ...scope, certificate, protocols }}
        coi={found.chain.coi}
        version={check.chain_version}
        checks={found.quality.required_checks}
        me={me}
        act={t("quality.release_sign")}
        again={again}
        onAnswer={onAnswer}
      />
    </section>
  );
}

/** Which gate stops it stands first in the list below; here, what to do about the two that are Quality's own. */
function Shut({ check, coi }: { check: ReleaseCheck; coi: string }) {
  const shut = check.gates.filter(stops).map(({ name }) => name);
  return (
    <Notice tone="stop" title={t("quality.shut")} live>
      <p>{t("quality.shut_why", { count: shut.length })}</p>
      {shut.includes("results_in_specification") && <p>{t("quality.shut_results")}</p>}
      {shut.includes("no_blocking_deviation") && <div class="buttons"><Button to={`/quality/therapy/${part(coi)}`}>{t("quality.to_deviations")}</Button></div>}
    </Notice>
  );
}
