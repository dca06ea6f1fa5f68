import type { DeviationRaised } from "../../core/events/types";
import type { Voided } from "../../courier/labels";
import type { Scan } from "../../courier/scans";
import { t, tCode } from "../../messages";
import { FullStop } from "../kit/FullStop";
import { NotDone } from "../kit/NotDone";
import { Button } from "../kit/Screen";
import { Time } from "../kit/Time";
import { useAct } from "../kit/useAct";
import { useClient } from "../session";
import type { Scans } from "./useScans";

/** A label that was declared void: the bag goes no further. The one way on is to tell Quality. */
export function VoidStop({ voided, scans }: { voided: Voided; scans: Scans }) {
  const client = useClient();
  const { container, serial } = voided;
  const scan = scans.scans.find((one) => one.container === container);
  const { run, problem } = useAct(async () => {
    if (scan?.coi) await client.record(raised(scan), `chain/${scan.coi}`);
    scans.remove(container);
  });
  return (
    <FullStop title={t("courier.void")} reason={t("courier.void_why", { serial, container })}>
      <p>{tCode("label_status", voided.status)}</p>
      <p>
        {t(voided.by === "ledger" ? "courier.void_now" : "courier.void_as_of")} <Time at={voided.asOf} />
      </p>
      {!scan?.coi && <p>{t("courier.void_unknown")}</p>}
      <NotDone problem={problem} />
      <Button onClick={run}>{t(scan?.coi ? "courier.void_report" : "courier.void_called")}</Button>
      {problem && <Button onClick={() => scans.remove(container)}>{t("courier.void_called")}</Button>}
    </FullStop>
  );
}

function raised({ container }: Scan): DeviationRaised {
  return {
    type: "DeviationRaised",
    code: "void_label_seen",
    severity: "critical",
    blocking: true,
    containers: [container],
    cause: null,
  };
}
