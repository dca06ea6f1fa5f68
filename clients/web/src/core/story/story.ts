/**
 * Step 13: what a regulator asks first, told a second time, by code that shares nothing with the ledger's
 * rules: whose each key was, that who decided had the role, that each authorised bag is the patient's, was
 * released, and was checked by two people, and that each acceptance fits its release.
 *
 * It is less than the rules ask: what it calls wrong, they forbid; what it lets pass, they may still forbid.
 * A fact is recorded whether or not a rule likes it, so a fact is wrong here only where no deviation of the
 * ledger speaks of it. Where a therapy or a person is not given whole, what rests on it is counted as not
 * judged. What is signed in here by attestation (`LateStatementAttested`) is not looked into.
 */
import { kindOf } from "../events/check";
import { Custody, type Holding } from "./custody";
import type { StoryEntry } from "./entry";
import { LEDGER, People } from "./people";
import { POLICY } from "./policy";
import { Therapy } from "./therapy";

export interface Story {
  wrong: [position: number, what: string][];
  judged: number;
  unjudged: number;
  waiting: number; // acceptances whose release is not here
  holdings: Holding[];
}

/** `whole`: the tags of which every entry is given; null: all. */
export function tellStory(entries: readonly StoryEntry[], whole: readonly string[] | null): Story {
  const teller = new Teller(entries, whole === null ? null : new Set(whole));
  for (const entry of entries) teller.tell(entry);
  return teller.finish();
}

class Teller {
  private readonly story: Story = { wrong: [], judged: 0, unjudged: 0, waiting: 0, holdings: [] };
  private readonly people = new People();
  private readonly custody = new Custody();
  private readonly therapies = new Map<string, Therapy>(); // by stream
  private readonly deviations = new Map<string, string[]>(); // codes by cause
  private readonly whole: ReadonlySet<string> | null;

  constructor(entries: readonly StoryEntry[], whole: ReadonlySet<string> | null) {
    this.whole = whole;
    for (const { type, signer, payload } of entries) {
      if (type !== "DeviationRaised" || signer !== LEDGER || typeof payload["cause"] !== "string") continue;
      this.deviations.set(payload["cause"], [...(this.deviations.get(payload["cause"]) ?? []), String(payload["code"])]);
    }
  }

  tell(entry: StoryEntry): void {
    const agent = `agent/${entry.signer}`;
    const row = POLICY[entry.type];
    if (this.isWhole(agent)) this.judge(entry, this.signerAmiss(entry));
    else if (row) this.story.unjudged += 1;
    if (entry.stream.startsWith("chain/")) this.tellTherapy(entry);
    this.people.apply(entry);
    this.custody.apply(entry);
  }

  finish(): Story {
    const { wrong, waiting } = this.custody.finish(this.deviations);
    this.story.wrong.push(...wrong);
    this.story.wrong.sort(([a], [b]) => a - b);
    return { ...this.story, waiting, holdings: this.custody.table };
  }

  private tellTherapy(entry: StoryEntry): void {
    if (!this.isWhole(entry.stream)) {
      if (entry.type in POLICY) this.story.unjudged += 1;
      return;
    }
    const therapy = this.therapies.get(entry.stream) ?? new Therapy();
    this.therapies.set(entry.stream, therapy);
    this.judge(entry, therapy.tell(entry, this.deviations.get(entry.id) ?? []));
  }

  private signerAmiss(entry: StoryEntry): string[] {
    const { signer, type, moment, payload } = entry;
    const isDecision = kindOf(type).kind === "decision";
    const wrong = [this.people.keyAmiss(entry, isDecision), this.approvalAmiss(entry)];
    const row = POLICY[type];
    if (row && signer !== LEDGER) {
      const site = row.isAtSite ? String(payload["site"]) : null;
      if (!this.people.hasRole(signer, row.roles, site)) {
        wrong.push(`${signer} had no role for it${site ? ` at ${site}` : ""}: ${row.roles.join(" or ")}`);
      }
      if (row.qualification && !this.people.isQualified(signer, row.qualification, moment)) {
        wrong.push(`${signer} was not qualified for it: ${row.qualification}`);
      }
    }
    return wrong.filter((one) => one !== null);
  }

  /** The second signature is by another person, under the enrolment that waits. */
  private approvalAmiss({ type, signer, stream, payload }: StoryEntry): string | null {
    if (type !== "EnrolmentApproved" || !this.isWhole(stream)) return null;
    const waits = this.people.enrolmentOf(stream.slice("agent/".length));
    if (waits?.id !== payload["enrolment"]) return "it approves no enrolment that waits for it";
    return waits?.by === signer ? "the same person enrolled and approved" : null;
  }

  private judge({ position }: StoryEntry, wrong: readonly string[]): void {
    this.story.judged += 1;
    for (const what of wrong) this.story.wrong.push([position, what]);
  }

  private isWhole(tag: string): boolean {
    return this.whole === null || this.whole.has(tag);
  }
}
