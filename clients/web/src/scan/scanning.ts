// One act of scanning, whatever the symbols come from: what is taken, what is left and why. In single
// mode the symbol in the frame, and nothing beside it; in continuous mode each thing once, all in view.

import type { Aimed } from "./camera";
import type { Verdict } from "./feedback";
import { isWrong, type Wrong } from "./identifiers";
import type { Layout, Understood } from "./keys";
import { names, parse, type Kind, type Scanned, type Setting } from "./parse";
import { scannedToo, typed, typedAgain, type Doubt, type Typed, type TypedReason } from "./typed";

/** What the screen is given. `method` and `reason` go into the event as they are. */
export interface Reading {
  readonly scanned: Scanned;
  readonly text: string;
  readonly source: "camera" | "wedge" | "typed";
  readonly method: "scan" | "typed";
  readonly reason: TypedReason | null;
  readonly millis: number | null; // from the camera's first frame
}

/** What is told instead of, or besides, a reading. */
export type Told =
  | { readonly code: "several"; readonly choices: readonly Reading[] }
  | { readonly code: "beside" } // a symbol is in view, but outside the frame
  | { readonly code: "unwanted"; readonly scanned: Scanned }
  | { readonly code: "torn" } // a keyboard scanner's text may lack a part
  | { readonly code: "wrong"; readonly wrong: Wrong }
  | { readonly code: "layout_uncertain" } // Y and Z may have changed places, nothing can tell
  | { readonly code: "layout_mended"; readonly layout: Layout };

export interface Wish {
  readonly setting: Setting;
  readonly wanted: readonly Kind[] | null; // null: anything that we know
  readonly continuous: boolean;
}

export interface Heard {
  /** Resolves to what the screen makes of it; nothing: it was taken, there is nothing to say. */
  read(reading: Reading): Verdict | void | Promise<Verdict | void>;
  told(told: Told | null): void;
  /** `read`: the screen said nothing of it. */
  verdict(verdict: Verdict | "read", reading: Reading): void;
  /** The screen could not judge it; the next may be scanned. */
  failed(error: unknown): void;
}

// Of these a part is never taken for another whole.
const FIXED: readonly Kind[] = ["foreign", "din", "product", "division", "expiry", "sec"];
const STABLE = 500; // milliseconds that a hint must hold before it is told
const FADES = 1200; // and after which it goes, when nothing more says so: not every frame sees all
const AGREED = 3000; // within which two frames must agree on a linear symbol
const AGAIN = 1500; // milliseconds out of sight before the same symbol counts as shown again

interface Hint {
  readonly code: Told["code"] | null;
  readonly since: number;
  readonly last: number;
}
const NO_HINT: Hint = { code: null, since: 0, last: 0 };

export class Scanning {
  /** How the keys of this computer's scanner are to be understood; null: not known yet. */
  layout: Layout | null;
  private busy = false; // the screen is judging a reading, or has the one that it wanted
  private readonly shown = new Map<string, number>(); // continuous: when each was last in view
  private readonly spurned = new Set<string>(); // of these, what was not taken: shown again, it is judged again
  private hinted: Hint = NO_HINT; // what the camera's frames last gave reason to say
  private whole = true;
  private waiting: { readonly typed: Typed; readonly reason: TypedReason } | null = null;
  private readonly linear = new Map<string, number>(); // when each linear symbol was last in view
  private readonly wish: Wish;
  private readonly heard: Heard;

  constructor(wish: Wish, heard: Heard, layout: Layout | null = null) {
    this.wish = wish;
    this.heard = heard;
    this.layout = layout;
  }

  /** Ready for the next, in single mode. */
  again(): void {
    this.busy = false;
    this.waiting = null;
    this.heard.told(null);
  }

  /** Continuous mode: an item was taken off the list, and may be scanned once more. */
  forget(reading: Reading): void {
    this.shown.delete(nameOf(reading));
  }

  /** The symbols of one frame. `now`: milliseconds of a clock that never goes back. */
  frame(symbols: readonly Aimed[], millis: number, now: number): void {
    if (this.busy) return;
    const sure = this.sure(symbols, now);
    const { fit, told } = this.sorted(sure, (one) => ({ text: one.text, source: "camera", method: "scan", reason: null, millis }));
    if (this.wish.continuous && !this.waiting) return this.each(fit.map(({ reading }) => reading), told, now);
    const aimed = fit.filter(({ from }) => from.aimed).map(({ reading }) => reading);
    const [one, ...more] = distinct(aimed);
    if (one && (this.waiting || (more.length === 0 && this.hinted.code !== "several"))) return this.deliver(one, now);
    if (one && more.length > 0) return this.hint({ code: "several", choices: [one, ...more] }, now);
    this.hint(fit.length > aimed.length ? { code: "beside" } : told, now);
  }

  /** Of one frame alone nothing is said: the next may read the symbol that is printed beside this one. */
  private hint(told: Told | null, now: number): void {
    const { code, since, last } = this.hinted;
    if (told) {
      this.hinted = { code: told.code, since: told.code === code ? since : now, last: now };
      if (now - this.hinted.since > STABLE) this.heard.told(told);
    } else if (code && now - last > FADES) {
      this.hinted = NO_HINT;
      this.heard.told(null);
    }
  }

  /** A wedge scanner's burst, in every way that it can be understood. `whole`: none of it can be missing. */
  wedge(ways: readonly Understood[], whole: boolean, now: number): void {
    if (this.busy) return;
    this.whole = whole;
    const usual = ways.filter((way) => way.layout !== "german");
    const { fit, told } = this.sorted(usual.map(wedged), (one) => one.reading);
    if (fit.length === 0) return this.lastResort(ways, told, now);
    const known = fit.find(({ from }) => from.layout === this.layout);
    const chosen = known ?? (distinct(fit.map(({ reading }) => reading)).length === 1 ? fit[0] : undefined);
    if (!chosen) return this.heard.told({ code: "layout_uncertain" });
    this.understood(chosen.reading, chosen.from.layout, now);
    // Readable in one way only, it teaches how this scanner is set.
    if (fit.length === 1 && ways.length > 1) this.layout = chosen.from.layout;
  }

  /** Typed a first time. It waits for its proof: any symbol of the same thing, or the same typed again. */
  type(text: string, reason: TypedReason): Typed | Doubt {
    const found = typed(text, this.wish.wanted, this.wish.setting);
    this.waiting = isWrong(found) ? null : { typed: found, reason };
    this.busy = false;
    return found;
  }

  /** Typed a second time. Null: it is the same, and was read. */
  typeAgain(text: string, now: number): Doubt | null {
    const doubt = this.waiting ? typedAgain(this.waiting.typed, text, this.wish.wanted) : null;
    if (!doubt) this.proved(now);
    return doubt;
  }

  /** What was typed first is given up. */
  untype(): void {
    this.waiting = null;
  }

  /** The person says which of several it is. */
  choose(reading: Reading, now: number): void {
    this.deliver(reading, now);
  }

  private lastResort(ways: readonly Understood[], told: Told | null, now: number): void {
    const { fit } = this.sorted(ways.filter((way) => way.layout === "german").map(wedged), (one) => one.reading);
    const [found] = fit;
    if (found) this.understood(found.reading, found.from.layout, now);
    else this.heard.told(told);
  }

  private understood(reading: Reading, layout: Layout, now: number): void {
    this.deliver(reading, now);
    if (layout !== "computer") this.heard.told({ code: "layout_mended", layout });
  }

  /** `by`: the symbol that proved it. Where such a one is wanted, it is what was read: it says more (a
   * label its serial, which may be void) than what was typed. */
  private proved(now: number, by?: Reading): void {
    const { waiting } = this;
    this.waiting = null;
    if (waiting && by && this.wants(by.scanned)) this.deliver(by, now);
    else if (waiting) this.deliver({ ...waiting.typed, source: "typed", method: "typed", reason: waiting.reason, millis: null }, now);
  }

  private deliver(reading: Reading, now: number): void {
    const doubt = this.waiting && scannedToo(this.waiting.typed, reading.scanned);
    if (doubt) this.heard.told({ code: "wrong", wrong: doubt });
    else if (this.waiting) this.proved(now, reading);
    else if (this.wish.continuous) this.once(reading, now);
    else this.take(reading);
  }

  /** A linear symbol has one check character: it counts when two frames agree. */
  private sure(symbols: readonly Aimed[], now: number): readonly Aimed[] {
    const agreed = symbols.filter((one) => !one.linear || now - (this.linear.get(one.text) ?? -Infinity) < AGREED);
    for (const one of symbols) if (one.linear) this.linear.set(one.text, now);
    return agreed;
  }

  /** What can be used, and else what is to be said of the rest. */
  private sorted<From extends { text: string }>(all: readonly From[], reading: (from: From) => Omit<Reading, "scanned">) {
    const fit: { from: From; reading: Reading }[] = [];
    let told: Told | null = null;
    for (const from of all) {
      const given = reading(from);
      const scanned = parse(from.text, { ...this.wish.setting, expected: this.wish.wanted ?? [] });
      const torn = given.source === "wedge" && !this.whole && !showsItsEnds(scanned, from.text);
      if (torn) told = { code: "torn" };
      else if (isWrong(scanned)) told ??= { code: "wrong", wrong: scanned };
      else if (this.wants(scanned)) fit.push({ from, reading: { ...given, scanned } });
      else told = { code: "unwanted", scanned };
    }
    return { fit: this.wish.wanted ? fit : linksFirst(fit), told };
  }

  private wants(scanned: Scanned): boolean {
    return this.waiting !== null || this.wish.wanted === null || this.wish.wanted.includes(scanned.kind);
  }

  private each(fit: readonly Reading[], told: Told | null, now: number): void {
    const isLabel = ({ scanned }: Reading) => scanned.kind === "label";
    for (const reading of [...fit.filter(isLabel), ...fit.filter((one) => !isLabel(one))]) this.once(reading, now);
    if (fit.length > 0) this.heard.told(null);
    else this.hint(told, now);
  }

  private once(reading: Reading, now: number): void {
    const name = nameOf(reading);
    const before = this.shown.get(name);
    this.shown.set(name, now);
    const isBack = before !== undefined && now - before > AGAIN;
    if (before === undefined || (isBack && this.spurned.has(name))) void this.judge(reading);
    else if (isBack) this.heard.verdict("duplicate", reading);
  }

  private spurn(reading: Reading, spurned: boolean): void {
    if (spurned) this.spurned.add(nameOf(reading));
    else this.spurned.delete(nameOf(reading));
  }

  private take(reading: Reading): void {
    this.busy = true;
    this.heard.told(null);
    void this.judge(reading);
  }

  private async judge(reading: Reading): Promise<void> {
    try {
      const verdict = (await this.heard.read(reading)) ?? "read";
      this.spurn(reading, verdict === "mismatch");
      this.heard.verdict(verdict, reading);
    } catch (error) {
      this.busy = false;
      this.spurn(reading, true);
      this.heard.failed(error);
    }
  }
}

const nameOf = (reading: Reading): string => names(reading.scanned)[0] ?? reading.text;

/** A compound message counts its parts; several structures without one may have lost some. */
function showsItsEnds(one: Scanned | Wrong, text: string): boolean {
  if (isWrong(one)) return false;
  if (one.kind === "isbt") return text.startsWith("=+");
  return FIXED.includes(one.kind) || (one.kind === "label" && one.host !== null);
}

function wedged(way: Understood) {
  const reading = { text: way.text, source: "wedge", method: "scan", reason: null, millis: null } as const;
  return { ...way, reading };
}

function distinct(readings: readonly Reading[]): Reading[] {
  return readings.filter((one, at) => readings.findIndex((other) => nameOf(other) === nameOf(one)) === at);
}

/** Where anything will do, a label's link stands for the other symbols that are printed beside it. */
function linksFirst<One extends { reading: Reading }>(fit: readonly One[]): One[] {
  const links = fit.filter(({ reading }) => reading.scanned.kind === "label");
  return links.length > 0 ? links : [...fit];
}
