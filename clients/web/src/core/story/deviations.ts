/** What the ledger itself says of entries: the codes of its deviations, by the statement that each was raised
 * because of and the therapy that it stands in. docs/reference/findings.md says what each means. */
import { push, type StoryEntry } from "./entry";
import { LEDGER } from "./people";

/** They say: this fact changed nothing. */
const SET_ASIDE = ["unrelated_signer", "chain_not_opened", "chain_linked"];
/** It says: who signed this half of a hand-over does not act for its party, and it counts for nothing. */
const VOID = "role_not_permitted";

export class Deviations {
  private readonly codes = new Map<string, string[]>();

  constructor(entries: readonly StoryEntry[]) {
    for (const { type, signer, stream, payload } of entries) {
      if (type === "DeviationRaised" && signer === LEDGER) push(this.codes, `${String(payload["cause"])} ${stream}`, String(payload["code"]));
    }
  }

  /** True if one of these codes was raised because of the entry, in its therapy. */
  says({ id, stream }: StoryEntry, ...codes: readonly string[]): boolean {
    const raised = this.codes.get(`${id} ${stream}`);
    return raised !== undefined && codes.some((code) => raised.includes(code));
  }

  isSetAside(entry: StoryEntry): boolean {
    return this.says(entry, ...SET_ASIDE);
  }

  isVoid(entry: StoryEntry): boolean {
    return this.isSetAside(entry) || (entry.type.startsWith("Custody") && this.says(entry, VOID));
  }
}
