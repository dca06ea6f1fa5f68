/** What a person enters before a decision, and whether the answer on screen is to their question. Pure. */

import type { ReleaseCheck } from "./documents";

export const DISPOSITIONS = ["accepted", "corrected", "rejected"] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** Usual reasons for each; another one is a code of the organisation's own. */
export const REASONS: Readonly<Record<Disposition, readonly string[]>> = {
  accepted: ["assessed", "no_effect_on_product", "within_stability", "evidence_complete"],
  corrected: ["put_right", "repeated_well", "evidence_complete"],
  rejected: ["product_affected", "evidence_missing", "identity_not_proved"],
};

export const REASONS_TO_LIFT = ["assessed", "repeated_well", "evidence_complete"] as const;
export const REASONS_TO_REJECT = ["product_affected", "evidence_missing", "out_of_specification"] as const;
export const OTHER = "other";

const CODE = /^[a-z][a-z0-9_]{0,63}$/;
export const COUNTRY = /^[A-Z]{2}$/;
export const PROTOCOL = /^[A-Za-z0-9][A-Za-z0-9 ._:/+-]{0,79}$/;

/** `Label replaced ` -> `label_replaced`; null: no code can be made of it. */
export function codeIn(text: string): string | null {
  const code = text.trim().toLowerCase().replace(/[\s-]+/g, "_");
  return CODE.test(code) ? code : null;
}

/** The reason that was chosen, or, for another one, what was typed; null: none yet. */
export function reasonIn(chosen: string | null, own: string): string | null {
  return chosen === OTHER ? codeIn(own) : chosen;
}

/** `GB, DE` -> each once, in the order given; null: none, or one that does not fit. */
export function namesIn(text: string, pattern: RegExp): string[] | null {
  const found = [...new Set(text.split(/[,;]/).map((one) => one.trim()).filter(Boolean))];
  return found.length && found.every((one) => pattern.test(one)) ? found : null;
}

/** The doses of a release: those that were chosen, or nobody having chosen, that waited at the first look.
 * What has come since, nobody looked at; what was released is chosen no more. */
export function chosenOf(names: readonly string[], picked: readonly string[] | null, first: readonly string[]): string[] {
  return names.filter((one) => (picked ?? first).includes(one));
}

export interface Scope {
  containers: string[];
  site: string;
  countries: string[];
}

/** Whether these gates were asked for exactly this release; else nobody may sign by them. */
export function answers(check: ReleaseCheck, scope: Scope): boolean {
  const same = (one: readonly string[], other: readonly string[]) => one.join() === other.join();
  return check.site === scope.site && same(check.containers, scope.containers) && same(check.countries, scope.countries);
}
