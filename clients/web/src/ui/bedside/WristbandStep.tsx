import { useState } from "preact/hooks";
import type { Coi, Commitment, Party } from "../../core/events/types";
import { Problem } from "../../core/problem";
import type { Therapy, Wristband } from "../../bedside/documents";
import { identifiersIn, type StopName } from "../../bedside/rules";
import type { Verdict } from "../../scan/feedback";
import type { Reading } from "../../scan/scanning";
import { t } from "../../messages";
import { Notice } from "../kit/Notice";
import { Scanner } from "../kit/Scanner";
import { Button } from "../kit/Screen";
import { Why } from "../kit/Why";
import { useClient } from "../session";
import { SEEN_MS } from "./BadgeStep";
import { wristbandPattern } from "./Keys";

/** Whose therapy it is. `matched` false: nobody could say; the bag's own label does. */
export interface Match {
  coi: Coi;
  matched: boolean;
}

type Found = Wristband & { several: Coi[]; unmatched: boolean };
type Props = { here: Party; fields: string[]; onStop: (stop: StopName) => void; onDone: (found: Wristband & Match) => void };

/** The wristband is turned into commitments at once; its values are kept nowhere. */
export function WristbandStep({ here, fields, onStop, onDone }: Props) {
  const client = useClient();
  const [found, setFound] = useState<Found | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const pattern = wristbandPattern();

  const read = async ({ text, method, reason }: Reading): Promise<Verdict> => {
    const values = identifiersIn(text, pattern) ?? {};
    const known = Object.fromEntries(Object.entries(values).filter(([field]) => fields.includes(field)));
    try {
      const patient = await client.commitments(known);
      return await judged({ patient, at: client.moment(), method, reason });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      return "mismatch";
    }
  };
  const judged = async (wristband: Wristband): Promise<Verdict> => {
    const therapies = await matched(client, here.site, wristband.patient);
    if (therapies === null) return later({ ...wristband, several: [], unmatched: true });
    const open = therapies.filter((one) => one.open).map((one) => one.coi);
    const [coi, ...more] = open;
    if (!coi) {
      onStop(therapies.length ? "therapy_closed" : "no_therapy");
      return "mismatch";
    }
    if (more.length) return later({ ...wristband, several: open, unmatched: false });
    setTimeout(() => onDone({ ...wristband, coi, matched: true }), SEEN_MS);
    return "match";
  };
  const later = (one: Found): Verdict => {
    setTimeout(() => setFound(one), SEEN_MS);
    return one.unmatched ? "duplicate" : "match";
  };
  if (found) return <WhichTherapy found={found} onDone={(coi) => onDone({ ...found, coi, matched: !found.unmatched })} />;
  return (
    <>
      {problem && (
        <Why problem={problem} tone="warn" />
      )}
      <Scanner what={t("bedside.scan_wristband")} wanted={["wristband"]} setting={{ wristband: pattern, expected: ["wristband"] }} onRead={read} />
    </>
  );
}

/** Null: the ledger is out of reach, and this device has never asked about this wristband. */
async function matched(client: ReturnType<typeof useClient>, site: string, patient: Commitment[]): Promise<Therapy[] | null> {
  try {
    return (await client.consult<{ therapies: Therapy[] }>("/v1/patients/match", { site, patient })).value.therapies;
  } catch (error) {
    if (error instanceof Problem && error.kind === "fault") return null;
    throw error;
  }
}

/** The patient has several open therapies, or none can be told: the order's own code says which. */
function WhichTherapy({ found, onDone }: { found: Found; onDone: (coi: Coi) => void }) {
  const [agreed, setAgreed] = useState(false);
  const read = ({ scanned }: Reading): Verdict => {
    const coi = scanned.kind === "coi" || scanned.kind === "isbt" ? scanned.coi : undefined;
    if (!coi || !(found.unmatched || found.several.includes(coi))) return "mismatch";
    setTimeout(() => onDone(coi), SEEN_MS);
    return "match";
  };
  const scanner = <Scanner what={t("bedside.scan_order")} wanted={["coi", "isbt"]} onRead={read} />;
  if (!found.unmatched) return <><p>{t("bedside.several")}</p>{scanner}</>;
  return (
    <>
      <Notice tone="stop" title={t("bedside.unmatched")} live>
        <p>{t("bedside.unmatched_why")}</p>
      </Notice>
      {agreed ? scanner : <Button onClick={() => setAgreed(true)}>{t("bedside.record_only")}</Button>}
    </>
  );
}
