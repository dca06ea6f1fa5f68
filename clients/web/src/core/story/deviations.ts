/** What the ledger itself says of entries: the codes of its deviations, by the therapy that each stands in and
 * the statement that it was raised because of. docs/reference/findings.md says what each means. */
import { idOf, push, type StoryEntry } from "./entry";
import { LEDGER } from "./people";

/** They say: this fact changed nothing. */
const SET_ASIDE = ["unrelated_signer", "chain_not_opened", "chain_linked"];
/** It says: who signed this half of a hand-over does not act for its party, and it counts for nothing. */
const VOID = "role_not_permitted";

export class Deviations {
  private readonly codes = new Map<string, Map<string, string[]>>(); // by stream, then by id

  constructor(entries: readonly StoryEntry[]) {
    for (const { type, signer, stream, payload } of entries) {
      if (type !== "DeviationRaised" || signer !== LEDGER) continue;
      const here = this.codes.get(stream) ?? new Map<string, string[]>();
      this.codes.set(stream, here);
      push(here, String(payload["cause"]), String(payload["code"]));
    }
  }

  /** True if one of these codes was raised because of the entry, in its therapy. */
  says(entry: StoryEntry, ...codes: readonly string[]): boolean {
    const raised = this.codes.get(entry.stream)?.get(idOf(entry));
    return raised !== undefined && codes.some((code) => raised.includes(code));
  }

  isSetAside(entry: StoryEntry): boolean {
    return this.says(entry, ...SET_ASIDE);
  }

  isVoid(entry: StoryEntry): boolean {
    return this.isSetAside(entry) || (entry.type.startsWith("Custody") && this.says(entry, VOID));
  }
}
