/**
 * Who held which container, and when: hand-overs of which both halves are given. A half may arrive late, so
 * they are joined by the release that an acceptance names, whatever their order in the log.
 */
import { isObject, type Json } from "../canonical";
import { textsIn, type StoryEntry } from "./entry";

/** `until` null: as far as this bundle tells, they hold it still. */
export interface Holding {
  container: string;
  holder: string;
  since: string;
  until: string | null;
  position: number;
}

export class Custody {
  private readonly born = new Set<string>(); // containers
  private readonly holdings = new Map<string, Holding[]>(); // by container
  private readonly releases = new Map<string, StoryEntry>(); // by id
  private readonly acceptances: StoryEntry[] = [];

  apply(entry: StoryEntry): void {
    const { type, payload } = entry;
    if (type === "CollectionCompleted") this.begin(textsIn(payload["containers"], "container"), entry);
    if (type === "ContainersDerived") this.begin(textsIn(payload["children"], "container"), entry);
    if (type === "CustodyReleased") this.releases.set(entry.id, entry);
    if (type === "CustodyAccepted") this.acceptances.push(entry);
  }

  /** At the end of the story: each acceptance beside its release. `deviations`: codes, by the statement that
   * they were raised because of. */
  finish(deviations: ReadonlyMap<string, readonly string[]>): { wrong: [position: number, what: string][]; waiting: number } {
    const wrong: [number, string][] = [];
    let waiting = 0;
    for (const accepted of this.acceptances) {
      const release = this.releases.get(String(accepted.payload["release"]));
      const isSaid = [accepted.id, release?.id ?? ""].some((id) => deviations.has(id));
      if (!release) waiting += 1;
      else if (isSaid) continue;
      else wrong.push(...differences(accepted, release).map((what): [number, string] => [accepted.position, what]));
      if (release) for (const one of textsIn(accepted.payload["containers"])) this.hold(one, accepted.payload["receiver"], accepted);
    }
    return { wrong, waiting };
  }

  /** Of containers whose beginning is given: of others, as in a shared shipment, only some hand-overs are. */
  get table(): Holding[] {
    return [...this.holdings].filter(([container]) => this.born.has(container)).flatMap(([, held]) => held);
  }

  private begin(containers: readonly string[], entry: StoryEntry): void {
    for (const one of containers) {
      this.born.add(one);
      this.hold(one, entry.payload["at"], entry);
    }
  }

  private hold(container: string, party: Json | undefined, { payload, position }: StoryEntry): void {
    const held = this.holdings.get(container) ?? [];
    const since = String(payload["occurred_at"]);
    held.push({ container, holder: partyText(party), since, until: null, position });
    held.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : a.position - b.position));
    held.forEach((one, at) => (one.until = held[at + 1]?.since ?? null));
    this.holdings.set(container, held);
  }
}

function differences(accepted: StoryEntry, release: StoryEntry): string[] {
  const wrong: string[] = [];
  for (const side of ["giver", "receiver"]) {
    const [here, there] = [partyText(accepted.payload[side]), partyText(release.payload[side])];
    if (here !== there) wrong.push(`it names ${here} as ${side}, its release (entry ${release.position}) ${there}, and no deviation says so`);
  }
  const offered = textsIn(release.payload["containers"]);
  const strange = textsIn(accepted.payload["containers"]).filter((one) => !offered.includes(one));
  if (strange.length) wrong.push(`it accepts ${strange.join(", ")}, which its release (entry ${release.position}) does not list, and no deviation says so`);
  return wrong;
}

export function partyText(value: Json | undefined): string {
  return isObject(value) ? `${String(value["department"])} at ${String(value["site"])}` : "?";
}
