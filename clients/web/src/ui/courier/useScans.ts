import { useEffect, useRef, useState } from "preact/hooks";
import type { MyList } from "../../courier/bags";
import { addBag, addCoi, refreshed, type Scan } from "../../courier/scans";
import { t } from "../../messages";
import type { Verdict } from "../../scan/feedback";
import type { Scanned } from "../../scan/parse";
import { useClient } from "../session";

/** A label, the giver's phone, or the square code that says whose a bag is. */
export const WANTED = ["label", "container", "chunk", "coi", "isbt"] as const;

export interface Voided {
  container: string;
  serial: string;
  asOf: number;
}

/** What useScans needs of a reading. */
type Read = { scanned: Scanned; text: string };

export interface Scans {
  scans: Scan[];
  said: string; // what became of the last scan, to be read aloud
  voided: Voided | null; // a hard stop
  read: (reading: Read, forget: () => void) => Promise<Verdict>;
  remove: (container: string) => void;
}

/** The bags that were scanned so far, and what each further scan does to them. */
export function useScans(known: MyList): Scans {
  const client = useClient();
  const [scans, setScans] = useState<Scan[]>([]);
  const [said, setSaid] = useState("");
  const [voided, setVoided] = useState<Voided | null>(null);
  const latest = useRef(scans); // two symbols may be read before the next drawing
  const keep = (next: Scan[]): Verdict => {
    latest.current = next;
    setScans(next);
    return "match";
  };
  useEffect(() => void keep(refreshed(latest.current, known)), [known]);

  const bag = async (container: string, label: string | null, forget: () => void): Promise<Verdict> => {
    const found = label ? await client.voided(label) : null;
    if (label && found?.value) setVoided({ container, serial: label, asOf: found.asOf });
    const [next, outcome] = addBag(latest.current, { container, label, forget }, known);
    keep(next);
    setSaid(outcome === "twice" ? t("courier.twice", { container }) : t("courier.scanned", { count: next.length }));
    return found?.value ? "mismatch" : outcome === "twice" ? "duplicate" : "match";
  };
  const read = async ({ scanned, text }: Read, forget: () => void): Promise<Verdict> => {
    const coi = scanned.kind === "coi" || scanned.kind === "isbt" ? scanned.coi : undefined;
    if (scanned.kind === "label" && scanned.container) return bag(scanned.container, scanned.serial, forget);
    if (scanned.kind === "container") return bag(scanned.text, null, forget);
    if (scanned.kind === "chunk") return (await client.importStatements(text)) ? told(t("courier.took_in"), "match") : "match";
    if (coi) return keep(addCoi(latest.current, coi)[0]);
    return told(t("courier.not_a_bag"), "mismatch");
  };
  const told = (text: string, verdict: Verdict): Verdict => {
    setSaid(text);
    return verdict;
  };
  const remove = (container: string) => {
    latest.current.find((one) => one.container === container)?.forget();
    keep(latest.current.filter((one) => one.container !== container));
    setVoided((now) => (now?.container === container ? null : now));
  };
  return { scans, said, voided, read, remove };
}
