// Keyboard-wedge scanners: a burst of keys that no person types, whatever has the focus. The burst's
// keys are kept from the page as soon as they are known for what they are; should it then turn out to
// have been a person after all, they are given back.

import { understandings, type Stroke, type Understood } from "./keys";

export interface WedgeSetting {
  readonly prefix?: string; // that the scanner is set to send before each symbol
  readonly suffix?: string; // and after it, besides or instead of Enter or Tab
}

const PACE = 40; // milliseconds from key to key in the middle; scanners need 1 to 30, people 80 and more
const PAUSE = 130; // ends a person's burst
const STALL = 500; // what a scanner's radio or a remote desktop may pause for in the middle of a symbol
const SURE = 3; // fast keys in a row are a scanner's
const CERTAIN = 8; // so many are, whatever comes
const SHORTEST = 4; // characters; no identifier of the field is shorter
const TORN = 1000; // a burst so soon after keys that nothing ended may be the rest of their symbol

/** Strokes of one burst with their moments in milliseconds. Pure: keys and times in, judgement out. */
export class Burst {
  readonly strokes: Stroke[] = [];
  private readonly gaps: number[] = [];
  private last = 0;

  /** False: too long after the one before, it belongs to another burst. */
  add(stroke: Stroke, at: number): boolean {
    if (this.strokes.length > 0) {
      if (at - this.last > (this.fast ? STALL : PAUSE)) return false;
      this.gaps.push(at - this.last);
    }
    this.strokes.push(stroke);
    this.last = at;
    return true;
  }

  /** No person types so. The middle gap counts, since a scanner's keys may stall on their way. */
  get fast(): boolean {
    const middle = [...this.gaps].sort((a, b) => a - b)[this.gaps.length >> 1] ?? Infinity;
    return this.strokes.length >= SURE && middle <= PACE;
  }

  /** Shall the newest key be kept from the page? A few fast ones may still be a person's rolling fingers. */
  get holds(): boolean {
    return this.fast && (this.strokes.length >= CERTAIN || (this.gaps.at(-1) ?? 0) <= 1.5 * PACE);
  }

  /** Is it a symbol? `at`: when the key came that ends it. */
  endsAt(at: number): boolean {
    return this.fast && this.strokes.length >= SHORTEST && at - this.last <= STALL;
  }

  /** Nothing came after it: a scanner that sends no Enter, or one that stalled for long. */
  get isCertain(): boolean {
    return this.fast && this.strokes.length >= CERTAIN;
  }
}

type TextField = HTMLInputElement | HTMLTextAreaElement;

export class Wedge {
  private burst = new Burst();
  private field: { element: TextField; value: string } | null = null; // as it was before the burst
  private held = ""; // characters kept from the page
  private alt = ""; // digits typed on the number pad while Alt is down
  private timer = 0;
  private loose = -Infinity; // when the last key came that no Enter or Tab has followed
  private torn = false; // the burst began so soon after loose keys that they may be its beginning
  private readonly told: (ways: readonly Understood[], whole: boolean) => void;
  private readonly setting: WedgeSetting;

  /** `whole`: an end was sent, and nothing seems to be missing before. Of others only what proves itself counts. */
  constructor(told: (ways: readonly Understood[], whole: boolean) => void, setting: WedgeSetting = {}) {
    this.told = told;
    this.setting = setting;
    window.addEventListener("keydown", this.onDown, true);
    window.addEventListener("keyup", this.onUp, true);
  }

  close(): void {
    this.reset();
    window.removeEventListener("keydown", this.onDown, true);
    window.removeEventListener("keyup", this.onUp, true);
  }

  private readonly onDown = (event: KeyboardEvent): void => {
    // A key that a person holds down repeats as fast as a scanner types.
    if (event.repeat || isAside(event.target)) return;
    if (event.altKey && /^Numpad[0-9]$/.test(event.code)) return this.digitOfAlt(event);
    if (event.key === "Enter" || event.key === "Tab") return this.ended(event);
    const stroke = strokeOf(event);
    if (stroke) this.pressed(event, stroke);
    else if (!MODIFIERS.has(event.key)) this.release();
  };

  /** Windows' way to type any character in any layout, which scanners use too: Alt and its number. */
  private digitOfAlt(event: KeyboardEvent): void {
    this.alt += event.code.slice(-1);
    event.preventDefault();
  }

  private readonly onUp = (event: KeyboardEvent): void => {
    if (event.key !== "Alt" || this.alt === "") return;
    const key = String.fromCharCode(Number(this.alt));
    this.alt = "";
    this.pressed(event, { key, code: "", shift: false, gs: key === "\x1d" });
  };

  private pressed(event: KeyboardEvent, stroke: Stroke): void {
    if (!this.burst.add(stroke, event.timeStamp)) {
      this.release();
      this.burst.add(stroke, event.timeStamp);
    }
    if (this.burst.strokes.length === 1) this.begins(event);
    this.loose = event.timeStamp;
    if (this.burst.holds || stroke.gs || this.isQuickFind(event)) this.hold(event, stroke);
    else if (this.held !== "") this.release();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(this.onQuiet, this.burst.fast ? STALL : PAUSE);
  }

  private begins(event: KeyboardEvent): void {
    this.field = fieldOf(event.target);
    this.torn = event.timeStamp - this.loose < TORN;
  }

  /** Firefox opens its search with `/` and `'` where no field has the focus. */
  private isQuickFind(event: KeyboardEvent): boolean {
    return this.field === null && (event.key === "/" || event.key === "'");
  }

  private hold(event: KeyboardEvent, stroke: Stroke): void {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (stroke.key.length === 1) this.held += stroke.key;
  }

  private ended(event: KeyboardEvent): void {
    this.loose = -Infinity;
    if (!this.burst.endsAt(event.timeStamp)) return this.release();
    event.preventDefault();
    event.stopImmediatePropagation();
    this.finish(!this.torn);
  }

  private readonly onQuiet = (): void => {
    if (this.burst.isCertain) this.finish(false);
    else this.release();
  };

  private finish(whole: boolean): void {
    const ways = understandings(this.burst.strokes).map((way) => ({ ...way, text: this.bare(way.text) }));
    this.putBack();
    this.reset();
    this.told(ways, whole);
  }

  private bare(text: string): string {
    const { prefix = "", suffix = "" } = this.setting;
    const start = prefix !== "" && text.startsWith(prefix) ? prefix.length : 0;
    return text.slice(start, suffix !== "" && text.endsWith(suffix) ? -suffix.length : undefined);
  }

  /** The first keys went into the field before anybody could know: it is made as it was. */
  private putBack(): void {
    if (!this.field || this.field.element.value === this.field.value) return;
    write(this.field.element, this.field.value);
  }

  /** It was a person: what was kept from the field is typed into it. */
  private release(): void {
    const { field, held } = this;
    this.reset();
    if (!field || held === "") return;
    const { element } = field;
    const [start, end] = [element.selectionStart ?? element.value.length, element.selectionEnd ?? element.value.length];
    write(element, element.value.slice(0, start) + held + element.value.slice(end));
    element.setSelectionRange(start + held.length, start + held.length);
  }

  private reset(): void {
    clearTimeout(this.timer);
    this.burst = new Burst();
    this.field = null;
    this.held = "";
  }
}

const MODIFIERS = new Set(["Shift", "Control", "Alt", "AltGraph", "CapsLock", "NumLock"]);

// An accent that waits for its letter, an input method at work: the key's place still says what it was.
const WAITING = new Set(["Dead", "Process", "Unidentified"]);

/** Null: no character's key. */
function strokeOf(event: KeyboardEvent): Stroke | null {
  const gs = event.key === "F8" || event.key === "\x1d" || (event.ctrlKey && (event.key === "]" || event.code === "BracketRight"));
  const graph = event.getModifierState("AltGraph");
  if (!gs && (event.metaKey || ((event.ctrlKey || event.altKey) && !graph))) return null;
  if (!gs && event.key.length !== 1 && !(WAITING.has(event.key) && event.code !== "")) return null;
  return { key: event.key, code: event.code, shift: event.shiftKey, gs };
}

/** A field that wants a scanner's keys as they come says so: `data-wedge="off"`. */
function isAside(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("[data-wedge=off]") !== null;
}

function fieldOf(target: EventTarget | null): { element: TextField; value: string } | null {
  const isField = target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.selectionStart !== null);
  return isField ? { element: target, value: target.value } : null;
}

/** As typing does it, so that whoever listens to the field hears of it. */
function write(element: TextField, value: string): void {
  const of = element instanceof HTMLInputElement ? HTMLInputElement : HTMLTextAreaElement;
  Object.getOwnPropertyDescriptor(of.prototype, "value")?.set?.call(element, value);
  element.dispatchEvent(new Event("input", { bubbles: true }));
}
