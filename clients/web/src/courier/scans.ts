/** The bags of one hand-over as they are scanned, one after another. Pure. */

import type { Coi, ContainerId, Label } from "../core/events/types";
import { type Bag, besides, isShown, type MyList, sameParty, type Shown } from "./bags";

/** A scanned bag whose therapy may not be known yet: nothing is signed before it is. */
export interface Scan {
  container: ContainerId;
  label: Label | null;
  coi: Coi | null;
  bag: Bag | null; // as this device knew it before
  doubt?: "doubtful" | "unknown"; // what the ledger says of its label, where it is not in force
  forget: () => void; // lets the scanner read it again, once it is off the list
}

export type Outcome = "added" | "twice";
export type CoiOutcome = "known" | "which" | "no_bag" | "other_therapy";

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
 * A chain of identity was read. Its symbol names a therapy and no bag: it may be that of the bag
 * beside this one, so it is given to none. Where a bag's therapy is not known, the person says at the
 * bag which it is (`completed`).
 */
export function ofCoi(scans: readonly Scan[], coi: Coi): CoiOutcome {
  if (scans.some((one) => one.coi === null)) return "which";
  if (!scans.length) return "no_bag";
  return scans.some((one) => one.coi === coi) ? "known" : "other_therapy";
}

/** The person says of this bag which therapy it is of. */
export function completed(scans: readonly Scan[], container: ContainerId, coi: Coi): Scan[] {
  return scans.map((one) => (one.container === container ? { ...one, coi } : one));
}

/** The ledger's word about the label of this bag. */
export function doubted(scans: readonly Scan[], container: ContainerId | null, doubt: "doubtful" | "unknown"): Scan[] {
  return scans.map((one) => (one.container === container ? { ...one, doubt } : one));
}

/** The list may have learned of an offer, or of a therapy, since the bag was scanned. What is shown
 * is what is signed: the ledger's word for the therapy stands before what was typed, and what was typed
 * before what a phone shows. A release that a phone showed and the ledger then refused is none. */
export function refreshed(scans: readonly Scan[], known: MyList): Scan[] {
  return scans.map((one) => {
    const now = find(known, one.container);
    const before = withoutRefused(one.bag, known);
    const bag = isShown(now) && contradicts(now, one) ? besides(before ?? bagOf(one), now) : (now ?? before);
    return { ...one, bag, coi: bag?.coi ?? one.coi };
  });
}

/** What a phone shows does not fit what is known of this bag, or was said of it. */
function contradicts({ coi, offer }: Shown, scan: Scan): boolean {
  if (scan.coi !== null && scan.coi !== coi) return true;
  const known = scan.bag?.offer;
  return known?.behind === "ledger" && (known.release !== offer.release || !sameParty(known.giver, offer.giver));
}

function withoutRefused(bag: Bag | null, { refused }: MyList): Bag | null {
  if (!bag) return null;
  const { conflict, ...rest } = bag;
  const offer = rest.offer && refused.includes(rest.offer.release) ? null : rest.offer;
  return { ...rest, offer, ...(conflict && !refused.includes(conflict.offer.release) ? { conflict } : {}) };
}

/** Whether signing these is signing those: the same bags, labels, therapies and releases. */
export function isSame(scans: readonly Scan[], others: readonly Scan[]): boolean {
  const signed = ({ container, label, coi, bag }: Scan) => [container, label, coi, bag?.offer?.release, bag?.offer?.giver, bag?.conflict];
  return JSON.stringify(scans.map(signed)) === JSON.stringify(others.map(signed));
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
