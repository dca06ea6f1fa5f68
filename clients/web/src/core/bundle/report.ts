/** What an audit of a bundle found, step by step; the steps are those of
 * `ledger/verify/bundle.py`. Numbers 8 and 10 are for whoever brings a
 * witness policy or a head from elsewhere; 13 is this page's own. */

export const STEPS: Readonly<Record<number, string>> = {
  1: "The log's key opens the latest checkpoint",
  2: "Every stored checkpoint opens, and they only grow",
  3: "Entries and hashes give the root of every checkpoint",
  4: "Every entry is a strict statement of this log",
  5: "Every signature is by a key that the log enrolled",
  6: "The rules, replayed, allow every decision and raise exactly the recorded deviations",
  7: "Loggers' own files bear out the readings that were recorded of them",
  9: "The bundle is what the log gave for this request, and no byte was changed",
  13: "Custody, checks, releases and roles, told again apart from the rules",
};
const MAX_PROBLEMS = 100; // listed for a step; the rest is counted

/** `ok` null: not done, or not whole. `position`: the entry that a problem is about. */
export interface Step {
  number: number;
  name: string;
  ok: boolean | null;
  detail: string;
  problems: { position: number | null; what: string }[];
  more: number;
}

export class Findings {
  readonly steps: Step[] = Object.entries(STEPS).map(([number, name]) => ({
    number: Number(number), name, ok: null, detail: "not reached", problems: [], more: 0,
  }));

  /** A step that only some audits have, in its place. */
  add(number: number, name: string): void {
    this.steps.push({ number, name, ok: null, detail: "not reached", problems: [], more: 0 });
    this.steps.sort((a, b) => a.number - b.number);
  }

  step(number: number): Step {
    return this.steps.find((step) => step.number === number)!;
  }

  wrong(number: number, position: number | null, what: string): void {
    const step = this.step(number);
    step.ok = false;
    if (step.problems.length < MAX_PROBLEMS) step.problems.push({ position, what });
    else step.more += 1;
  }

  done(number: number, detail: string, whole = true): void {
    const step = this.step(number);
    if (step.ok === null && whole) step.ok = true;
    step.detail = detail;
  }

  /** The first problem of the earliest step that failed. */
  get firstWrong(): { step: number; position: number | null; what: string } | null {
    const step = this.steps.find((one) => one.problems.length);
    return step ? { step: step.number, ...step.problems[0]! } : null;
  }

  isRight(...numbers: number[]): boolean {
    return numbers.every((number) => this.step(number).ok !== false);
  }
}
