/** The bags of one hand-over as they are scanned, one after another. Pure. */

import type { Coi, ContainerId, Label } from "../core/events/types";
import type { Bag, MyList } from "./bags";

/** A scanned bag whose therapy may not be known yet: nothing is signed before it is. */
export interface Scan {
  container: ContainerId;
  label: Label | null;
  coi: Coi | null;
  bag: Bag | null; // as this device knew it before
  forget: () => void; // lets the scanner read it again, once it is off the list
}

export type Outcome = "added" | "twice";
export type CoiOutcome = "completed" | "known" | "which" | "other_therapy";

/** A label was read. `known`: every bag that this device knows, wherever it is. */
export function addBag(scans: readonly Scan[], read: Pick<Scan, "container" | "label" | "forget">, known: MyList): [Scan[], Outcome] {
  const before = scans.find((one) => one.container === read.container);
  if (before) {
    const label = before.label ?? read.label; // its id may have been read before its label
    return [scans.map((one) => (one === before ? { ...one, label } : one)), "twice"];
  }
  const bag = find(known, read.container);
  return [[...scans, { ...read, coi: bag?.coi ?? null, bag }], "added"];
}

/**
 * A chain of identity was read. Its symbol names no bag, so it is taken only where no other can be
 * meant: for the bag that was scanned last, when that is the only one whose therapy is not known,
 * and no other bag here is of that therapy. Else the person says at the bag which it is (`completed`).
 */
export function addCoi(scans: readonly Scan[], coi: Coi): [Scan[], CoiOutcome] {
  const isHere = scans.some((one) => one.coi === coi);
  const [lacking, ...more] = scans.filter((one) => one.coi === null);
  if (!lacking) return [[...scans], isHere ? "known" : "other_therapy"];
  if (isHere || more.length || lacking !== scans.at(-1)) return [[...scans], "which"];
  return [completed(scans, lacking.container, coi), "completed"];
}

/** The person says of this bag which therapy it is of. */
export function completed(scans: readonly Scan[], container: ContainerId, coi: Coi): Scan[] {
  return scans.map((one) => (one.container === container ? { ...one, coi } : one));
}

/** The list may have learned of an offer, or of a therapy, since the bag was scanned. What is shown
 * is what is signed: the ledger's word for the therapy stands before what was typed. */
export function refreshed(scans: readonly Scan[], known: MyList): Scan[] {
  return scans.map((one) => {
    const bag = find(known, one.container) ?? one.bag;
    return { ...one, bag, coi: bag?.coi ?? one.coi };
  });
}

/** The bag to sign for: what is known of it, or only what its label says. */
export function bagOf(scan: Scan): Bag {
  if (scan.coi === null) throw new RangeError("its therapy is not known yet");
  return scan.bag ?? { container: scan.container, coi: scan.coi, expiresAt: null, offer: null, unsent: null };
}

/** An offer counts for whom it was made: what this department gave away it cannot accept itself. */
function find(known: MyList, container: ContainerId): Bag | null {
  const mine = [...known.offered, ...known.here].find((one) => one.container === container);
  const given = known.given.find((one) => one.container === container);
  return mine ?? (given ? { ...given, offer: null } : null);
}
