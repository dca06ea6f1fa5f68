/**
 * Step 13: what a regulator asks first, told a second time, by code that shares nothing with the ledger's
 * rules: whose each key was, that who decided had the role, that each authorised bag is the patient's, was
 * released and not rejected, and was checked by two people, and that each acceptance fits its release.
 *
 * It is less than the rules ask: what it calls wrong, they forbid; what it lets pass, they may still forbid.
 * A fact is recorded whether or not a rule likes it, so a fact is wrong here only where no deviation of the
 * ledger says just this. Where a therapy or a person is not given whole, what rests on it is counted as not
 * judged. What is signed in here by attestation (`LateStatementAttested`) is not looked into.
 */
import { kindOf } from "../events/check";
import type { Holding } from "./bag";
import { Custody } from "./custody";
import { Deviations } from "./deviations";
import { sharesOf, type StoryEntry } from "./entry";
import { LEDGER, People } from "./people";
import { POLICY } from "./policy";
import { Therapy } from "./therapy";

export interface Story {
  wrong: [position: number, what: string][];
  judged: number;
  unjudged: number;
  waiting: number; // acceptances that moved nothing: their release is not here, or not by the holder
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
  private readonly custodies = new Map<string, Custody>(); // by stream
  private readonly therapies = new Map<string, Therapy>(); // by stream
  private readonly origins = new Map<string, string>(); // to the stream in which each container came to be
  private readonly deviations: Deviations;
  private readonly whole: ReadonlySet<string> | null;

  constructor(entries: readonly StoryEntry[], whole: ReadonlySet<string> | null) {
    this.whole = whole;
    this.deviations = new Deviations(entries);
  }

  /** Each entry counts once: as not judged where a part of it was not. */
  tell(entry: StoryEntry): void {
    const shares = sharesOf(entry);
    const whole = shares.filter((one) => this.isWhole(one.stream));
    const isSignerKnown = entry.signer === LEDGER || this.isWhole(`agent/${entry.signer}`);
    if (isSignerKnown) this.note(entry, this.signerAmiss(entry));
    for (const share of whole) this.tellShare(share);
    this.people.apply(entry);
    const isOpen = (entry.type in POLICY && !isSignerKnown) || ((entry.type in POLICY || entry.type === "CustodyAccepted") && whole.length < shares.length);
    if (isOpen) this.story.unjudged += 1;
    else if (isSignerKnown || whole.length) this.story.judged += 1;
  }

  finish(): Story {
    const custodies = [...this.custodies.values()];
    this.story.wrong.sort(([a], [b]) => a - b);
    return { ...this.story, waiting: new Set(custodies.flatMap((one) => one.waiting)).size, holdings: custodies.flatMap((one) => one.table) };
  }

  private tellShare(share: StoryEntry): void {
    const { stream, type, payload } = share;
    const therapy = this.therapies.get(stream) ?? new Therapy(stream, this.origins);
    const custody = this.custodies.get(stream) ?? new Custody();
    this.therapies.set(stream, therapy);
    this.custodies.set(stream, custody);
    this.note(share, therapy.tell(share, this.deviations));
    if (type === "ChainLinked") this.custodies.get(`chain/${String(payload["provisional"])}`)?.leave(share);
    this.story.wrong.push(...custody.apply(share, this.deviations, (one) => therapy.isOurs(one)));
  }

  private signerAmiss(entry: StoryEntry): string[] {
    const { signer, type, moment, payload } = entry;
    const isDecision = kindOf(type).kind === "decision";
    const wrong = [this.people.keyAmiss(entry, isDecision), this.approvalAmiss(entry), this.additionAmiss(entry)];
    const row = POLICY[type];
    if (row && !(row.isOrSelf && entry.stream === `agent/${signer}`)) {
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

  /** Who has a role that takes two signers adds their own keys: else one administrator alone could sign for them. */
  private additionAmiss({ type, signer, stream }: StoryEntry): string | null {
    const agent = stream.slice("agent/".length);
    const isOfTwo = type === "KeyAdded" && this.isWhole(stream) && signer !== agent && this.people.takesTwo(agent);
    return isOfTwo ? `${agent} has a role that takes two signers: nobody else adds a key of theirs` : null;
  }

  private note({ position }: StoryEntry, wrong: readonly string[]): void {
    for (const what of wrong) this.story.wrong.push([position, what]);
  }

  private isWhole(tag: string): boolean {
    return this.whole === null || this.whole.has(tag);
  }
}
