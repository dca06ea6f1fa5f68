/**
 * Every way in which the app says no, with the same stable codes as the ledger.
 *
 * One class: TypeScript narrows by `code`, and what the server answered (RFC 9457) arrives here
 * as it is. `kind` says what to do about it, as `ledger/errors.py` does by its classes.
 */
import type { Json } from "./canonical";

export type Kind =
  | "malformed" // these bytes are not what they claim to be
  | "unauthentic" // not proved to come from an enrolled key
  | "refused" // validly signed, but not allowed now
  | "not_found"
  | "unauthorised" // a read without a session, or beyond it
  | "too_many" // slow down: nothing is lost
  | "proof_invalid" // evidence that does not prove what it should
  | "fault"; // the other side, or the way to it, failed: says nothing about the input

export class Problem extends Error {
  readonly kind: Kind;
  readonly code: string;
  readonly detail: string;
  /** What the server added, for instance `gates`; and `status` where there was one. */
  readonly extra: Readonly<Record<string, Json>>;

  constructor(kind: Kind, code: string, detail: string, extra: Record<string, Json> = {}) {
    super(`${code}: ${detail}`);
    this.name = "Problem";
    this.kind = kind;
    this.code = code;
    this.detail = detail;
    this.extra = extra;
  }

  /** True where sending the same again later may help; nothing was said about what was sent. */
  get passes(): boolean {
    return this.kind === "fault" || this.kind === "too_many";
  }
}
