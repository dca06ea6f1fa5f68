/**
 * One therapy's chain of identity: which containers are the patient's, of what they were made, who checked,
 * and who released. As the glossary and docs/reference/events.md and gates.md have it.
 */
import { isObject, type JsonObject } from "../canonical";
import type { Deviations } from "./deviations";
import { idOf, madeIn, push, textsIn, type StoryEntry } from "./entry";
import { LEDGER } from "./people";

const RELEASES = ["Released", "ReleasedPendingResults", "ReleasedOutOfSpecification"];
/** What the ledger says of a fact that names a container of no therapy, or of another one. */
const STRANGE = ["container_not_in_chain", "container_known_elsewhere"];

interface Check {
  signer: string;
  site: string;
  patient: Map<string, string>;
}

export class Therapy {
  private order: JsonObject | null = null;
  private known = new Set<string>(); // containers that came to be here
  private readonly parents = new Map<string, string[]>(); // of containers
  private readonly rejected = new Set<string>(); // containers
  private readonly checks = new Map<string, Map<string, Check>>(); // by container; then each person's latest at a site
  private readonly releases = new Map<string, JsonObject[]>();
  private readonly authorised = new Set<string>();
  private readonly overrides = new Map<string, { container: string; by: string }>(); // of the release, by id
  private readonly overridden = new Set<string>(); // containers
  private readonly stream: string;
  private readonly origins: Map<string, string>;

  /** `origins`: to the therapy in which each container came to be, shared by all therapies. */
  constructor(stream: string, origins: Map<string, string>) {
    [this.stream, this.origins] = [stream, origins];
  }

  /** False for a container that came to be in another therapy before. */
  isOurs(container: string): boolean {
    return (this.origins.get(container) ?? this.stream) === this.stream;
  }

  /** What is wrong with the entry, beside what a deviation says of it; then what it changes. */
  tell(entry: StoryEntry, deviations: Deviations): string[] {
    if (deviations.isSetAside(entry)) return [];
    const wrong = [...this.amiss(entry, deviations), ...this.madeAmiss(entry, deviations)];
    this.apply(entry);
    return wrong;
  }

  private amiss(entry: StoryEntry, deviations: Deviations): string[] {
    const { type, payload } = entry;
    const container = String(payload["container"]);
    if (type === "InfusionAuthorised") return this.ungrounded(container, String(payload["site"]));
    if (RELEASES.includes(type)) return textsIn(payload["containers"]).flatMap((one) => this.foreign(one));
    if (type === "InfusionStarted" && !deviations.says(entry, "infusion_without_authorisation", ...STRANGE)) return this.unauthorised(container);
    if (type === "PatientIdentified" && !deviations.says(entry, "patient_mismatch")) return this.misread(payload);
    if (type !== "ContainersDerived" || deviations.says(entry, ...STRANGE)) return [];
    const strange = textsIn(payload["parents"], "container").filter((one) => !this.known.has(one));
    return strange.map((one) => `it was made of ${one}, which is not of this therapy, and no deviation says so`);
  }

  /** A container comes to be once, in one therapy. */
  private madeAmiss(entry: StoryEntry, deviations: Deviations): string[] {
    if (deviations.says(entry, "container_known_elsewhere", "container_reused")) return [];
    const strange = madeIn(entry).map((one) => String(one["container"])).filter((one) => !this.known.has(one) && !this.isOurs(one));
    return strange.map((one) => `${one} came to be in another therapy (${this.origins.get(one)}), and no deviation says so`);
  }

  private unauthorised(container: string): string[] {
    if (this.isRejected(container)) return [`infusion of ${container} began although Quality had rejected it, and no deviation says so`];
    return this.authorised.has(container) ? [] : [`infusion of ${container} began without an authorisation, and no deviation says so`];
  }

  private misread(payload: JsonObject): string[] {
    const isRight = payload["outcome"] !== "mismatch" && this.isPatient(commitmentsIn(payload["patient"]));
    return this.order && !isRight ? ["the wristband that was read is not the patient's of the order, and no deviation says so"] : [];
  }

  private ungrounded(container: string, site: string): string[] {
    const rejected = this.isRejected(container) ? [`Quality had rejected ${container}, or what it was made of`] : [];
    return [...this.foreign(container), ...this.unchecked(container, site), ...rejected, ...this.unreleased(container)];
  }

  /** It came to be in this therapy: collected, linked, or made of what was (else `ContainersDerived` is wrong). */
  private foreign(container: string): string[] {
    return this.known.has(container) ? [] : [`${container} did not come to be in this therapy: it may be another patient's`];
  }

  /** Two people, each alone, read the ordered patient: the latest check of each counts. */
  private unchecked(container: string, site: string): string[] {
    const checks = [...(this.checks.get(container)?.values() ?? [])];
    const latest = new Map(checks.filter((one) => one.site === site && one.signer !== LEDGER).map((one) => [one.signer, one]));
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

  /** Quality forbids it, and all that is made of it, for good. */
  private isRejected(container: string): boolean {
    const lineage = new Set([container]);
    for (const one of lineage) for (const parent of this.parents.get(one) ?? []) lineage.add(parent);
    return [...lineage].some((one) => this.rejected.has(one));
  }

  private unreleased(container: string): string[] {
    const [country, protocol] = [this.order?.["country"], this.order?.["protocol"]].map(String) as [string, string];
    const isReleased = (this.releases.get(container) ?? []).some((one) =>
      textsIn(one["countries"]).includes(country) && textsIn(one["protocols"]).includes(protocol));
    if (isReleased || this.overridden.has(container)) return [];
    return [`Quality had not released ${container} for ${country} under ${protocol}, and nobody overrode that`];
  }

  private apply(entry: StoryEntry): void {
    const { type, payload, signer } = entry;
    const container = String(payload["container"]);
    if (type === "TherapyOrdered" && !this.order) [this.order, this.known] = [payload, new Set()]; // what came before has to be linked
    this.make(entry);
    if (type === "InfusionChecked") this.check(container, { signer, site: String(payload["site"]), patient: commitmentsIn(payload["patient"]) });
    if (RELEASES.includes(type)) for (const one of textsIn(payload["containers"])) push(this.releases, one, payload);
    if (type === "Rejected") for (const one of textsIn(payload["containers"])) this.rejected.add(one);
    if (type === "InfusionAuthorised") this.authorised.add(container);
    this.override(entry);
  }

  private make(entry: StoryEntry): void {
    const drawn = entry.type === "ContainersDerived" ? entry.payload["parents"] : entry.type === "SampleTaken" ? [entry.payload["of"]] : [];
    for (const one of madeIn(entry).map((made) => String(made["container"]))) {
      if (!this.known.has(one)) this.parents.set(one, textsIn(drawn, "container"));
      this.known.add(one);
      if (this.order && !this.origins.has(one)) this.origins.set(one, this.stream); // of an order: before it, it may be linked
    }
  }

  private check(container: string, check: Check): void {
    const checks = this.checks.get(container) ?? new Map<string, Check>();
    this.checks.set(container, checks.set(`${check.signer} at ${check.site}`, check));
  }

  private override(entry: StoryEntry): void {
    const { type, payload, signer } = entry;
    const isOfRelease = type === "EmergencyOverride" && textsIn(payload["gates"]).includes("released");
    if (isOfRelease) this.overrides.set(idOf(entry), { container: String(payload["container"]), by: signer });
    const confirmed = type === "OverrideConfirmed" ? this.overrides.get(String(payload["override"])) : undefined;
    if (confirmed && confirmed.by !== signer) this.overridden.add(confirmed.container);
  }
}

function commitmentsIn(value: unknown): Map<string, string> {
  const listed = Array.isArray(value) ? value.filter(isObject) : [];
  return new Map(listed.map((one) => [String(one["field"]), String(one["commitment"])]));
}
