/**
 * Statements on their way by hand: as a file (a CBOR sequence, the same as `unbroken outbox
 * export` writes) or as texts for QR codes, which another phone scans without a network.
 *
 *     UBO1:<part>:<of>:<first 8 hex digits of the SHA-256 of all, upper case>:<base45>
 */
import { concat, fromBase45, toBase45, toHex, type Bytes } from "./bytes";
import { Problem } from "./problem";
import { sha256 } from "./proof/hash";

export { split } from "./proof/sequence";

const PREFIX = "UBO1:";
const PART = 400; // bytes: 600 letters in a QR code of 85 modules, which a phone reads from another's screen
const FORM = /^UBO1:([1-9][0-9]{0,3}):([1-9][0-9]{0,3}):([0-9A-F]{8}):([0-9A-Z $%*+./:-]+)$/;

export async function toTexts(statements: readonly Uint8Array[]): Promise<string[]> {
  const whole = concat(...statements);
  const mark = await markOf(whole);
  const of = Math.ceil(whole.length / PART);
  return Array.from({ length: of }, (_, at) => {
    const part = whole.subarray(at * PART, (at + 1) * PART);
    return `${PREFIX}${at + 1}:${of}:${mark}:${toBase45(part)}`;
  });
}

/** Collects the parts of one sequence, in any order, each as often as it is scanned. */
export class Collector {
  private parts = new Map<number, Bytes>();
  private of = 0;
  private mark = "";

  /** The whole once its last part is there, else null. Another sequence's part begins anew.
   * Throws `Problem` `bad_carrying_text`. */
  async add(text: string): Promise<Bytes | null> {
    const [, part = "", of = "", mark = "", letters = ""] = FORM.exec(text.replace(/[\r\n]+$/, "")) ?? [];
    if (!letters || Number(part) > Number(of)) throw bad("not a part of an outbox");
    if (mark !== this.mark || Number(of) !== this.of) this.begin(mark, Number(of));
    this.parts.set(Number(part), fromBase45(letters));
    return this.parts.size < this.of ? null : this.whole();
  }

  get progress(): { have: number; of: number } {
    return { have: this.parts.size, of: this.of };
  }

  private begin(mark: string, of: number): void {
    [this.parts, this.mark, this.of] = [new Map(), mark, of];
  }

  private async whole(): Promise<Bytes> {
    const numbers = [...this.parts.keys()].sort((a, b) => a - b);
    const whole = concat(...numbers.map((number) => this.parts.get(number) ?? new Uint8Array()));
    const fits = (await markOf(whole)) === this.mark;
    this.begin("", 0);
    if (fits) return whole;
    throw bad("its parts do not fit together: scan them again");
  }
}

async function markOf(whole: Bytes): Promise<string> {
  return toHex(await sha256(whole)).slice(0, 8).toUpperCase();
}

function bad(what: string): Problem {
  return new Problem("malformed", "bad_carrying_text", what);
}
