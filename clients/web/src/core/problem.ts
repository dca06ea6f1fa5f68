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

/**
 * Why the ledger's answer is not there, for whoever waits for it: no way to it (or a network's own page
 * in its place), nobody signed in, trouble on its side, or a no.
 */
export type Failure = "away" | "signed_out" | "trouble" | "refused";

const AWAY = ["unreachable", "bad_answer"];
const SIGNED_OUT = ["locked", "no_session", "not_enrolled"];

export function failureOf({ kind, code }: Problem): Failure {
  if (AWAY.includes(code)) return "away";
  if (SIGNED_OUT.includes(code) || kind === "unauthentic") return "signed_out";
  return kind === "fault" || kind === "too_many" ? "trouble" : "refused";
}

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

/** Whatever was thrown, as something that can be said. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem("fault", "unexpected", String(error));
}

/** What went wrong, in one sentence. */
export function said(error: unknown): string {
  return asProblem(error).detail;
}
