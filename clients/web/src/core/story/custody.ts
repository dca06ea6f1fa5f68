/**
 * Custody as a therapy's entries tell it: each acceptance beside the release that it names, and who held which
 * container, and when. A half may arrive late, so the two are joined whatever their order in the log. Each
 * therapy's share of a hand-over is its own.
 */
import { isObject, type Json, type JsonObject } from "../canonical";
import { Bag, type Half, type Holding } from "./bag";
import type { Deviations } from "./deviations";
import { idOf, madeIn, push, textsIn, type StoryEntry } from "./entry";

type Wrong = [position: number, what: string];

export class Custody {
  private bags = new Map<string, Bag>(); // by container
  private releases = new Map<string, StoryEntry>(); // by id
  private acceptances = new Map<string, StoryEntry[]>(); // by the release that they name
  private readonly before: Holding[] = []; // of what was set aside when the order came, or left by a link

  /** One therapy's share of an entry. `isOurs`: false for a container that came to be in another therapy before. */
  apply(share: StoryEntry, deviations: Deviations, isOurs: (container: string) => boolean): Wrong[] {
    if (deviations.isVoid(share)) return [];
    if (share.type === "TherapyOrdered") this.setAside(share);
    for (const one of madeIn(share).filter(({ container }) => isOurs(String(container)))) {
      const since = String(share.payload["occurred_at"]);
      this.bag(one["container"]).begin(partyText(one["at"] ?? share.payload["at"]), Number(one["volume_ul"]), since, share.position);
    }
    this.use(share);
    this.handOver(share);
    return this.join(share).flatMap(([accepted, release]) => differences(accepted, release, deviations));
  }

  /** Its containers went into another therapy. */
  leave({ payload }: StoryEntry): void {
    for (const [, bag] of this.bags) this.before.push(...bag.told(String(payload["occurred_at"])));
    this.bags = new Map();
  }

  get table(): Holding[] {
    return [...this.before, ...[...this.bags.values()].flatMap((bag) => bag.told())];
  }

  /** Positions of acceptances whose release is not here, or is by somebody who does not hold the container. */
  get waiting(): number[] {
    return [...this.bags.values()].flatMap((bag) => bag.waiting);
  }

  /** An order begins with nothing: what stood under its id before has to be linked. */
  private setAside(order: StoryEntry): void {
    this.leave(order);
    [this.releases, this.acceptances] = [new Map(), new Map()];
  }

  private handOver(entry: StoryEntry): void {
    const { type, payload, position } = entry;
    const act = { CustodyReleased: "release", CustodyAccepted: "accept", CustodyRefused: "refuse" }[type];
    if (act === undefined) return;
    const names = typeof payload["release"] === "string" ? payload["release"] : null;
    const [giver, receiver] = [partyText(payload["giver"]), partyText(payload["receiver"])];
    const half: Half = { id: idOf(entry), giver, receiver, names, since: String(payload["occurred_at"]), position };
    for (const one of new Set(textsIn(payload["containers"]))) this.bag(one)[act as "release" | "accept" | "refuse"](half);
  }

  /** What is drawn of it, and its end. */
  private use({ type, payload }: StoryEntry): void {
    const since = String(payload["occurred_at"]);
    const drawn = type === "ContainersDerived" ? payload["parents"] : type === "SampleTaken" ? [payload["of"]!] : [];
    for (const one of (Array.isArray(drawn) ? drawn : []).filter(isObject)) this.bag(one["container"]).draw(Number(one["volume_ul"]), since);
    if (type === "InfusionCompleted" || type === "InfusionStopped") this.bag(payload["container"]).finish(since);
    if (type === "Destroyed" || type === "ContainerLost") for (const one of textsIn(payload["containers"])) this.bag(one).finish(since);
    if (type === "ContainerFound") for (const one of textsIn(payload["containers"])) this.bag(one).finish(null);
  }

  /** The pairs that the entry completes. */
  private join(entry: StoryEntry): [accepted: StoryEntry, release: StoryEntry][] {
    if (entry.type === "CustodyReleased") {
      const id = idOf(entry);
      this.releases.set(id, entry);
      return (this.acceptances.get(id) ?? []).map((one) => [one, entry]);
    }
    if (entry.type !== "CustodyAccepted" || entry.payload["release"] === null) return [];
    const named = String(entry.payload["release"]);
    push(this.acceptances, named, entry);
    const release = this.releases.get(named);
    return release ? [[entry, release]] : [];
  }

  private bag(container: Json | undefined): Bag {
    const name = String(container);
    const found = this.bags.get(name) ?? new Bag(name);
    this.bags.set(name, found);
    return found;
  }
}

/** Each, but for what the ledger itself says of one half or the other. */
function differences(accepted: StoryEntry, release: StoryEntry, deviations: Deviations): Wrong[] {
  const isSaid = (code: string): boolean => deviations.says(accepted, code) || deviations.says(release, code);
  const wrong: Wrong[] = [];
  for (const side of isSaid("accepted_by_other_than_named") ? [] : ["giver", "receiver"]) {
    const [here, there] = [partyText(accepted.payload[side]), partyText(release.payload[side])];
    if (here !== there) wrong.push([accepted.position, `it names ${here} as ${side}, its release (entry ${release.position}) ${there}, and no deviation says so`]);
  }
  const offered = new Set(textsIn(release.payload["containers"]));
  const strange = textsIn(accepted.payload["containers"]).filter((one) => !offered.has(one));
  if (strange.length && !isSaid("accepted_not_offered")) {
    wrong.push([accepted.position, `it accepts ${strange.join(", ")}, which its release (entry ${release.position}) does not list, and no deviation says so`]);
  }
  return wrong;
}

export function partyText(value: Json | JsonObject | undefined): string {
  return isObject(value) ? `${String(value["department"])} at ${String(value["site"])}` : "?";
}
