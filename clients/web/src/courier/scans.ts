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

export type Outcome = "added" | "twice" | "completed" | "nothing_to_complete";

/** A label was read. `known`: every bag that this device knows, wherever it is. */
export function addBag(scans: readonly Scan[], read: Pick<Scan, "container" | "label" | "forget">, known: MyList): [Scan[], Outcome] {
  if (scans.some((one) => one.container === read.container)) return [[...scans], "twice"];
  const bag = find(known, read.container);
  return [[...scans, { ...read, coi: bag?.coi ?? null, bag }], "added"];
}

/** A chain of identity was read: it belongs to the bag that was scanned last and lacks one. */
export function addCoi(scans: readonly Scan[], coi: Coi): [Scan[], Outcome] {
  const at = scans.findLastIndex((one) => one.coi === null);
  if (at < 0) return [[...scans], "nothing_to_complete"];
  return [scans.map((one, place) => (place === at ? { ...one, coi } : one)), "completed"];
}

/** The list may have learned of an offer, or of a therapy, since the bag was scanned. */
export function refreshed(scans: readonly Scan[], known: MyList): Scan[] {
  return scans.map((one) => {
    const bag = find(known, one.container) ?? one.bag;
    return { ...one, bag, coi: one.coi ?? bag?.coi ?? null };
  });
}

/** The bag to sign for: what is known of it, or only what its label says. */
export function bagOf(scan: Scan): Bag {
  if (scan.coi === null) throw new RangeError("its therapy is not known yet");
  return scan.bag ?? { container: scan.container, coi: scan.coi, expiresAt: null, offer: null, unsent: null };
}

function find(known: MyList, container: ContainerId): Bag | null {
  return [...known.offered, ...known.here, ...known.given].find((one) => one.container === container) ?? null;
}
