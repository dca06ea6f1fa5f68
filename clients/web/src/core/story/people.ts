/**
 * Whose each key is and what its person may do, entry by entry: as docs/reference/policy.md and roles.md
 * and the glossary say it, and not as the ledger's own program does it.
 *
 * A key counts from the entry after the one that enrols it. Quality and administrator roles count from a
 * second administrator's signature on. A revoked key signs nothing more, a retired one no decision.
 */
import { fromBase64Url, toHex } from "../bytes";
import { isObject, type Json, type JsonObject } from "../canonical";
import { sha256Sync } from "../proof/sha256";
import { idOf, type StoryEntry } from "./entry";

const TWO_SIGNERS = ["quality", "administrator"];
export const LEDGER = "ledger"; // who signs with the event key that genesis names

interface Person {
  roles: string[]; // "quality at northcell-1"
  approved: Set<string>; // of those that take two signers
  isRoot: boolean; // an administrator whom genesis names
  enrolment: { id: string; by: string };
  qualifications: Map<string, string>; // to the moment in which each ends
}

export class People {
  private readonly owners = new Map<string, string>(); // by kid
  private readonly ended = new Map<string, "revoked" | "retired">(); // by kid
  private readonly known = new Map<string, Person>();

  /** Why this key may not sign for this person here; null where it may. */
  keyAmiss({ kid, signer }: StoryEntry, isDecision: boolean): string | null {
    const owner = this.owners.get(kid);
    if (owner !== undefined && owner !== signer) return `the key is ${owner}'s, not ${signer}'s`;
    const ended = this.ended.get(kid);
    if (ended === "revoked") return "the key was revoked before";
    return ended === "retired" && isDecision ? "the key was retired before: it decides nothing more" : null;
  }

  /** True if one of the roles is in effect, at the site or (null) anywhere. */
  hasRole(agent: string, roles: readonly string[], site: string | null): boolean {
    const person = this.known.get(agent);
    if (person?.isRoot && roles.includes("administrator")) return true;
    return (person?.roles ?? []).some((held) => {
      const [role = "", at] = held.split(" at ");
      const counts = !TWO_SIGNERS.includes(role) || person!.approved.has(held);
      return counts && roles.includes(role) && (site === null || at === site);
    });
  }

  /** True if one of their roles, in effect or not, takes a second administrator's signature. */
  takesTwo(agent: string): boolean {
    const person = this.known.get(agent);
    return person !== undefined && ((person.isRoot && !person.enrolment.id) || person.roles.some((held) => TWO_SIGNERS.includes(held.split(" at ")[0]!)));
  }

  /** True if it was granted and runs past the moment. */
  isQualified(agent: string, qualification: string, moment: string): boolean {
    return (this.known.get(agent)?.qualifications.get(qualification) ?? "") > moment;
  }

  /** What an approval is of, and by whom that was signed. */
  enrolmentOf(agent: string): Person["enrolment"] | null {
    return this.known.get(agent)?.enrolment ?? null;
  }

  /** What the entry changes. */
  apply(entry: StoryEntry): void {
    const { payload, stream } = entry;
    const agent = stream.startsWith("agent/") ? stream.slice("agent/".length) : "";
    if (payload["type"] === "LogOpened") this.open(payload);
    if (agent) this.applyTo(agent, this.person(agent), entry);
  }

  private applyTo(agent: string, person: Person, entry: StoryEntry): void {
    const { payload, signer, moment } = entry;
    const [type, kid, qualification] = [payload["type"], String(payload["kid"]), String(payload["qualification"])];
    if (type === "AgentEnrolled" || type === "KeyAdded") this.owns(agent, payload["key"]);
    if (type === "KeyRevoked") this.ended.set(kid, "revoked");
    if (type === "KeyRetired" && !this.ended.has(kid)) this.ended.set(kid, "retired");
    if (type === "AgentEnrolled" || type === "AgentRolesChanged") {
      person.roles = rolesIn(payload["roles"]);
      person.approved = new Set([...person.approved].filter((held) => person.roles.includes(held)));
      person.enrolment = { id: idOf(entry), by: signer };
    }
    if (type === "EnrolmentApproved") person.approved = new Set(person.roles);
    if (type === "QualificationGranted") person.qualifications.set(qualification, String(payload["expires_at"]));
    if (type === "QualificationWithdrawn") {
      const ends = [person.qualifications.get(qualification) ?? "", String(payload["occurred_at"]), moment].sort();
      person.qualifications.set(qualification, ends[0]!);
    }
  }

  private open(payload: JsonObject): void {
    this.owns(LEDGER, payload["event_key"]);
    const listed = payload["administrators"];
    for (const one of Array.isArray(listed) ? listed.filter(isObject) : []) {
      this.owns(String(one["agent"]), one["key"]);
      this.person(String(one["agent"])).isRoot = true;
    }
  }

  private owns(agent: string, key: Json | undefined): void {
    const kid = toHex(sha256Sync(fromBase64Url(String(key))));
    if (!this.owners.has(kid)) this.owners.set(kid, agent);
  }

  private person(agent: string): Person {
    const fresh: Person = { roles: [], approved: new Set(), isRoot: false, enrolment: { id: "", by: "" }, qualifications: new Map() };
    const found = this.known.get(agent) ?? fresh;
    this.known.set(agent, found);
    return found;
  }
}

function rolesIn(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter(isObject).map((one) => `${String(one["role"])} at ${String(one["site"])}`) : [];
}
