/** What stands on one card of temperature: a phase's judgement, and the legs that nothing proves. Pure. */

import type { Evidence, Leg, Phase, Temperature } from "./documents";

export interface Judged extends Phase {
  unproved: Leg[];
}

/** Each container's phases. A leg stands with the phase of its container that is nearest in time. */
export function judgedOf({ containers, unproved }: Temperature): Judged[] {
  const found = containers.map((one): Judged => ({ ...one, evidence: longest(one.evidence), unproved: [] }));
  for (const leg of unproved) {
    const [nearest] = found.filter((one) => one.container === leg.container).sort((a, b) => apart(a, leg) - apart(b, leg));
    nearest?.unproved.push(leg);
  }
  return found;
}

/** Milliseconds between a phase's evidence and a leg; 0 where they touch. */
function apart({ evidence }: Phase, leg: Leg): number {
  const [start, end] = [Date.parse(leg.started_at), Date.parse(leg.ended_at)];
  const first = Math.min(...evidence.map((one) => Date.parse(one.started_at)));
  const last = Math.max(...evidence.map((one) => Date.parse(one.ended_at)));
  return Math.max(0, start - last, first - end);
}

/** A statement is one record: of what a container has itself and what it has from its parents, the longest. */
function longest(evidence: readonly Evidence[]): Evidence[] {
  const found = new Map<number, Evidence>();
  for (const one of evidence) {
    const known = found.get(one.position);
    if (!known || Date.parse(known.ended_at) < Date.parse(one.ended_at)) found.set(one.position, one);
  }
  return [...found.values()];
}

/** Containers with the same evidence and the same judgement are one drawing: what one inherits is drawn once. */
export function alike(containers: readonly Judged[]): { names: string[]; phase: Judged }[] {
  const found = new Map<string, { names: string[]; phase: Judged }>();
  for (const one of containers) {
    const { container, unproved, ...rest } = one;
    const key = JSON.stringify(rest);
    const group = found.get(key) ?? { names: [], phase: { ...one, unproved: [] } };
    group.names.push(container);
    group.phase.unproved.push(...unproved.filter((leg) => !group.phase.unproved.some((known) => isSame(known, leg))));
    found.set(key, group);
  }
  return [...found.values()];
}

export type Verdict = "not_judged" | "out_of_limits" | "not_proved" | "with_gaps" | "in_limits";

/** In limits is all clear: not where nothing that proves anything says how warm it was, nor for some of the time. */
export function verdictOf(phase: Pick<Judged, "within_limits" | "proved" | "gaps" | "unproved">): Verdict {
  if (phase.within_limits === null) return "not_judged";
  if (!phase.within_limits) return "out_of_limits";
  if (!phase.proved) return "not_proved";
  return phase.gaps.length || phase.unproved.length ? "with_gaps" : "in_limits";
}

const isSame = (one: Leg, other: Leg) => one.began === other.began && one.ended === other.ended;
