/**
 * From scanned bags to the facts that are signed: one statement for each therapy, giver and
 * release, since that is what a release is (DESIGN.md: each event has one stream). Pure.
 */

import type { Condition, CustodyAccepted, CustodyRefused, CustodyReleased, Label, Party } from "../core/events/types";
import type { Bag } from "./bags";

/** What the person saw, once for all bags of this hand-over. */
export interface Look {
  condition: Condition;
  seal: Label | null;
  photos: string[]; // SHA-256, hex
}

export interface Said<Fields> {
  fields: Fields;
  stream: string;
}

/** A bag with what the scanner read from it. `label`: the serial, where the code carries one. */
export interface Scanned {
  bag: Bag;
  label: Label | null;
}

/** `giver`: who hands over the bags that no release is known of; their custody is then claimed. */
export function acceptances(scanned: readonly Scanned[], here: Party, giver: Party | null, look: Look): Said<CustodyAccepted>[] {
  return grouped(scanned, ({ bag }) => `${bag.coi} ${bag.offer?.release ?? ""}`).map((group) => {
    const [first] = group;
    const from = first.bag.offer?.giver ?? giver;
    if (!from) throw new RangeError("the giver of a claimed bag must be named");
    return {
      stream: stream(first),
      fields: {
        type: "CustodyAccepted",
        containers: names(group),
        giver: from,
        receiver: here,
        release: first.bag.offer?.release ?? null,
        condition: look.condition,
        ...seen(look),
        ...(labels(group).length ? { labels: labels(group) } : {}),
      },
    };
  });
}

export function releases(scanned: readonly Scanned[], here: Party, receiver: Party, look: Look): Said<CustodyReleased>[] {
  return grouped(scanned, ({ bag }) => bag.coi).map((group) => ({
    stream: stream(group[0]),
    fields: { type: "CustodyReleased", containers: names(group), giver: here, receiver, condition: look.condition, ...seen(look) },
  }));
}

/** Only bags on offer can be refused: what was never released stays with whoever has it. */
export function refusals(scanned: readonly Scanned[], here: Party, reason: string, photos: string[]): Said<CustodyRefused>[] {
  const released = scanned.filter(({ bag }) => bag.offer);
  return grouped(released, ({ bag }) => `${bag.coi} ${bag.offer?.release}`).map((group) => {
    const { bag } = group[0];
    if (!bag.offer) throw new RangeError("a bag that nobody released cannot be refused");
    const shown = photos.length ? { photos } : {};
    const { giver, release } = bag.offer;
    return {
      stream: stream(group[0]),
      fields: { type: "CustodyRefused", containers: names(group), giver, receiver: here, release, reason, ...shown },
    };
  });
}

function seen(look: Look): { seal?: Label; photos?: string[] } {
  return { ...(look.seal ? { seal: look.seal } : {}), ...(look.photos.length ? { photos: look.photos } : {}) };
}

function names(group: readonly Scanned[]): string[] {
  return group.map(({ bag }) => bag.container);
}

function labels(group: readonly Scanned[]): Label[] {
  return group.flatMap(({ label }) => (label ? [label] : []));
}

function stream({ bag }: Scanned): string {
  return `chain/${bag.coi}`;
}

type Group = [Scanned, ...Scanned[]];

function grouped(scanned: readonly Scanned[], key: (one: Scanned) => string): Group[] {
  const groups = new Map<string, Group>();
  for (const one of scanned) {
    const group = groups.get(key(one));
    if (group) group.push(one);
    else groups.set(key(one), [one]);
  }
  return [...groups.values()];
}
