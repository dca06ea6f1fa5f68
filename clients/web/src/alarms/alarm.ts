/** Alarms of live readings as the ledger tells them, and the list that a person looks at. Pure. */

export type Kind = "excursion" | "budget" | "silence" | "tilt" | "battery" | "clock";

/** As `GET /v1/alarms` says it. */
export interface Alarm {
  alarm: number;
  chain: string;
  container: string | null;
  phase: string | null;
  kind: Kind;
  logger: string;
  began_at: string;
  closed_at: string | null;
  late: boolean;
  peak_centi_c: number | null;
  step_pct: number | null;
  tilt_deg: number | null;
  battery_pct: number | null;
  clock_s: number | null;
  acknowledged_by: string | null;
}

/** As `GET /v1/alarms/feed` tells what became of one. */
export interface Told extends Alarm {
  event: number;
  what: "begun" | "ended" | "acknowledged";
}

const KINDS: readonly string[] = ["excursion", "budget", "silence", "clock", "tilt", "battery"];

/** What nobody has seen yet first, then the gravest kind, then the newest. */
export function inOrder(alarms: readonly Alarm[]): Alarm[] {
  const rank = (one: Alarm): number => (one.acknowledged_by === null ? 0 : KINDS.length) + KINDS.indexOf(one.kind);
  return [...alarms].sort((one, other) => rank(one) - rank(other) || other.alarm - one.alarm);
}

/** The open alarms after something was told; what is over is in it no more. */
export function after(alarms: readonly Alarm[], told: Told): Alarm[] {
  const others = alarms.filter(({ alarm }) => alarm !== told.alarm);
  return told.closed_at === null ? inOrder([...others, told]) : others;
}

/** Whether a person is called for it now: it has begun, and not long ago. */
export function calls(told: Told): boolean {
  return told.what === "begun" && !told.late && told.closed_at === null;
}

/** The message and its parameters that say what is wrong. */
export function saying(one: Alarm): [`alarms.is_${Kind}`, Record<string, string | number>] {
  const degrees = one.peak_centi_c === null ? "" : (one.peak_centi_c / 100).toFixed(2);
  return [`alarms.is_${one.kind}`, {
    bag: one.container ?? "", logger: one.logger, degrees, step: one.step_pct ?? "", tilt: one.tilt_deg ?? "", battery: one.battery_pct ?? "",
    clock: one.clock_s ?? "",
  }];
}
