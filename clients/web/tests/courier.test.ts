import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Held } from "../src/core/client";
import type { Party } from "../src/core/events/types";
import { type Bag, type Handover, type Holding, myList, type MyList, sameParty } from "../src/courier/bags";
import { acceptances, type Look, refusals, releases, type Scanned } from "../src/courier/handing";
import { wordOf } from "../src/courier/labels";
import { addBag, bagOf, completed as completedBy, isSame, ofCoi, refreshed, type Scan } from "../src/courier/scans";

const VAN: Party = { site: "swift-depot", department: "van-2" };
const WARD: Party = { site: "st-mary", department: "ward-5" };
const COI = "isbt128:CHA999926000001";
const OTHER = "isbt128:CHA999926000002";
const LOOK: Look = { condition: "intact", seal: "SEAL-7", photos: [] };
const nothing = (): void => undefined;

const holding = (container: string, holder: Party, offered_to: Party | null = null): Holding =>
  ({ container, chain: COI, status: "collected", holder, offered_to, expires_at: null });
const release = (container: string, giver: Party, receiver: Party): Handover =>
  ({ kind: "release", container, chain: COI, statement_id: "ab".repeat(32), giver, receiver, recorded_at: "2026-03-01T09:00:00.000Z" });
const held = (type: string, fields: object, more: Partial<Held> = {}): Held =>
  ({
    number: 1, id: "cd".repeat(32), kid: "", seq: 0, type, stream: `chain/${COI}`, made_at: "", state: "queued", raw: new Uint8Array(),
    fields: { type, ...fields } as Held["fields"], agent: "kit", mine: true, answer: null, receipt: null, problem: null, acknowledged: false, ...more,
  });
const names = (list: MyList) => ({
  here: list.here.map((one) => one.container), offered: list.offered.map((one) => one.container), given: list.given.map((one) => one.container),
});

describe("my list", () => {
  test("shows what is here, what is on offer, what was given and not taken", () => {
    const list = myList(
      [holding("BAG-1", VAN), holding("BAG-2", VAN, WARD), holding("BAG-3", WARD)],
      [release("BAG-2", VAN, WARD), release("BAG-4", WARD, VAN)], [], VAN);
    expect(names(list)).toEqual({ here: ["BAG-1"], offered: ["BAG-4"], given: ["BAG-2"] });
    expect(list.offered[0]?.offer?.giver).toEqual(WARD);
  });

  test("lays over it what this device signed and the log has not answered", () => {
    const taken = held("CustodyAccepted", { containers: ["BAG-4"], giver: WARD, receiver: VAN });
    const given = held("CustodyReleased", { containers: ["BAG-1"], giver: VAN, receiver: WARD });
    const list = myList([holding("BAG-1", VAN)], [release("BAG-4", WARD, VAN)], [taken, given], VAN);
    expect(names(list)).toEqual({ here: ["BAG-4"], offered: [], given: ["BAG-1"] });
    expect(list.here[0]?.unsent).toBe("CustodyAccepted");
  });

  test("takes a bag that was refused off the offers", () => {
    const refused = held("CustodyRefused", { containers: ["BAG-4"], giver: WARD, receiver: VAN });
    expect(names(myList([], [release("BAG-4", WARD, VAN)], [refused], VAN))).toEqual({ here: [], offered: [], given: [] });
  });

  test("counts a statement that the log refused for nothing", () => {
    const refused = held("CustodyAccepted", { containers: ["BAG-4"], giver: WARD, receiver: VAN }, { state: "refused" });
    expect(names(myList([], [release("BAG-4", WARD, VAN)], [refused], VAN)).offered).toEqual(["BAG-4"]);
  });

  test("learns of an offer from the giver's phone, without a network", () => {
    const carried = held("CustodyReleased", { containers: ["BAG-9"], giver: WARD, receiver: VAN }, { mine: false, id: "ef".repeat(32) });
    const [bag] = myList([], [], [carried], VAN).offered;
    expect(bag).toMatchObject({ container: "BAG-9", coi: COI, offer: { release: "ef".repeat(32), giver: WARD } });
  });

  test("tells a release that only a phone showed from one that the ledger has", () => {
    const more = { mine: false, id: "ab".repeat(32) } as const;
    const shown = held("CustodyReleased", { containers: ["BAG-4"], giver: WARD, receiver: VAN }, more);
    const behind = (list: MyList) => list.offered.map((one) => one.offer?.behind);
    expect(behind(myList([], [], [shown], VAN))).toEqual(["claim"]);
    expect(behind(myList([], [], [{ ...shown, checked: true }], VAN))).toEqual(["signature"]);
    expect(behind(myList([], [release("BAG-4", WARD, VAN)], [shown], VAN))).toEqual(["ledger"]);
  });

  test("keeps the ledger's word of a bag against whatever release a phone shows, and tells of that beside it", () => {
    const party = fc.constantFrom(VAN, WARD, { site: "north", department: "lab" });
    const shown = fc.tuple(party, fc.constantFrom(COI, OTHER)).map(([giver, coi]) =>
      held("CustodyReleased", { containers: ["BAG-1"], giver, receiver: VAN }, { mine: false, stream: `chain/${coi}` }));
    const rows = fc.constantFrom<[Holding[], Handover[]]>(
      [[holding("BAG-1", VAN)], []], [[holding("BAG-1", VAN, WARD)], [release("BAG-1", VAN, WARD)]], [[], [release("BAG-1", WARD, VAN)]]);
    fc.assert(fc.property(rows, shown, ([holdings, handovers], one) => {
      const before = myList(holdings, handovers, [], VAN);
      const after = myList(holdings, handovers, [one], VAN);
      const bare = ({ conflict: _, ...bag }: Bag) => bag;
      const all = ({ here, offered, given }: MyList) => [here, offered, given];
      const fits = !handovers.length && one.stream === `chain/${COI}` && sameParty(one.fields["giver"] as unknown as Party, VAN);
      if (fits) return;
      expect(all(after).map((bags) => bags.map(bare))).toEqual(all(before));
      expect(all(after).flat()).toMatchObject([{ conflict: { coi: one.stream.slice(6), offer: { release: one.id, behind: "claim" } } }]);
    }));
  });

  test("shows no other therapy for a bag that somebody else holds", () => {
    const shown = held("CustodyReleased", { containers: ["BAG-3"], giver: WARD, receiver: VAN }, { mine: false, stream: `chain/${OTHER}` });
    const [bag] = myList([holding("BAG-3", WARD)], [], [shown], VAN).offered;
    expect(bag).toMatchObject({ coi: COI, offer: null, conflict: { coi: OTHER } });
  });

  test("takes the therapy of the first of two releases that phones show, and tells of the other", () => {
    const shown = (id: string, coi: string) =>
      held("CustodyReleased", { containers: ["BAG-4"], giver: WARD, receiver: VAN }, { mine: false, id, stream: `chain/${coi}` });
    const [bag] = myList([], [], [shown("aa".repeat(32), COI), shown("bb".repeat(32), OTHER)], VAN).offered;
    expect(bag).toMatchObject({ coi: COI, offer: { release: "aa".repeat(32) }, conflict: { coi: OTHER } });
  });

  test("never shows a bag in two places", () => {
    const party = fc.constantFrom(VAN, WARD);
    const name = fc.constantFrom("BAG-1", "BAG-2", "BAG-3");
    const row = fc.tuple(name, party, fc.option(party)).map(([one, by, to]) => holding(one, by, to));
    const offer = fc.tuple(name, party, party).map(([one, by, to]) => release(one, by, to));
    const move = fc.tuple(fc.constantFrom("CustodyAccepted", "CustodyReleased", "CustodyRefused"), name, party, party, fc.boolean())
      .map(([type, one, giver, receiver, mine]) => held(type, { containers: [one], giver, receiver }, { mine }));
    fc.assert(fc.property(fc.array(row), fc.array(offer), fc.array(move), (rows, offers, moves) => {
      const { here, offered, given } = names(myList(rows, offers, moves, VAN));
      const all = [...here, ...offered, ...given];
      expect(new Set(all).size).toBe(all.length);
    }));
  });
});

describe("what is signed", () => {
  const bag = (container: string, coi: string, id: string | null): Scanned =>
    ({ bag: { container, coi, expiresAt: null, offer: id === null ? null : { release: id, giver: WARD, receiver: VAN, behind: "ledger" }, unsent: null }, label: `L-${container}` });
  const some = fc.array(
    fc.tuple(fc.constantFrom(COI, OTHER), fc.constantFrom("aa".repeat(32), "bb".repeat(32), null)), { minLength: 1, maxLength: 50 },
  ).map((pairs) => pairs.map(([coi, id], place) => bag(`BAG-${place}`, coi, id)));

  test("names each bag once, on its own therapy's stream, under its own release", () => {
    fc.assert(fc.property(some, (scanned) => {
      const said = acceptances(scanned, VAN, WARD, LOOK);
      const named = said.flatMap(({ fields, stream }) => fields.containers.map((one) => [one, stream, fields.release]));
      const wanted = scanned.map(({ bag: one }) => [one.container, `chain/${one.coi}`, one.offer?.release ?? null]);
      expect(named.sort()).toEqual(wanted.sort());
    }));
  });

  test("claims from the giver that the person named, and takes a release's giver from the release", () => {
    const [claimed, released] = acceptances([bag("BAG-1", COI, null), bag("BAG-2", COI, "aa".repeat(32))], VAN, VAN, LOOK);
    expect(claimed?.fields).toMatchObject({ release: null, giver: VAN, labels: ["L-BAG-1"] });
    expect(released?.fields).toMatchObject({ release: "aa".repeat(32), giver: WARD });
  });

  test("never claims from nobody", () => {
    expect(() => acceptances([bag("BAG-1", COI, null)], VAN, null, LOOK)).toThrow(RangeError);
  });

  test("releases each therapy's bags in one statement", () => {
    const said = releases([bag("BAG-1", COI, null), bag("BAG-2", OTHER, null), bag("BAG-3", COI, null)], VAN, WARD, LOOK);
    expect(said.map(({ fields }) => fields.containers)).toEqual([["BAG-1", "BAG-3"], ["BAG-2"]]);
  });

  test("refuses only what was released", () => {
    const said = refusals([bag("BAG-1", COI, null), bag("BAG-2", COI, "aa".repeat(32))], VAN, "leaking", []);
    expect(said.map(({ fields }) => fields.containers)).toEqual([["BAG-2"]]);
  });
});

describe("a label", () => {
  test.each([
    [{ genuine: false, current: false, status: null }, "unknown"],
    [{ genuine: true, current: true, status: "applied" }, "current"],
    [{ genuine: true, current: false, status: "doubtful" }, "doubtful"],
    [{ genuine: true, current: false, status: "issued" }, "doubtful"],
    ...["voided", "destroyed", "returned", "replaced"].map((status) => [{ genuine: true, current: false, status }, "void"] as const),
  ] as const)("that the ledger calls %o is %s", (seen, word) => {
    expect(wordOf(seen)).toBe(word);
  });
});

describe("scanning", () => {
  const known = myList([holding("BAG-1", VAN)], [], [], VAN);
  const empty = myList([], [], [], VAN);
  const read = (container: string) => ({ container, label: null, forget: nothing });

  test("takes a bag once", () => {
    const [once] = addBag([], read("BAG-1"), known);
    expect(addBag(once, read("BAG-1"), known)).toEqual([once, "twice"]);
  });

  test("asks for the therapy of a bag that nobody told this device of, and signs nothing before", () => {
    const [scans] = addBag([], read("BAG-7"), empty);
    expect(() => bagOf(scans[0] as Scan)).toThrow(RangeError);
    expect(ofCoi(scans, COI)).toBe("which");
    const said = completedBy(scans, "BAG-7", COI);
    expect(bagOf(said[0] as Scan).coi).toBe(COI);
    expect([ofCoi(said, OTHER), ofCoi(said, COI)]).toEqual(["other_therapy", "known"]);
  });

  test("gives a chain of identity to no bag, whatever was scanned: its symbol may be that of the bag beside it", () => {
    const bags = fc.array(fc.constantFrom("BAG-1", "BAG-7", "BAG-8"), { maxLength: 4 });
    fc.assert(fc.property(bags, fc.constantFrom(COI, OTHER), (containers, coi) => {
      const scans = containers.reduce<Scan[]>((before, one) => addBag(before, read(one), known)[0], []);
      const therapies = scans.map((one) => one.coi);
      const outcome = ofCoi(scans, coi);
      expect(scans.map((one) => one.coi)).toEqual(therapies);
      expect(outcome === "no_bag").toBe(scans.length === 0);
      expect(outcome === "which").toBe(therapies.includes(null));
    }));
  });

  test("signs for the therapy that it shows, also when the ledger's list knows better than what was typed", () => {
    const scans = completedBy(addBag([], read("BAG-1"), empty)[0], "BAG-1", OTHER);
    const [shown] = refreshed(scans, known) as [Scan];
    expect([shown.coi, bagOf(shown).coi]).toEqual([COI, COI]);
  });

  test("keeps the therapy that was said or known when a phone shows another, and tells of that", () => {
    const shown = held("CustodyReleased", { containers: ["BAG-1"], giver: WARD, receiver: VAN }, { mine: false, stream: `chain/${OTHER}` });
    const said = completedBy(addBag([], read("BAG-1"), empty)[0], "BAG-1", COI);
    const known_ = addBag([], read("BAG-1"), known)[0];
    for (const scans of [said, known_]) {
      const later = refreshed(refreshed(scans, myList([], [], [shown], VAN)), myList([], [], [shown], VAN)) as [Scan];
      expect([later[0].coi, bagOf(later[0]).coi, later[0].bag?.offer, later[0].bag?.conflict?.coi]).toEqual([COI, COI, null, OTHER]);
      const [refused] = refreshed(later, myList([], [], [{ ...shown, state: "refused" }], VAN)) as [Scan];
      expect([refused.coi, refused.bag?.conflict]).toEqual([COI, undefined]);
    }
  });

  test("keeps the ledger's release of a bag when its list is gone and a phone shows another", () => {
    const [scans] = addBag([], read("BAG-4"), myList([], [release("BAG-4", WARD, VAN)], [], VAN));
    const shown = held("CustodyReleased", { containers: ["BAG-4"], giver: WARD, receiver: VAN }, { mine: false });
    const [later] = refreshed(scans, myList([], [], [shown], VAN));
    expect(later?.bag).toMatchObject({ offer: { behind: "ledger", release: "ab".repeat(32) }, conflict: { offer: { release: shown.id } } });
  });

  test("takes nobody's release but those made to this department", () => {
    const given = myList([holding("BAG-2", VAN, WARD)], [release("BAG-2", VAN, WARD)], [], VAN);
    const [scans] = addBag([], read("BAG-2"), given);
    expect(scans[0]).toMatchObject({ coi: COI, bag: { offer: null } });
  });

  test("signs the list as it was pressed on: any bag, label, therapy or release more or less is another", () => {
    const offered = myList([holding("BAG-1", VAN)], [release("BAG-4", WARD, VAN)], [], VAN);
    const before = addBag(addBag([], read("BAG-1"), offered)[0], read("BAG-4"), empty)[0];
    const others = [
      before.slice(1), addBag(before, read("BAG-7"), empty)[0], completedBy(before, "BAG-4", COI), refreshed(before, offered),
      addBag(before, { container: "BAG-1", label: "L-1", forget: nothing }, offered)[0],
    ];
    expect(isSame(before, refreshed(before, known))).toBe(true);
    expect(others.map((one) => isSame(before, one))).toEqual(others.map(() => false));
  });

  test("keeps the label of a bag whose id was read before its label", () => {
    const [scans] = addBag([], read("BAG-1"), known);
    const [again, outcome] = addBag(scans, { container: "BAG-1", label: "L-1", forget: nothing }, known);
    expect([again[0]?.label, outcome]).toEqual(["L-1", "twice"]);
  });

  test("drops a release that a phone showed and the ledger refused", () => {
    const shown = held("CustodyReleased", { containers: ["BAG-4"], giver: WARD, receiver: VAN }, { mine: false });
    const [scans] = addBag([], read("BAG-4"), myList([], [], [shown], VAN));
    expect(scans[0]?.bag?.offer).not.toBeNull();
    const [after] = refreshed(scans, myList([], [], [{ ...shown, state: "refused" }], VAN));
    expect(after).toMatchObject({ coi: COI, bag: { offer: null } });
  });

  test("learns of an offer that arrives after the scan", () => {
    const [scans] = addBag([], read("BAG-4"), empty);
    const later = refreshed(scans, myList([], [release("BAG-4", WARD, VAN)], [], VAN));
    expect(later[0]).toMatchObject({ coi: COI, bag: { offer: { giver: WARD } } });
  });
});
