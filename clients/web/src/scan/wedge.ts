// Keyboard-wedge scanners: a burst of keys that no person types, whatever has the focus. The burst's
// keys are kept from the page as soon as they are known for what they are; should it then turn out to
// have been a person after all, they are given back.

import { Burst, Loose, PAUSE, STALL } from "./burst";
import { understandings, type Stroke, type Understood } from "./keys";

export interface WedgeSetting {
  readonly prefix?: string; // that the scanner is set to send before each symbol
  readonly suffix?: string; // and after it, besides or instead of Enter or Tab
}

type TextField = HTMLInputElement | HTMLTextAreaElement;

export class Wedge {
  private burst = new Burst();
  private field: { element: TextField; value: string } | null = null; // as it was before the burst
  private held = ""; // characters kept from the page
  private alt = ""; // digits typed on the number pad while Alt is down
  private timer = 0;
  private loose = new Loose();
  private torn = false; // what came before the burst may be its beginning
  private left: { element: TextField; before: string; after: string } | null = null; // what a cut burst typed
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
      this.onQuiet();
      this.burst.add(stroke, event.timeStamp);
    }
    if (this.burst.strokes.length === 1) this.begins(event);
    if (this.field || stroke.key !== " ") this.loose.key(event.timeStamp); // a blank presses a button
    if (this.burst.holds || stroke.gs || this.isQuickFind(event)) this.hold(event, stroke);
    else if (this.held !== "") this.release();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(this.onQuiet, this.burst.fast ? STALL : PAUSE);
  }

  private begins(event: KeyboardEvent): void {
    this.field = fieldOf(event.target);
    this.torn = this.loose.isBefore(event.timeStamp);
    const { field, left } = this;
    const goesOn = this.loose.isCut && field && left?.element === field.element && left.after === field.value;
    if (goesOn) field.value = left.before; // should this be the rest, its beginning goes as well
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
    const { timeStamp: at } = event;
    const isRest = this.loose.isCut && this.burst.isTail(at);
    const isLateEnd = this.burst.strokes.length === 0 && this.loose.isEndedBy(at);
    this.loose.ended();
    if (!isRest && !isLateEnd && !this.burst.endsAt(at)) return this.release();
    event.preventDefault(); // a late Enter must press no button
    event.stopImmediatePropagation();
    if (!isLateEnd) this.finish(!this.torn);
  }

  private readonly onQuiet = (): void => {
    const { fast, isCertain } = this.burst;
    if (isCertain) this.finish(false);
    else this.release(fast);
    if (fast) this.loose.broke();
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

  /** It was a person: what was kept from the field is typed into it. `cut`: unless the rest comes later. */
  private release(cut = false): void {
    const { field, held } = this;
    this.reset();
    if (field && held !== "") this.typeInto(field.element, held);
    this.left = field && cut ? { element: field.element, before: field.value, after: field.element.value } : null;
  }

  private typeInto(element: TextField, held: string): void {
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
