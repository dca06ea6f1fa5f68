/**
 * One therapy's chain of identity: which containers are the patient's, of what they were made, who checked,
 * and who released. As the glossary and docs/reference/events.md and gates.md have it.
 */
import { isObject, type JsonObject } from "../canonical";
import { textsIn, type StoryEntry } from "./entry";

const RELEASES = ["Released", "ReleasedPendingResults", "ReleasedOutOfSpecification"];
/** Deviations that say: this fact changed nothing. */
const SET_ASIDE = ["unrelated_signer", "chain_not_opened", "chain_linked"];

interface Check {
  signer: string;
  site: string;
  patient: Map<string, string>;
}

export class Therapy {
  private order: JsonObject | null = null;
  private readonly known = new Set<string>(); // containers that came to be here
  private readonly checks = new Map<string, Check[]>(); // by container
  private readonly releases = new Map<string, JsonObject[]>();
  private readonly authorised = new Set<string>();
  private readonly overrides = new Map<string, { container: string; by: string }>(); // of the release, by id
  private readonly overridden = new Set<string>(); // containers

  /** What is wrong with the entry, beside what a deviation says of it; then what it changes. `deviations`:
   * the codes of those that the ledger raised because of it. */
  tell(entry: StoryEntry, deviations: readonly string[]): string[] {
    const wrong = this.amiss(entry, deviations);
    if (!SET_ASIDE.some((code) => deviations.includes(code))) this.apply(entry);
    return wrong;
  }

  private amiss({ type, payload }: StoryEntry, deviations: readonly string[]): string[] {
    if (type === "InfusionAuthorised") return this.ungrounded(String(payload["container"]), String(payload["site"]));
    if (RELEASES.includes(type)) return textsIn(payload["containers"]).flatMap((one) => this.foreign(one));
    if (type === "InfusionStarted" && !deviations.length && !this.authorised.has(String(payload["container"]))) {
      return [`infusion of ${String(payload["container"])} began without an authorisation, and no deviation says so`];
    }
    if (type !== "ContainersDerived" || deviations.length) return [];
    const strange = textsIn(payload["parents"], "container").filter((one) => !this.known.has(one));
    return strange.map((one) => `it was made of ${one}, which is not of this therapy, and no deviation says so`);
  }

  private ungrounded(container: string, site: string): string[] {
    return [...this.foreign(container), ...this.unchecked(container, site), ...this.unreleased(container)];
  }

  /** It came to be in this therapy: collected, linked, or made of what was (else `ContainersDerived` is wrong). */
  private foreign(container: string): string[] {
    return this.known.has(container) ? [] : [`${container} did not come to be in this therapy: it may be another patient's`];
  }

  /** Two people, each alone, read the ordered patient: the latest check of each counts. */
  private unchecked(container: string, site: string): string[] {
    const latest = new Map((this.checks.get(container) ?? []).filter((one) => one.site === site).map((one) => [one.signer, one]));
    if (latest.size < 2) return [`${latest.size} of two different people checked ${container} at ${site} before it was authorised`];
    const right = [...latest.values()].filter((one) => this.isPatient(one.patient));
    return right.length < 2 ? [`the checks of ${container} do not agree on the patient of the order`] : [];
  }

  /** At least two identifiers are the ordered patient's, and none differs. */
  private isPatient(read: ReadonlyMap<string, string>): boolean {
    const ordered = commitmentsIn(this.order?.["patient"]);
    const shared = [...read].filter(([field]) => ordered.has(field));
    return shared.length >= 2 && shared.every(([field, value]) => ordered.get(field) === value);
  }

  private unreleased(container: string): string[] {
    const [country, protocol] = [this.order?.["country"], this.order?.["protocol"]].map(String) as [string, string];
    const isReleased = (this.releases.get(container) ?? []).some((one) =>
      textsIn(one["countries"]).includes(country) && textsIn(one["protocols"]).includes(protocol));
    if (isReleased || this.overridden.has(container)) return [];
    return [`Quality had not released ${container} for ${country} under ${protocol}, and nobody overrode that`];
  }

  private apply({ type, payload, id, signer }: StoryEntry): void {
    const container = String(payload["container"]);
    if (type === "TherapyOrdered") this.order ??= payload;
    if (type === "CollectionCompleted" || type === "ChainLinked") {
      for (const one of textsIn(payload["containers"], "container")) this.known.add(one);
    }
    if (type === "ContainersDerived") for (const one of textsIn(payload["children"], "container")) this.known.add(one);
    if (type === "SampleTaken" && isObject(payload["sample"])) this.known.add(String(payload["sample"]["container"]));
    if (type === "InfusionChecked") push(this.checks, container, { signer, site: String(payload["site"]), patient: commitmentsIn(payload["patient"]) });
    if (RELEASES.includes(type)) for (const one of textsIn(payload["containers"])) push(this.releases, one, payload);
    if (type === "InfusionAuthorised") this.authorised.add(container);
    if (type === "EmergencyOverride" && textsIn(payload["gates"]).includes("released")) this.overrides.set(id, { container, by: signer });
    const overridden = type === "OverrideConfirmed" ? this.overrides.get(String(payload["override"])) : undefined;
    if (overridden && overridden.by !== signer) this.overridden.add(overridden.container);
  }
}

function commitmentsIn(value: unknown): Map<string, string> {
  const listed = Array.isArray(value) ? value.filter(isObject) : [];
  return new Map(listed.map((one) => [String(one["field"]), String(one["commitment"])]));
}

function push<T>(into: Map<string, T[]>, name: string, value: T): void {
  into.set(name, [...(into.get(name) ?? []), value]);
}
