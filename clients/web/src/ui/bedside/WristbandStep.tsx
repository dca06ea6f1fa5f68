import { useState } from "preact/hooks";
import type { Coi, Commitment, Party } from "../../core/events/types";
import { Problem } from "../../core/problem";
import type { Identified } from "../../core/wristbands";
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

/** `of`: what was read, as each therapy's order would have it; `all`: as every order here would. */
type Found = Omit<Wristband, "patient"> & { several: Coi[]; unmatched: boolean; of: Map<Coi, Commitment[]>; all: Commitment[] | null };
type Props = { here: Party; onStop: (stop: StopName) => void; onDone: (found: Wristband & Match) => void };

/** The wristband is turned into commitments at once; its values are kept nowhere. */
export function WristbandStep({ here, onStop, onDone }: Props) {
  const client = useClient();
  const [found, setFound] = useState<Found | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const pattern = wristbandPattern();

  const read = async ({ text, method, reason }: Reading): Promise<Verdict> => {
    try {
      const sets = await client.identified(identifiersIn(text, pattern) ?? {});
      return await judged(sets, { at: client.moment(), method, reason });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
      return "mismatch";
    }
  };
  const judged = async (sets: Identified[], read: Omit<Wristband, "patient">): Promise<Verdict> => {
    const all = sets.find((one) => one.coi === null)?.patient ?? null;
    const of = new Map(sets.flatMap(({ coi, patient }) => (coi ? [[coi, patient] as const] : [])));
    const asked = await Promise.all(sets.map(({ patient }) => matched(client, here.site, patient)));
    sets.forEach(({ patient }, at) => asked[at]?.forEach((one) => of.set(one.coi, patient))); // as it was ordered with
    const therapies = asked.flatMap((one) => one ?? []);
    if (asked.includes(null)) return later({ ...read, several: [], unmatched: true, of, all });
    const open = [...new Set(therapies.filter((one) => one.open).map((one) => one.coi))];
    const [coi, ...more] = open;
    if (!coi) {
      onStop(therapies.length ? "therapy_closed" : "no_therapy");
      return "mismatch";
    }
    if (more.length) return later({ ...read, several: open, unmatched: false, of, all });
    setTimeout(() => done({ ...read, several: open, unmatched: false, of, all }, coi), SEEN_MS);
    return "match";
  };
  const later = (one: Found): Verdict => {
    setTimeout(() => setFound(one), SEEN_MS);
    return one.unmatched ? "duplicate" : "match";
  };
  const done = ({ at, method, reason, unmatched, of, all }: Found, coi: Coi) => {
    const patient = of.get(coi) ?? all;
    if (patient) onDone({ patient, at, method, reason, coi, matched: !unmatched });
  };
  if (found) return <WhichTherapy found={found} onDone={(coi) => done(found, coi)} />;
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
    const known = found.unmatched ? found.all !== null || found.of.has(coi ?? "") : found.several.includes(coi ?? "");
    if (!coi || !known) return "mismatch";
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
