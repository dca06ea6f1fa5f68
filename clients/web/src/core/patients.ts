/**
 * Patient identifiers never leave the hospital: the log holds commitments to them. The twin of
 * `clients/patients.py`, which says why: HMAC-SHA-256 over the field's name and its normalised
 * value, under a key of that field's own.
 */
import { concat, fromHex, toHex, utf8, type Bytes } from "./bytes";
import { isObject } from "./canonical";
import type { Commitment } from "./events/types";
import { Problem } from "./problem";

/** By field; the browser keeps them as handles. */
export type PatientKeys = Readonly<Record<string, CryptoKey>>;

const KEY_SIZE = 32;
const HMAC = { name: "HMAC", hash: "SHA-256" };
const DOMAIN = utf8("unbroken patient commitment v1\0");
const FIELD = /^[a-z][a-z0-9_]{0,63}$/;
const NUMBERS = new Set(["record_number", "national_id", "wristband", "order_number"]);
const DATES = new Set(["birth_date"]);
// The spaces of Python's str.split and \s: engines' \s has U+FEFF and lacks U+0085 and the separators.
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const SPACES = new RegExp(`${SPACE}+`, "gu");
const FILLERS = new RegExp(`${SPACE}|[./-]`, "gu");

/** The one spelling of `value` that is committed to. Throws `Problem` `bad_patient_field`,
 * `bad_patient_value` (never repeating the value). */
export function normalise(field: string, value: string): string {
  if (!FIELD.test(field)) throw malformed("bad_patient_field", `${field} is not the name of a field (a-z, 0-9, _)`);
  const text = written(field, value.normalize("NFKC"));
  if (!text) throw malformed("bad_patient_value", `the ${field} is empty`);
  return text;
}

function written(field: string, text: string): string {
  if (DATES.has(field)) return date(field, text.replace(SPACES, " ").trim());
  if (NUMBERS.has(field)) return text.replace(FILLERS, "").toUpperCase();
  return folded(text).normalize("NFKC").replace(SPACES, " ").trim();
}

/** Unicode's full case folding, as Python's `str.casefold`, from what engines have: down, up and down
 * again, but for the dotless i, which stays, and Cherokee, which folds upwards. */
function folded(text: string): string {
  return Array.from(text, (letter) => {
    if (/\p{Script=Cherokee}/u.test(letter)) return letter.toUpperCase();
    return letter === "ı" ? letter : letter.toLowerCase().toUpperCase().toLowerCase();
  }).join("");
}

function date(field: string, text: string): string {
  const found = new Date(`${text}T00:00:00.000Z`);
  const sound = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) && !Number.isNaN(found.getTime()) && !text.startsWith("0000");
  if (sound && found.toISOString().startsWith(text)) return text;
  throw malformed("bad_patient_value", `the ${field} is not a date written as YYYY-MM-DD`);
}

/** Commit to one identifier; 64 lower-case hex digits. Throws as `normalise`, and `bad_patient_key`. */
export async function commit(field: string, value: string, key: Bytes): Promise<string> {
  return committed(field, value, await keptKey(field, key));
}

/** The field's key as a device keeps it: it makes commitments, and cannot be read, so that what is
 * stolen with a page's scripts is not the key. Throws `Problem` `bad_patient_key`. */
export function keptKey(field: string, key: Bytes): Promise<CryptoKey> {
  if (key.length !== KEY_SIZE) {
    throw malformed("bad_patient_key", `the key of ${field} has ${key.length} bytes instead of ${KEY_SIZE}`);
  }
  return crypto.subtle.importKey("raw", key, HMAC, false, ["sign"]);
}

/** The keys in a file that `unbroken` wrote (`patients.new_keys`): a JSON object of field to hex.
 * Throws `Problem` `bad_patient_key`. */
export async function readKeys(text: string): Promise<PatientKeys> {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    found = null;
  }
  const entries = isObject(found) ? Object.entries(found) : [];
  if (!entries.length || !entries.every(([, key]) => typeof key === "string" && /^([0-9a-f]{2})+$/.test(key))) {
    throw malformed("bad_patient_key", "this is not a file of patient keys");
  }
  const made = entries.map(async ([field, key]) => [field, await keptKey(field, fromHex(String(key)))] as const);
  return Object.fromEntries(await Promise.all(made));
}

/** The `patient` member of an event: one commitment per identifier, sorted by field.
 * Throws `Problem` `no_patient_key`, and as `commit`. */
export async function commitments(identifiers: Readonly<Record<string, string>>, keys: PatientKeys): Promise<Commitment[]> {
  const fields = Object.keys(identifiers).sort();
  const made = fields.map(async (field) => {
    const key = Object.hasOwn(keys, field) ? keys[field] : undefined;
    if (!key) throw malformed("no_patient_key", `this device has no key for ${field}`);
    return { field, commitment: await committed(field, identifiers[field] ?? "", key) };
  });
  return Promise.all(made);
}

/** The field's name is part of the message, so that no record number can pass for a national one. */
async function committed(field: string, value: string, key: CryptoKey): Promise<string> {
  const message = concat(DOMAIN, utf8(field), Uint8Array.of(0), utf8(normalise(field, value)));
  return toHex(new Uint8Array(await crypto.subtle.sign(HMAC, key, message)));
}

function malformed(code: string, detail: string): Problem {
  return new Problem("malformed", code, detail);
}
