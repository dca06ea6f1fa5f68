import { useEffect, useRef, useState } from "preact/hooks";
import type { Coi } from "../../core/events/types";
import { Problem } from "../../core/problem";
import type { MyList } from "../../courier/bags";
import type { Voided } from "../../courier/labels";
import { addBag, completed, doubted, isSame, ofCoi, refreshed, type Scan } from "../../courier/scans";
import { t } from "../../messages";
import type { Verdict } from "../../scan/feedback";
import type { Link } from "../../scan/link";
import type { Scanned } from "../../scan/parse";
import { useClient } from "../session";
import { useLabels } from "./useLabels";

/** A label, the giver's phone, or the square code that says whose a bag is. */
export const WANTED = ["label", "container", "chunk", "coi", "isbt"] as const;

/** What useScans needs of a reading. */
type Read = { scanned: Scanned; text: string };
/** Nothing: it was read, and there was nothing to compare it with. */
type Judged = Promise<Verdict | void>;

export interface Scans {
  scans: Scan[];
  said: string; // what became of the last scan, to be read aloud
  voided: Voided | null; // a hard stop
  unplaced: Coi[]; // chains of identity that were read: which bag each is of, the person may have to say
  noList: boolean; // this device has no list of void labels: none can stop
  read: (reading: Read, forget: () => void) => Judged;
  changed: boolean; // while it was checked: it must be looked at before it is signed
  clear: () => Promise<Scan[] | null>; // before signing: the list, where no label is void and nothing changed meanwhile
  complete: (container: string, coi: Coi) => void;
  remove: (container: string) => void;
  acted: (voided: Voided) => void; // on this stop
}

/** The bags that were scanned so far, and what each further scan does to them. `fits`: whether a bag
 * that this device knows is where it should be for what is being done. */
export function useScans(known: MyList, fits: (scan: Scan) => boolean): Scans {
  const client = useClient();
  const [scans, setScans] = useState<Scan[]>([]);
  const [said, setSaid] = useState("");
  const [unplaced, setUnplaced] = useState<Coi[]>([]);
  const latest = useRef(scans); // two symbols may be read before the next drawing
  const [changed, setChanged] = useState(false);
  const readings = useRef(0);
  const turn = useRef<Promise<unknown>>(Promise.resolve()); // and are judged in the order of their reading
  const keep = (next: Scan[]): void => {
    latest.current = next;
    setScans(next);
  };
  const list = useRef(known); // it may arrive between a scan and its judgement
  list.current = known;
  useEffect(() => keep(refreshed(latest.current, known)), [known]);

  const labels = useLabels((container, word) => keep(doubted(latest.current, container, word)));
  const label = async (link: Link, forget: () => void): Judged => {
    const { container, serial } = link;
    const verdict = container === null ? told(t("courier.not_a_bag"), "mismatch") : bag(container, serial, forget);
    const word = await labels.word(link);
    if (word === "void") return "mismatch";
    return word === "doubtful" || word === "unknown" ? undefined : verdict; // a match is what the ledger confirms
  };
  const bag = (container: string, serial: string | null, forget: () => void): Verdict | undefined => {
    const [next, outcome] = addBag(latest.current, { container, label: serial, forget }, list.current);
    keep(next);
    setSaid(outcome === "twice" ? t("courier.twice", { container }) : t("courier.scanned", { count: next.length }));
    if (outcome === "twice") return "duplicate";
    return next.some((one) => one.container === container && fits(one)) ? "match" : undefined;
  };
  const therapy = (coi: Coi): Verdict | undefined => {
    const outcome = ofCoi(latest.current, coi);
    if (outcome === "which" || outcome === "no_bag") setUnplaced((before) => [...new Set([coi, ...before])]);
    if (outcome !== "known") setSaid(t(`courier.coi_${outcome}`, { coi }));
    return outcome === "other_therapy" ? "mismatch" : undefined;
  };
  /** One of the codes of the giver's phone. */
  const part = async (text: string): Judged => {
    try {
      const taken = await client.importStatements(text);
      const { have, of } = client.importing.get() ?? { have: 0, of: 0 };
      if (taken) setSaid(t("courier.took_in"));
      else if (of) setSaid(t("courier.part", { part: have, of }));
      return undefined; // shown by a phone: nothing is proved by it
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return told(t(error.kind === "unauthentic" ? "courier.not_theirs" : "courier.not_taken_in"), "mismatch");
    }
  };
  const judge = async ({ scanned, text }: Read, forget: () => void): Judged => {
    const coi = scanned.kind === "coi" || scanned.kind === "isbt" ? scanned.coi : undefined;
    if (scanned.kind === "label") return label(scanned, forget);
    if (scanned.kind === "container") return bag(scanned.text, null, forget);
    if (scanned.kind === "chunk") return part(text);
    return coi ? therapy(coi) : undefined; // the scanner says that it names no bag
  };
  const read = (reading: Read, forget: () => void): Judged => {
    readings.current++;
    const mine = turn.current.then(() => judge(reading, forget));
    turn.current = mine.catch(() => undefined);
    return mine;
  };
  const told = (text: string, verdict: Verdict): Verdict => {
    setSaid(text);
    return verdict;
  };
  const complete = (container: string, coi: Coi) => keep(completed(latest.current, container, coi));
  const remove = (container: string) => {
    latest.current.find((one) => one.container === container)?.forget();
    keep(latest.current.filter((one) => one.container !== container));
  };
  const acted = (voided: Voided) => (remove(voided.container), labels.acted(voided));
  /** A label may have been declared void since it was scanned; and while that is asked, a bag may be
   * scanned or taken off: the person signs what they saw when they pressed, or nothing. */
  const clear = async (): Promise<Scan[] | null> => {
    const [pressed, read] = [latest.current, readings.current];
    setChanged(false);
    if (!(await labels.clear(pressed))) return null;
    const isAsPressed = isSame(pressed, latest.current) && readings.current === read;
    setChanged(!isAsPressed);
    return isAsPressed ? latest.current : null;
  };
  return { scans, said, voided: labels.voided, unplaced, noList: labels.noList, changed, read, clear, complete, remove, acted };
}
