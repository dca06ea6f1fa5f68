// What a scanned or typed text is. Our own forms and the field's name themselves by how they begin;
// plain texts (a container's id, a hospital's wristband) come last, the one that is expected first.

import { fromBase45, type Bytes } from "../core/bytes";
import { GS, parseElements, provesItself, type Elements } from "./gs1";
import { CONTAINER, isWrong, parseCoi, parseSec, parseTypedDin, wrong } from "./identifiers";
import { type Din, type Sec, type Wrong } from "./identifiers";
import { parseIsbt, type Expiry, type Isbt } from "./isbt";
import { parseLink, seemsLink, type Link } from "./link";

/** What a text is. `bytes` are what base45 held, unread: who asked for them verifies them. */
export type Scanned =
  | ({ readonly kind: "label" } & Link)
  | ({ readonly kind: "foreign"; readonly host: string } & Link) // a label of another ledger
  | { readonly kind: "credential" | "enrolment" | "passkey"; readonly bytes: Bytes }
  | { readonly kind: "chunk"; readonly part: number; readonly of: number; readonly whole: string; readonly bytes: Bytes }
  | { readonly kind: "badge"; readonly agent: string }
  | ({ readonly kind: "din" } & Din)
  | { readonly kind: "product"; readonly product: string }
  | { readonly kind: "division"; readonly division: string }
  | ({ readonly kind: "expiry" } & Expiry)
  | { readonly kind: "coi"; readonly coi: string }
  | ({ readonly kind: "isbt" } & Isbt) // several structures, or one that we keep unread
  | ({ readonly kind: "sec" } & Sec)
  | { readonly kind: "gs1"; readonly elements: Elements }
  | { readonly kind: "wristband" | "container"; readonly text: string };

export type Kind = Scanned["kind"];

/** What this ledger and this site know of the texts that they meet. */
export interface Setting {
  readonly hosts: readonly string[]; // that labels of this ledger name, with `:port` where it isn't 443
  readonly wristband?: string; // a pattern that the whole text of a wristband follows
  readonly expected?: readonly Kind[]; // among plain texts, which it is likelier to be
}

const AGENT = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const AIM = /^\][A-Za-z][0-9A-Za-z]/; // ISO/IEC 15424: `]`, the symbology, a modifier
const GS1_SYMBOL = /^\](C1|d2|Q3|e0|J1)/;
const OURS = /^UB([A-Z]?)1:/i;

/** `text` is what a reader gives, with or without its AIM identifier (`]d2…`). */
export function parse(text: string, setting: Setting): Scanned | Wrong {
  const whole = text.replace(AIM, "").replace(/^[\r\n\t]+|[\r\n\t]+$/g, "");
  if (/^UB[A-Z]?[0-9]+:/i.test(whole)) return ours(whole); // a space at its end may be a digit of base45
  const bare = whole.trim();
  if (bare === "") return wrong("nothing", text);
  if (GS1_SYMBOL.test(text) || bare.includes(GS) || /^\([0-9]{2,4}\)/.test(bare)) return gs1(bare);
  if (/^[=&]/.test(bare)) return isbt(bare);
  if (seemsLink(bare)) return label(bare, setting.hosts);
  return named(bare, setting) ?? plain(bare, setting) ?? wrong(unknown(bare), bare);
}

function label(text: string, hosts: readonly string[]): Scanned | Wrong {
  const link = parseLink(text);
  if (isWrong(link)) return link;
  const { host } = link;
  const foreign = host !== null && !hosts.some((our) => our.toUpperCase() === host);
  return foreign ? { ...link, kind: "foreign", host } : { ...link, kind: "label" };
}

function gs1(text: string): Scanned | Wrong {
  const elements = parseElements(text);
  return isWrong(elements) ? elements : { kind: "gs1", elements };
}

/** One structure is told by its own kind, several together. */
function isbt(text: string): Scanned | Wrong {
  const said = parseIsbt(text);
  if (isWrong(said)) return said;
  const { din, product, division, expiry, coi, others } = said;
  const several = [din, product, division, expiry, coi].filter((one) => one !== undefined).length !== 1;
  if (several || others.length > 0) return { kind: "isbt", ...said };
  if (din) return { kind: "din", ...din };
  if (expiry) return { kind: "expiry", ...expiry };
  if (product !== undefined) return { kind: "product", product };
  return division !== undefined ? { kind: "division", division } : { kind: "coi", coi: coi ?? "" };
}

const HELD = { "": "credential", E: "enrolment", P: "passkey" } as const;

/** The texts that Unbroken's own codes hold: `UB`, a letter for what it is, the form's version. */
function ours(text: string): Scanned | Wrong {
  const letter = OURS.exec(text)?.[1]?.toUpperCase();
  const body = text.slice(text.indexOf(":") + 1);
  if (letter === "B") return badge(body);
  if (letter === "O") return chunk(body);
  if (letter !== "" && letter !== "E" && letter !== "P") return wrong("newer_form", text);
  const bytes = held(body);
  return isWrong(bytes) ? bytes : { kind: HELD[letter], bytes };
}

/** A badge printed as an alphanumeric QR is in upper case; agents' names are in lower case only. */
function badge(body: string): Scanned | Wrong {
  const agent = body.toLowerCase();
  return AGENT.test(agent) ? { kind: "badge", agent } : wrong("malformed_badge", body);
}

/** One of the codes that an outbox is shown as; `whole` names the outbox, the same on each of them. */
function chunk(body: string): Scanned | Wrong {
  const found = /^([0-9]{1,4}):([0-9]{1,4}):([0-9A-Z]{1,64}):(.+)$/.exec(body);
  const [part, of] = [Number(found?.[1]), Number(found?.[2])];
  const bytes = held(found?.[4] ?? "");
  if (isWrong(bytes) || part < 1 || part > of) return wrong("damaged_code", body);
  return { kind: "chunk", part, of, whole: found?.[3] ?? "", bytes };
}

function held(text: string): Bytes | Wrong {
  try {
    const bytes = fromBase45(text);
    return bytes.length > 0 ? bytes : wrong("damaged_code", text);
  } catch {
    return wrong("damaged_code", text);
  }
}

/** Texts without a sign at their beginning, but of a form that hardly anything else has. */
function named(text: string, setting: Setting): Scanned | null {
  const link = parseLink(text);
  if (!isWrong(link)) return { kind: "label", ...link };
  const coi = parseCoi(text);
  if (!isWrong(coi)) return { kind: "coi", coi };
  const sec = parseSec(text);
  if (!isWrong(sec)) return { kind: "sec", ...sec };
  const din = parseTypedDin(text.replaceAll(" ", ""));
  if (!isWrong(din) && !setting.expected?.includes("container")) return { kind: "din", ...din };
  const elements = parseElements(text);
  return !isWrong(elements) && provesItself(elements) ? { kind: "gs1", elements } : null;
}

/** The wristband's pattern is configured, so it says more than the form of a container's id. */
function plain(text: string, { wristband, expected }: Setting): Scanned | null {
  const band = wristband !== undefined && new RegExp(`^(?:${wristband})$`).test(text);
  const container = CONTAINER.test(text);
  if (band && !(container && expected?.includes("container"))) return { kind: "wristband", text };
  return container ? { kind: "container", text } : null;
}

/** Why it is nothing that we know, as far as its form tells. */
function unknown(text: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return "web_address";
  return CONTAINER.test(text.toUpperCase()) ? "lower_case" : "unknown_text";
}

// The symbols printed beside a label's QR code: what they name, other bags of the therapy share.
const NAME_NO_BAG: readonly Kind[] = ["coi", "isbt", "din", "product", "division", "expiry", "sec", "gs1"];

/** Is it a code on a bag that does not say which bag? */
export const namesNoBag = ({ kind }: Scanned): boolean => NAME_NO_BAG.includes(kind);

/** What a text names, each in one spelling; the first is the thing itself. */
export function names(scanned: Scanned): readonly string[] {
  switch (scanned.kind) {
    case "label":
      return [`label ${scanned.serial}`, ...(scanned.container ? [`container ${scanned.container}`] : [])];
    case "container":
    case "wristband":
      return [`${scanned.kind} ${scanned.text}`];
    case "coi":
      return [`coi ${scanned.coi}`];
    case "din":
      return [`din ${scanned.din}`];
    case "isbt":
      return [JSON.stringify(scanned), `din ${scanned.din?.din}`, `coi ${scanned.coi}`];
    default:
      return [JSON.stringify(scanned, (_, value: unknown) => (value instanceof Uint8Array ? [...value] : value))];
  }
}

/** What a person knows it by, as it is printed. */
export function shown(scanned: Scanned): string {
  switch (scanned.kind) {
    case "label":
    case "foreign":
      return scanned.container ?? scanned.serial;
    case "isbt":
      return scanned.din?.din ?? scanned.coi ?? scanned.others.join(" ");
    case "gs1":
      return Object.entries(scanned.elements).map(([ai, value]) => `(${ai})${value}`).join("");
    case "chunk":
      return `${scanned.part}/${scanned.of}`;
    case "sec":
      return scanned.donation;
    case "expiry":
      return [scanned.date, scanned.time].filter(Boolean).join(" ");
    default:
      return plainly(scanned);
  }
}

function plainly(scanned: Scanned): string {
  if ("text" in scanned) return scanned.text;
  if ("agent" in scanned) return scanned.agent;
  if ("din" in scanned && typeof scanned.din === "string") return scanned.din;
  if ("product" in scanned && scanned.product) return scanned.product;
  if ("division" in scanned && scanned.division) return scanned.division;
  return "coi" in scanned && scanned.coi ? scanned.coi : "";
}
