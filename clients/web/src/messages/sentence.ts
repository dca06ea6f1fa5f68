/**
 * One plain sentence for every event, in the language spoken: the twin of `clients/words.py`.
 *
 * The areas that use it await `extend("events", "phrases", "codes")` first. A member that is absent
 * is silent, so an optional one brings its own comma or bracket along.
 */

import type { Json, JsonObject } from "../core/canonical";
import { type LaterKey } from "./later";
import { t, tCode } from ".";

type Payload = Readonly<JsonObject>;
type Speaker = (payload: Payload, value: Json) => string;

/** What `signer` states in `payload`, without its final full stop. An unknown type is named as it stands. */
export function sentence(payload: Payload, signer: string, stream = ""): string {
  const who = signer === "ledger" ? t("phrase.ledger") : signer;
  const type = text(payload["type"]);
  const template = tCode("sentence", type);
  if (template === type) return t("phrase.too_old", { who, type });
  const about = subject(stream);
  const said = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (name === "who") return who;
    return name === "subject" ? about : member(payload, name);
  });
  const count = list(payload["therapies"]).length;
  const whole = count > 1 ? t("phrase.carried", { said, subject: about, count }) : said;
  return whole + esigned(payload["esignature"]);
}

/** `, and signed again with a passkey (approval)`: the end of a sentence; nothing for none. */
function esigned(signature: Json | undefined): string {
  if (typeof signature !== "object" || signature === null || Array.isArray(signature)) return "";
  const method = known("esignature", text(signature["method"]));
  return t("phrase.esigned", { method, meaning: tCode("meaning", text(signature["meaning"])) });
}

/** `site/st-mary` -> `site st-mary`: what a stream is about. */
export function subject(stream: string): string {
  const slash = stream.indexOf("/");
  const name = slash < 0 ? "" : stream.slice(slash + 1);
  if (!name) return t("phrase.it");
  const kind = stream.slice(0, slash);
  const spoken = tCode("subject", kind, { name });
  return spoken === kind ? name : spoken;
}

/** `a`, `a and b`, `a, b and c`; more than six are counted instead of listed. */
export function listed(words: readonly string[]): string {
  if (words.length > 6) {
    return t("phrase.many", { first: words[0] ?? "", last: words.at(-1) ?? "", count: words.length });
  }
  return [words.slice(0, -1).join(", "), ...words.slice(-1)].filter(Boolean).join(t("phrase.and"));
}

/** Containers, given as ids, as new containers or as drawn parents. */
export function bags(containers: readonly Json[]): string {
  return numbered("phrase.bags", containers.map(nameOf));
}

export function party(at: Json | undefined): string {
  const place = (at ?? {}) as JsonObject;
  return t("phrase.party", { department: text(place["department"]), site: text(place["site"]) });
}

/** `1800` -> `30 minutes`, in the largest unit that divides it. */
export function duration(seconds: number): string {
  const units = [[86_400, "phrase.days"], [3600, "phrase.hours"], [60, "phrase.minutes"]] as const;
  for (const [size, key] of units) if (seconds % size === 0) return t(key, { count: seconds / size });
  return t("phrase.seconds", { count: seconds });
}

/** `68500` -> `68.5 ml`. */
export function millilitres(microlitres: number): string {
  return t("phrase.ml", { value: decimal(microlitres) });
}

/** `68500` -> `68.5`. */
export function decimal(thousandths: number): string {
  const whole = Math.floor(Math.abs(thousandths) / 1000);
  const rest = String(Math.abs(thousandths) % 1000).padStart(3, "0").replace(/0+$/, "");
  return `${thousandths < 0 ? "-" : ""}${whole}${rest ? t("phrase.point") + rest : ""}`;
}

/** `-15012` -> `-150.12 °C`. */
export function degrees(centiC: number): string {
  return `${(centiC / 100).toFixed(2).replace(".", t("phrase.point"))} °C`;
}

/** `2026-03-01T09:30:00.000Z` -> `2026-03-01 09:30`: in UTC, as the ledger's own programs say it. */
export function clock(timestamp: string): string {
  return timestamp.slice(0, 16).replace("T", " ");
}

export function spaced(code: string): string {
  return code.replaceAll("_", " ");
}

// --- the members --------------------------------------------------------------------------

function member(payload: Payload, name: string): string {
  const value = payload[name];
  if (value === undefined || value === null) return name === "release" ? t("phrase.claimed") : "";
  const speak = SPOKEN[name];
  return speak ? speak(payload, value) : text(value);
}

const coded: Speaker = (_, value) => spaced(text(value));
const short: Speaker = (_, value) => text(value).slice(0, 12);
const at: Speaker = (_, value) => party(value);
const names: Speaker = (_, value) => listed(strings(value));
const table = (name: string): Speaker => (_, value) => known(name, text(value));
const phrase = (key: LaterKey, as: string): Speaker => (_, value) => t(key, { [as]: text(value) });
const time = (key: LaterKey): Speaker => (_, value) => t(key, { clock: clock(text(value)) });
const codes: Speaker = (_, value) => listed(strings(value).map(spaced));

const SPOKEN: Readonly<Record<string, Speaker>> = {
  administrators: (_, value) => listed(parts(value).map((one) => `${text(one["agent"])} (${text(one["organisation"])})`)),
  at,
  blocking: (_, value) => (value ? t("phrase.blocks") : ""),
  charged_at: (_, value) => t("phrase.utc", { clock: clock(text(value)) }),
  children: (_, value) => bags(list(value)),
  code: (_, value) => tCode("finding_name", text(value)),
  complete_within_s: (_, value) => t("phrase.complete_within", { duration: duration(Number(value)) }),
  component: phrase("phrase.component", "component"),
  condition: table("condition"),
  container: (payload, value) => {
    const key = { LabelIssued: "phrase.for_bag", LabelScannedBack: "phrase.from_bag" }[text(payload["type"])] as LaterKey | undefined;
    return key ? t(key, { container: text(value) }) : text(value);
  },
  containers: affected,
  basis: table("basis"),
  corrects: short,
  credential: short,
  countries: names,
  damage: table("damage"),
  deviation: short,
  device_signature: table("device_signature"),
  dose_given_ul: (_, value) => millilitres(Number(value)),
  ended_at: time("phrase.ended"),
  equipment: (_, value) => t("phrase.with", { names: listed(strings(value)) }),
  expires_at: time("phrase.until"),
  fate: table("fate"),
  gates: (_, value) => numbered("phrase.gates", strings(value).map((one) => tCode("gate_name", one))),
  giver: at,
  hold_time_s: (_, value) => t("phrase.hold_time", { duration: duration(Number(value)) }),
  how: table("how"),
  infuse_within_s: (_, value) => t("phrase.infuse_within", { duration: duration(Number(value)) }),
  kid: short,
  label: phrase("phrase.with_label", "label"),
  labels: (_, value) => t("phrase.reading_labels", { labels: numbered("phrase.labels", strings(value)) }),
  phase: (payload, value) => (payload["type"] === "Packed" ? `, ${text(value)}` : text(value)),
  logger: (payload, value) =>
    payload["type"] === "TemperatureEvidenceAttached" ? text(value) : t("phrase.logger", { logger: text(value) }),
  lots: (_, value) => numbered("phrase.lots", strings(value)),
  material: coded,
  method: read,
  of: (_, value) => bags([value]),
  outcome: table("outcome"),
  outstanding: codes,
  override: short,
  overrides_retention: table("overrides_retention"),
  parents: (_, value) => bags(list(value)),
  photos: (_, value) => t("phrase.photos", { count: list(value).length }),
  place: phrase("phrase.place", "place"),
  product: (_, value) => {
    const product = value as JsonObject;
    return t("phrase.product", { product: text(product["product"]), version: text(product["version"]) });
  },
  protocols: names,
  purpose: table("purpose"),
  qualification: coded,
  quarantine: short,
  readings_centi_c: (_, value) => readings(list(value)),
  reason: coded,
  receiver: at,
  regimen: coded,
  release: () => "",
  replaces: (_, value) => {
    const old = value as JsonObject;
    return t("phrase.in_place_of", { serial: text(old["serial"]), reason: spaced(text(old["reason"])) });
  },
  request: short,
  roles: (_, value) => roles(parts(value)),
  sample: (_, value) => t("phrase.sample", { names: nameOf(value) }),
  seal: phrase("phrase.seal", "seal"),
  serials: (_, value) => numbered("phrase.labels", strings(value)),
  severity: table("severity"),
  since: time("phrase.since"),
  site_kind: table("site_kind"),
  sites: (_, value) => text((value as JsonObject)["treatment"]),
  started_at: time("phrase.started"),
  step: coded,
  template: coded,
  test: coded,
  tests: codes,
  thaw_in_order: (_, value) => (value ? t("phrase.in_order") : ""),
  until: time("phrase.until"),
  valid_until: time("phrase.valid_until"),
  value_milli: (payload, value) => measured(Number(value), text(payload["unit"] ?? "")),
  wrong_modules: (payload, value) => t("phrase.wrong_modules", { wrong: text(value), modules: text(payload["modules"]) }),
  which: phrase("phrase.which", "which"),
  window_s: (_, value) => duration(Number(value)),
  window_starts: table("window_starts"),
};

function affected(payload: Payload, value: Json): string {
  const named = list(value);
  if (payload["type"] !== "DeviationRaised") return bags(named);
  return named.length ? t("phrase.about", { bags: bags(named) }) : t("phrase.about_therapy");
}

/** `method` says how a wristband was read, by what cells were compared, or how a bag was destroyed. */
function read(payload: Payload, value: Json): string {
  if (payload["type"] === "Destroyed") return spaced(text(value));
  if (payload["type"] === "IdentityTested") return text(value).toUpperCase();
  const typed = value === "typed";
  if (payload["type"] === "PatientIdentified") return t(typed ? "phrase.typed" : "phrase.scanned");
  const reason = text(payload["typed_reason"] ?? t("phrase.no_reason"));
  return typed ? t("phrase.typed_by_hand", { reason }) : t("phrase.scanned");
}

function readings(all: readonly Json[]): string {
  const measuredOnes = all.filter((one) => typeof one === "number");
  const lost = all.length - measuredOnes.length;
  const range = { low: degrees(Math.min(...measuredOnes)), high: degrees(Math.max(...measuredOnes)) };
  return t("phrase.readings", {
    count: all.length,
    between: measuredOnes.length ? t("phrase.between", range) : "",
    missing: lost ? t("phrase.missing", { count: lost }) : "",
  });
}

function roles(held: readonly JsonObject[]): string {
  if (!held.length) return t("phrase.no_role");
  return listed(held.map((one) => t("phrase.role", { role: known("role", text(one["role"])), site: text(one["site"]) })));
}

function measured(value: number, unit: string): string {
  return t("phrase.measured", { value: decimal(value), unit: spaced(unit) }).replace(" )", ")");
}

/** A word by its table; one that is not in it stands for itself. */
function known(name: string, word: string): string {
  const spoken = tCode(name, word);
  return spoken === spaced(word) ? word : spoken;
}

function numbered(key: LaterKey, words: readonly string[]): string {
  return t(key, { count: words.length, names: listed(words) });
}

function nameOf(item: Json): string {
  return text(typeof item === "object" && item !== null && !Array.isArray(item) ? item["container"] : item);
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : value === undefined ? "" : String(value);
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function parts(value: Json | undefined): readonly JsonObject[] {
  return list(value) as readonly JsonObject[];
}

function strings(value: Json | undefined): readonly string[] {
  return list(value).map(text);
}
