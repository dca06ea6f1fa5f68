/** Every entry of a timeline held against its proof, in this browser, a few at a time. */

import type { Client } from "../../core/client";
import { Problem } from "../../core/problem";
import { Store } from "../../core/store";
import { differs } from "./comparing";
import type { Told } from "./documents";

/** `gap`: it could not be looked at, so nothing is known of it. `broken`: it is not what was signed. */
export type Verdict =
  | { state: "proved"; logSize: number; timeS: number }
  | { state: "gap"; code: string; detail: string }
  | { state: "broken"; code: string; detail: string };

export type Verdicts = ReadonlyMap<number, Verdict>;

const AT_ONCE = 4;
const TOLD_EACH_MS = 100; // a screen with a thousand entries is not drawn a thousand times

/** Checks entries a few at a time; `verdicts` grows. `stop` ends it. */
export class Checking {
  readonly verdicts = new Store<Verdicts>(new Map());
  private readonly client: Client;
  private readonly coi: string;
  private readonly found = new Map<number, Verdict>();
  private stopped = false;

  constructor(client: Client, coi: string) {
    [this.client, this.coi] = [client, coi];
  }

  async run(entries: readonly Told[]): Promise<void> {
    const waiting = [...entries];
    const telling = setInterval(() => this.tell(), TOLD_EACH_MS);
    const work = async () => {
      for (let one = waiting.shift(); one && !this.stopped; one = waiting.shift()) {
        this.found.set(one.position, await verdictOn(this.client, one, this.coi));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    clearInterval(telling);
    this.tell();
  }

  private tell(): void {
    if (this.found.size > this.verdicts.get().size) this.verdicts.set(new Map(this.found));
  }

  stop(): void {
    this.stopped = true;
  }
}

export async function verdictOn(client: Client, told: Told, coi: string): Promise<Verdict> {
  try {
    const proved = await client.entry(told.position);
    const member = differs(told, proved, coi);
    if (member) return { state: "broken", code: "account_differs", detail: member };
    return { state: "proved", logSize: proved.logSize, timeS: proved.timeS };
  } catch (error) {
    return failure(error);
  }
}

/** Evidence that was looked at here and does not prove is broken; whatever else went wrong leaves a gap. */
export function failure(error: unknown): Exclude<Verdict, { state: "proved" }> {
  if (!(error instanceof Problem)) return { state: "gap", code: "internal", detail: String(error) };
  return { state: isBroken(error) ? "broken" : "gap", code: error.code, detail: error.detail };
}

/** A problem with a status is the server's answer to a question, and says nothing about evidence. */
export function isBroken({ kind, code, extra }: Problem): boolean {
  if (extra["status"] !== undefined || code === "not_enrolled") return false;
  return kind === "proof_invalid" || kind === "malformed" || kind === "unauthentic";
}

export function counted(entries: readonly Told[], verdicts: Verdicts) {
  const states = entries.map((one) => verdicts.get(one.position)?.state ?? "waiting");
  const count = (state: string) => states.filter((one) => one === state).length;
  return { proved: count("proved"), broken: count("broken"), gaps: count("gap"), waiting: count("waiting"), all: entries.length };
}
