/**
 * Every text that a person sees, by key, in each language.
 *
 * English is always at hand and is the list of keys; another language is loaded when it is chosen,
 * and must have every key (its type says so). Large sections are loaded by the areas that need
 * them: see `extend`. `{name}` in a text stands for a parameter;
 * `{count|one bag|{count} bags}` chooses by number.
 */

import { remember, remembered } from "../core/memory";
import { Store } from "../core/store";
import { en } from "./en";
import { LATER, type LaterKey, type Section } from "./later";

export type Key = keyof typeof en;
export type Catalogue = Record<Key, string>;
export type Parameters = Record<string, string | number>;
export type Language = "en" | "de";

export const LANGUAGES: Record<Language, string> = { en: "English", de: "Deutsch" };
const KEPT = "unbroken.language";

export const language = new Store<Language>("en");
let catalogue: Readonly<Record<string, string>> = en;
const extended = new Set<Section>();

/** The text of a key. A key that only comes at run time (a code of the ledger): see `tCode`. */
export function t(key: Key | LaterKey, parameters: Parameters = {}): string {
  return fill(catalogue[key] ?? key, parameters);
}

/** The text for a code that the ledger sent, `area.code`; the code itself where none is known. */
export function tCode(area: string, code: string, parameters: Parameters = {}): string {
  const text = catalogue[`${area}.${code}`];
  return text === undefined ? code.replaceAll("_", " ") : fill(text, parameters);
}

/** Load what was chosen before, or else what the browser prefers. */
export async function startLanguage(): Promise<void> {
  const wanted = remembered(KEPT) ?? navigator.language.slice(0, 2);
  await speak(wanted in LANGUAGES ? (wanted as Language) : "en", false);
}

export async function speak(chosen: Language, keep = true): Promise<void> {
  catalogue = { ...(chosen === "de" ? (await import("./de")).de : en), ...(await sections(chosen, [...extended])) };
  document.documentElement.lang = chosen;
  if (keep) remember(KEPT, chosen);
  language.set(chosen);
}

/** Load sections that are too large for the first load, in the language spoken and any chosen later. */
export async function extend(...wanted: Section[]): Promise<void> {
  const missing = wanted.filter((one) => !extended.has(one));
  const found = await sections(language.get(), missing);
  for (const one of missing) extended.add(one);
  catalogue = { ...catalogue, ...found };
}

async function sections(chosen: Language, wanted: readonly Section[]): Promise<Record<string, string>> {
  const found = await Promise.all(wanted.map((one) => LATER[one][chosen]()));
  return Object.assign({}, ...found) as Record<string, string>;
}

function fill(text: string, parameters: Parameters): string {
  const chosen = text.replace(/\{(\w+)\|((?:[^{}]|\{\w+\})*)\|((?:[^{}]|\{\w+\})*)\}/g, (_, name, one, many) =>
    Number(parameters[name]) === 1 ? one : many,
  );
  return chosen.replace(/\{(\w+)\}/g, (whole, name: string) => String(parameters[name] ?? whole));
}
