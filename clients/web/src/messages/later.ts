/** The sections of the catalogue that are not in the first load. `extend` loads them. */

import type { alarms } from "./en/alarms";
import type { audit } from "./en/audit";
import type { bedside } from "./en/bedside";
import type { codes } from "./en/codes";
import type { demo } from "./en/demo";
import type { events } from "./en/events";
import type { passkey } from "./en/passkey";
import type { phrases } from "./en/phrases";
import type { quality } from "./en/quality";

export type LaterKey =
  | keyof typeof alarms | keyof typeof audit | keyof typeof bedside | keyof typeof codes | keyof typeof demo | keyof typeof events | keyof typeof passkey
  | keyof typeof phrases | keyof typeof quality;

type Texts = Readonly<Record<string, string>>;

/** The ledger's codes and this app's own. */
const together = async (...parts: Promise<Texts>[]): Promise<Texts> => Object.assign({}, ...(await Promise.all(parts))) as Texts;

export const LATER = {
  /** What is said of alarms of live readings. */
  alarms: {
    en: (): Promise<Texts> => import("./en/alarms").then((one) => one.alarms),
    de: (): Promise<Texts> => import("./de/alarms").then((one) => one.alarms),
  },
  /** What the auditor's screens say. */
  audit: {
    en: (): Promise<Texts> => import("./en/audit").then((one) => one.audit),
    de: (): Promise<Texts> => import("./de/audit").then((one) => one.audit),
  },
  /** What nurses and physicians read at a bed. */
  bedside: {
    en: (): Promise<Texts> => import("./en/bedside").then((one) => one.bedside),
    de: (): Promise<Texts> => import("./de/bedside").then((one) => one.bedside),
  },
  /** `gate.…`, `gate_name.…`, `finding.…`, `finding_name.…`, `refusal.…`: spoken through `tCode`. */
  codes: {
    en: (): Promise<Texts> => together(import("./en/codes").then((one) => one.codes), import("./en/problems").then((one) => one.problems)),
    de: (): Promise<Texts> => together(import("./de/codes").then((one) => one.codes), import("./de/problems").then((one) => one.problems)),
  },
  /** What `demo.html` says. */
  demo: {
    en: (): Promise<Texts> => import("./en/demo").then((one) => one.demo),
    de: (): Promise<Texts> => import("./de/demo").then((one) => one.demo),
  },
  /** `event.…` (titles), `sentence.…`, and the words that stand in sentences. */
  events: {
    en: (): Promise<Texts> => import("./en/events").then((one) => one.events),
    de: (): Promise<Texts> => import("./de/events").then((one) => one.events),
  },
  /** How a passkey is made, added, and asked. */
  passkey: {
    en: (): Promise<Texts> => import("./en/passkey").then((one) => one.passkey),
    de: (): Promise<Texts> => import("./de/passkey").then((one) => one.passkey),
  },
  /** What members sound like: with `events`, all that `sentence` needs. */
  phrases: {
    en: (): Promise<Texts> => import("./en/phrases").then((one) => one.phrases),
    de: (): Promise<Texts> => import("./de/phrases").then((one) => one.phrases),
  },
  /** What Quality reads before it decides. */
  quality: {
    en: (): Promise<Texts> => import("./en/quality").then((one) => one.quality),
    de: (): Promise<Texts> => import("./de/quality").then((one) => one.quality),
  },
} as const;

export type Section = keyof typeof LATER;
