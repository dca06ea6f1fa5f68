import { useEffect, useState } from "preact/hooks";
import type { ESignature } from "../../core/client";
import { Problem } from "../../core/problem";
import type { Visit } from "../../bedside/documents";
import type { Stop } from "../../bedside/rules";
import { Feedback } from "../../scan/feedback";
import { t } from "../../messages";
import { FullStop } from "../kit/FullStop";
import { Button } from "../kit/Screen";
import { isMuted } from "../kit/useScanning";
import { useClient, session } from "../session";
import { type Told, toldLedger } from "../../bedside/stopping";
import { Entry, Esign, Refused } from "./Esign";

// The ledger knows these already: nothing is left to record.
const KNOWN = ["identity_doubted", "checks_disagree", "no_therapy", "therapy_closed"];

type Props = { stop: Stop; visit: Visit | null; version?: number | undefined; contact?: string | null | undefined; onLeave: () => void };

/** Told to eye, ear and hand. What one may do is an act of its own; nothing merely closes it. */
export function StopScreen({ stop, visit, version, contact, onLeave }: Props) {
  const client = useClient();
  const [done, setDone] = useState<Told | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [ask, setAsk] = useState(false); // the product wants an e-signature under a check
  useEffect(() => {
    const feedback = new Feedback(isMuted);
    feedback.tell("mismatch");
    return () => feedback.close();
  }, [stop.name]);

  const record = async (esignature?: ESignature) => {
    if (!visit) return;
    const told = await toldLedger(client, visit, stop, version, esignature);
    if (told === "ask") return setAsk(true);
    setDone(told);
  };
  const press = () => {
    record().catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    });
  };
  const recordable = visit !== null && !KNOWN.includes(stop.name) && !done;
  return (
    <FullStop title={t(`bedside.stop_${stop.name}`)} reason={stop.reason || t(`bedside.stop_${stop.name}_why`)}>
      <p>{t(`bedside.stop_${stop.name}_do`)}</p>
      {stop.proof.length > 0 && <p class="proofs">{stop.proof.map((position) => <Entry position={position} key={position} />)}</p>}
      {recordable && !ask && <Button onClick={press}>{t("bedside.took_away")}</Button>}
      {recordable && ask && <div class="card"><Esign event="InfusionChecked" me={session.get()?.agent ?? ""} act={t("bedside.took_away")} onSign={record} /></div>}
      {problem && <div class="card"><Refused problem={problem} /></div>}
      {done && (
        <p role="status" class="recorded">
          <strong>{done.position === null ? t("bedside.stop_kept") : t("bedside.stop_recorded")}</strong>{" "}
          {done.position !== null && <Entry position={done.position} />}
        </p>
      )}
      {contact && <a class="button" href={`tel:${contact.replace(/[^+0-9]/g, "")}`}>{t("bedside.call", { contact })}</a>}
      {!recordable && <Button onClick={onLeave}>{t("bedside.start_again")}</Button>}
    </FullStop>
  );
}
