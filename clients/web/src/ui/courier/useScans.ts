import { useEffect, useState } from "preact/hooks";
import type { MyList } from "../../courier/bags";
import { addBag, addCoi, refreshed, type Scan } from "../../courier/scans";
import { t } from "../../messages";
import type { Scanned } from "../../scan/parse";
import { useClient } from "../session";

export interface Voided {
  container: string;
  serial: string;
  asOf: number;
}

export interface Scans {
  scans: Scan[];
  said: string; // what became of the last scan, to be read aloud
  voided: Voided | null; // a hard stop
  read: (found: Scanned, text: string) => Promise<void>;
  remove: (container: string) => void;
}

/** The bags that were scanned so far, and what each further scan does to them. */
export function useScans(known: MyList): Scans {
  const client = useClient();
  const [scans, setScans] = useState<Scan[]>([]);
  const [said, setSaid] = useState("");
  const [voided, setVoided] = useState<Voided | null>(null);
  useEffect(() => setScans((now) => refreshed(now, known)), [known]);

  const bag = async (container: string, serial: string | null) => {
    const found = serial ? await client.voided(serial) : null;
    if (serial && found?.value) setVoided({ container, serial, asOf: found.asOf });
    setScans((now) => {
      const [next, outcome] = addBag(now, container, serial, known);
      setSaid(outcome === "twice" ? t("courier.twice", { container }) : t("courier.scanned", { count: next.length }));
      return next;
    });
  };
  const read = async (found: Scanned, text: string) => {
    const coi = found.kind === "coi" || found.kind === "isbt" ? found.coi : undefined;
    if (found.kind === "label" && found.container) await bag(found.container, found.serial);
    else if (found.kind === "container") await bag(found.text, null);
    else if (found.kind === "chunk") (await client.importStatements(text)) && setSaid(t("courier.took_in"));
    else if (coi) setScans((now) => addCoi(now, coi)[0]);
    else setSaid(t("courier.not_a_bag"));
  };
  const remove = (container: string) => {
    setScans((now) => now.filter((one) => one.container !== container));
    setVoided((now) => (now?.container === container ? null : now));
  };
  return { scans, said, voided, read, remove };
}
