/**
 * What a holder sees of bags: those here, those on offer, those given away. Pure: the ledger's
 * lists and this device's own unsent statements go in, rows come out.
 *
 * The ledger's lists are as old as the last look; what this device has signed since is laid over
 * them, so that a scan made in a basement shows at once, marked as not yet sent.
 */

import type { Held } from "../core/client";
import type { Coi, ContainerId, Hex32, Party } from "../core/events/types";

/** A row of `GET /v1/custody`, as far as it is shown. */
export interface Holding {
  container: string;
  chain: string;
  status: string;
  holder: Party | null;
  offered_to: Party | null;
  expires_at: string | null;
}

/** A row of `GET /v1/handovers`. */
export interface Handover {
  kind: string; // "release" or "claim"
  container: string;
  chain: string;
  statement_id: string;
  giver: Party;
  receiver: Party;
  recorded_at: string;
}

/**
 * What stands behind a release. `ledger`: it says so. The others were only shown by a phone, and are
 * the ledger's to confirm: `signature` fits a key that this device knows, with `claim` it knows none.
 */
export type Behind = "ledger" | "signature" | "claim";

/** A release that names this bag. */
export interface Offer {
  release: Hex32;
  giver: Party;
  receiver: Party;
  behind: Behind;
}

/** What a phone showed of a bag, and the ledger says otherwise. */
export interface Conflict {
  coi: Coi;
  offer: Offer;
}

export interface Bag {
  container: ContainerId;
  coi: Coi;
  expiresAt: string | null;
  offer: Offer | null;
  /** Only told to the person: nothing is taken from it. */
  conflict?: Conflict;
  /** What this device has signed about it and the log has not answered. */
  unsent: "CustodyAccepted" | "CustodyReleased" | "CustodyRefused" | null;
}

export interface MyList {
  here: Bag[]; // held by this department, as far as this device knows
  offered: Bag[]; // released to it, not taken over yet
  given: Bag[]; // released by it, not taken over by the other yet
  refused: Hex32[]; // releases that another phone showed, and that the ledger refused
}

type Place = "here" | "offered" | "given";
const MOVES = ["CustodyAccepted", "CustodyReleased", "CustodyRefused"] as const;
type Move = (typeof MOVES)[number];

export function sameParty(one: Party | null, other: Party): boolean {
  return one?.site === other.site && one.department === other.department;
}

/** `here`: the department that this person acts for. `held`: this device's outbox, in order. */
export function myList(holdings: readonly Holding[], handovers: readonly Handover[], held: readonly Held[], here: Party): MyList {
  const refused = held.filter((one) => one.type === "CustodyReleased" && !one.mine && one.state === "refused").map(({ id }) => id);
  const list: MyList = { here: [], offered: [], given: [], refused };
  const rows = new Map(holdings.map((one) => [one.container, one]));
  for (const one of holdings) if (sameParty(one.holder, here)) place(list, bag(one), one.offered_to ? "given" : "here");
  for (const one of handovers) {
    if (one.kind === "release" && sameParty(one.receiver, here)) place(list, offered(one, rows), "offered");
    if (one.kind === "release" && sameParty(one.giver, here)) place(list, offered(one, rows), "given");
  }
  const told = new Set(handovers.map((one) => one.statement_id));
  const said = wordsOf(holdings, handovers);
  for (const one of carriedReleases(held, here)) if (!told.has(one.offer.release)) carried(list, one, said.get(one.container));
  for (const one of held) if (one.mine && isWaiting(one)) overlay(list, one, here);
  return list;
}

/** What the ledger says of a container: whose therapy it is of, who has it, and by which release it goes. */
interface Word {
  coi: Coi;
  giver: Party | null;
  release: Hex32 | null;
}

/** A release says more than a claim, and a claim more than a holding. */
function wordsOf(holdings: readonly Holding[], handovers: readonly Handover[]): Map<ContainerId, Word> {
  const words = new Map<ContainerId, Word>();
  for (const one of holdings) words.set(one.container, { coi: one.chain, giver: one.holder, release: null });
  for (const kind of ["claim", "release"]) {
    for (const one of handovers.filter((each) => each.kind === kind)) {
      words.set(one.container, { coi: one.chain, giver: one.giver, release: kind === "release" ? one.statement_id : null });
    }
  }
  return words;
}

/** A release that only a phone showed moves no bag of which the ledger says otherwise: it is told beside it. */
function carried(list: MyList, shown: Shown, said: Word | undefined): void {
  const known = [...list.here, ...list.offered, ...list.given].find((one) => one.container === shown.container);
  if (said && !fits(said, shown)) place(list, besides(known ?? { ...shown, coi: said.coi, offer: null }, shown), placeOf(list, known));
  else if (known && known.coi !== shown.coi) place(list, besides(known, shown), placeOf(list, known));
  else place(list, shown, "offered");
}

function fits(said: Word, { coi, offer }: Shown): boolean {
  const byHolder = said.giver === null || sameParty(said.giver, offer.giver);
  return said.coi === coi && byHolder && (said.release === null || said.release === offer.release);
}

/** The bag as it is known, and beside it what was shown of it. */
export function besides(known: Bag, { coi, offer }: Shown): Bag {
  return { ...known, conflict: { coi, offer } };
}

function placeOf(list: MyList, known: Bag | undefined): Place {
  return known && list.here.includes(known) ? "here" : known && list.given.includes(known) ? "given" : "offered";
}

/** A bag that a release names which a phone showed. */
export type Shown = Bag & { offer: Offer };

export function isShown(bag: Bag | null): bag is Shown {
  return bag?.offer != null && bag.offer.behind !== "ledger";
}

/** Releases to this department that another phone showed, and that wait here to be sent. */
export function carriedReleases(held: readonly Held[], here: Party): Shown[] {
  return held
    .filter((one) => one.type === "CustodyReleased" && !one.mine && isWaiting(one))
    .filter((one) => sameParty(party(one, "receiver"), here))
    .flatMap((one) => containersOf(one).map((each) => ({ ...each, expiresAt: null, offer: offerOf(one), unsent: null })));
}

/** Containers of a statement on a therapy's stream, or on a carrier's with its therapies named. */
export function containersOf(held: Held): { container: string; coi: string }[] {
  const therapies = held.fields["therapies"] as { coi: string; containers: string[] }[] | undefined;
  if (therapies) return therapies.flatMap((one) => one.containers.map((container) => ({ container, coi: one.coi })));
  const coi = held.stream.replace(/^chain\//, "");
  return (held.fields["containers"] as string[]).map((container) => ({ container, coi }));
}

function overlay(list: MyList, held: Held, here: Party): void {
  const move = MOVES.find((one) => one === held.type);
  if (!move) return;
  for (const { container, coi } of containersOf(held)) {
    const known = [...list.here, ...list.offered, ...list.given].find((one) => one.container === container);
    const row: Bag = { container, coi, expiresAt: known?.expiresAt ?? null, offer: null, unsent: move };
    if (sameParty(party(held, "giver"), here) || sameParty(party(held, "receiver"), here)) {
      place(list, move === "CustodyReleased" ? { ...row, offer: offerOf(held) } : row, where(move));
    }
  }
}

function where(move: Move): Place | null {
  return move === "CustodyAccepted" ? "here" : move === "CustodyReleased" ? "given" : null;
}

/** A bag stands in one place: the last word counts. */
function place(list: MyList, row: Bag, to: Place | null): void {
  for (const name of ["here", "offered", "given"] as const) {
    list[name] = list[name].filter((one) => one.container !== row.container);
  }
  if (to) list[to].push(row);
}

function bag(row: Holding): Bag {
  return { container: row.container, coi: row.chain, expiresAt: row.expires_at, offer: null, unsent: null };
}

function offered(row: Handover, rows: Map<string, Holding>): Bag {
  const offer = { release: row.statement_id, giver: row.giver, receiver: row.receiver, behind: "ledger" } as const;
  return { container: row.container, coi: row.chain, expiresAt: rows.get(row.container)?.expires_at ?? null, offer, unsent: null };
}

function offerOf(held: Held): Offer {
  const behind = held.mine || held.checked ? "signature" : "claim";
  return { release: held.id, giver: party(held, "giver"), receiver: party(held, "receiver"), behind };
}

function party(held: Held, member: "giver" | "receiver"): Party {
  return held.fields[member] as unknown as Party;
}

function isWaiting(held: Held): boolean {
  return held.state === "queued" || held.state === "sent";
}
