import { useEffect, useState } from "preact/hooks";
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

const UNREAD_MS = 500; // so long it takes no press: the one before may have been meant for another stop

/** Each stop is drawn anew: with its own heading to hear, and no problem of the one before. */
export const keyOf = ({ container, serial }: Voided): string => `${container} ${serial}`;

/** A label that was declared void: the bag goes no further. The one way on is to tell Quality. */
export function VoidStop({ voided, scans }: { voided: Voided; scans: Scans }) {
  const client = useClient();
  const { container, serial } = voided;
  const isRead = useLater(UNREAD_MS);
  const scan = scans.scans.find((one) => one.container === container);
  const { run, problem } = useAct(async () => {
    if (scan?.coi) await client.record(raised(scan), `chain/${scan.coi}`);
    scans.acted(voided);
  });
  return (
    <FullStop title={t("courier.void")} reason={t("courier.void_why", { serial, container })}>
      <p>{tCode("label_status", voided.status)}</p>
      <p>
        {t(voided.by === "ledger" ? "courier.void_now" : "courier.void_as_of")} <Time at={voided.asOf} />
      </p>
      {!scan?.coi && <p>{t("courier.void_unknown")}</p>}
      <NotDone problem={problem} />
      <Button onClick={run} disabled={!isRead}>{t(scan?.coi ? "courier.void_report" : "courier.void_called")}</Button>
      {problem && <Button onClick={() => scans.acted(voided)}>{t("courier.void_called")}</Button>}
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

/** False until it has been on screen for `wait` milliseconds. */
function useLater(wait: number): boolean {
  const [later, setLater] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLater(true), wait);
    return () => clearTimeout(timer);
  }, [wait]);
  return later;
}
