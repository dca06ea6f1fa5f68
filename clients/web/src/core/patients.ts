/**
 * Patient identifiers never leave the hospital: the log holds commitments to them. The twin of
 * `clients/patients.py`, which says why: HMAC-SHA-256 over the field's name and its normalised
 * value, under a key of that field's own.
 */
import { concat, toHex, utf8, type Bytes } from "./bytes";
import type { Commitment } from "./events/types";
import { Problem } from "./problem";

const KEY_SIZE = 32;
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
  if (key.length !== KEY_SIZE) {
    throw malformed("bad_patient_key", `the key of ${field} has ${key.length} bytes instead of ${KEY_SIZE}`);
  }
  const message = concat(DOMAIN, utf8(field), Uint8Array.of(0), utf8(normalise(field, value)));
  const how = { name: "HMAC", hash: "SHA-256" };
  const secret = await crypto.subtle.importKey("raw", key, how, false, ["sign"]);
  return toHex(new Uint8Array(await crypto.subtle.sign(how, secret, message)));
}

/** The `patient` member of an event: one commitment per identifier, sorted by field.
 * Throws `Problem` `no_patient_key`, and as `commit`. */
export async function commitments(
  identifiers: Readonly<Record<string, string>>, keys: Readonly<Record<string, Bytes>>,
): Promise<Commitment[]> {
  const fields = Object.keys(identifiers).sort();
  const missing = fields.filter((field) => !keys[field]);
  if (missing.length) throw malformed("no_patient_key", `there is no key for ${missing.join(", ")}`);
  const made = fields.map(async (field) => {
    const commitment = await commit(field, identifiers[field] ?? "", keys[field] ?? new Uint8Array());
    return { field, commitment };
  });
  return Promise.all(made);
}

function malformed(code: string, detail: string): Problem {
  return new Problem("malformed", code, detail);
}
