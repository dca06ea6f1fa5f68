/**
 * Time on a device whose clock anybody may set: how long ago something was, and what the ledger's
 * clock shows now.
 */

/** One moment by both clocks of a device, in milliseconds: `wall` can be set, `tick` only runs (and on
 * some devices not while they sleep). */
export interface Moment {
  readonly wall: number;
  readonly tick: number;
}

const SLACK_MS = 5_000; // by how much the two may part before somebody has set the clock

/** How long before `now` it was, by whichever clock says more: a device that slept, or was set ahead,
 * must not make it younger. Null: the clock was set back, so nothing is known. */
export function elapsed(then: Moment, now: Moment): number | null {
  const [wall, tick] = [now.wall - then.wall, now.tick - then.tick];
  return wall < tick - SLACK_MS ? null : Math.max(wall, tick);
}

/** The ledger's time. `device`: it was never heard, or this device's clock was set since. */
export interface Told {
  readonly at: number;
  readonly by: "ledger" | "device";
}

const SECOND_MS = 1000; // an answer's Date is cut to whole seconds (RFC 9110 section 5.6.7)

/**
 * The ledger's clock, learnt from the Date of its answers. Each was written between asking and
 * answering, which bounds what is to be added to `tick`; several answers bound it closer. One that fits
 * none of the bounds (the device slept, the server's clock was set) begins anew.
 */
export class LedgerClock {
  private bounds: { low: number; high: number; heard: Moment } | null = null;
  private asleep = 0; // milliseconds that `tick` has missed since the last answer, as far as `wall` told

  /** `date`: the header's text. */
  heard(date: string | null, asked: Moment, answered: Moment): void {
    const at = Date.parse(date ?? "");
    if (Number.isNaN(at)) return;
    const found = { low: at - answered.tick, high: at + SECOND_MS - asked.tick };
    const before = this.bounds ?? found;
    const [low, high] = [Math.max(before.low, found.low), Math.min(before.high, found.high)];
    this.bounds = { ...(low <= high ? { low, high } : found), heard: answered };
    this.asleep = 0;
  }

  /** The latest that the ledger's clock can show: what is left of a window is never made longer, also
   * not by setting this device's clock back. */
  latest(now: Moment): Told {
    if (!this.bounds) return { at: now.wall, by: "device" };
    const { high, heard } = this.bounds;
    const since = elapsed(heard, now);
    if (since === null) return { at: Math.max(now.wall, high + now.tick + this.asleep), by: "device" };
    this.asleep = since - (now.tick - heard.tick);
    return { at: high + heard.tick + since, by: "ledger" };
  }
}
