/** What waits for Quality, in the order in which it should be looked at. Pure. */

import type { Chain, Confirmation, Dose, Held, Quality, Raised } from "./documents";

/** All that waits in one therapy. */
export interface Waiting {
  coi: string;
  deviations: Raised[];
  held: Held[];
  doses: Dose[];
}

const SEVERITIES = ["critical", "major", "minor", "review"];

/** By therapy, the one with the gravest open deviation first; within it, so too. */
export function byTherapy(deviations: readonly Raised[], doses: readonly Dose[], held: readonly Held[] = []): Waiting[] {
  const found = new Map<string, Waiting>();
  const of = (coi: string): Waiting => {
    const known = found.get(coi) ?? { coi, deviations: [], held: [], doses: [] };
    found.set(coi, known);
    return known;
  };
  for (const one of [...deviations].sort(graver)) of(one.chain).deviations.push(one);
  for (const one of held) of(one.chain).held.push(one);
  for (const one of doses) of(one.chain).doses.push(one);
  return [...found.values()]; // a Map keeps the order: the gravest came first, doses without any come last
}

type Graded = Pick<Raised, "severity" | "blocking" | "position">;

/** What blocks comes first, then the severity, then the oldest. */
export function graver(one: Graded, other: Graded): number {
  return rank(one) - rank(other) || one.position - other.position;
}

function rank({ severity, blocking }: Graded): number {
  const grade = SEVERITIES.indexOf(severity);
  return (blocking ? 0 : SEVERITIES.length + 1) + (grade < 0 ? SEVERITIES.length : grade);
}

/** Finished containers that are neither released nor rejected nor used up: whom a release could name. */
export function unreleased(chain: Chain): string[] {
  if (chain.closed_position !== null || !chain.order) return [];
  const waits = chain.containers.filter((one) => !one.rejected && !one.releases.length && one.status === "present");
  return waits.map((one) => one.container).filter((name) => isFinished(chain, name));
}

/** As the ledger says it (`Chain.is_finished`): made or filled, and no sample. */
export function isFinished(chain: Chain, name: string): boolean {
  const made = [...ancestry(chain, name)].map((one) => chain.containers.find(({ container }) => container === one)?.made_by ?? "");
  return !made.includes("sample") && made.some((how) => how === "transform" || how === "fill");
}

function ancestry(chain: Chain, name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  const known = chain.containers.find(({ container }) => container === name);
  for (const parent of known?.parents ?? []) ancestry(chain, parent, found);
  return found;
}

/** The site's confirmations of these containers, each statement once. */
export function confirmations({ containers }: Quality, names: readonly string[]): Confirmation[] {
  const all = containers.filter((one) => names.includes(one.container)).flatMap((one) => one.confirmations);
  return all.filter((one, at) => all.findIndex(({ position }) => position === one.position) === at);
}
