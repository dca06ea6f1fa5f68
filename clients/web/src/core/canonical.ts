/**
 * Payloads as RFC 8785 (JCS) JSON, in the subset that Unbroken writes: the twin of
 * `ledger/proof/canonical.py`.
 *
 * Objects, arrays, strings, booleans, null and integers below 2^53; no floats; member names are
 * ASCII. `decode` accepts a text only when it equals its own re-encoding: that one comparison
 * refuses white space, other escapes, duplicate names and any other second spelling.
 */
import { fromUtf8, utf8, type Bytes } from "./bytes";
import { Problem } from "./problem";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [member: string]: Json;
}

const MAX_DEPTH = 32; // an event nests four deep; readers in other languages stop at depths of their own
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The canonical UTF-8 bytes. Members that are `undefined` are left out. Throws `Problem`:
 * `float_in_payload`, `integer_out_of_range`, `not_json`. */
export function encode(value: unknown): Bytes {
  return utf8(written(value, 0));
}

/** The object that canonical bytes say. Throws `Problem` `malformed_json`, `not_canonical`. */
export function decode(data: Uint8Array): JsonObject {
  let [text, value]: [string, Json] = ["", null];
  try {
    text = fromUtf8(data);
    value = JSON.parse(text) as Json;
  } catch {
    throw malformed("malformed_json", "the payload is not JSON");
  }
  if (!isObject(value)) throw malformed("malformed_json", "the payload is JSON, but not an object");
  const isPlain = text.length === data.length && !text.includes("\\u") && isSorted(value, 0) && JSON.stringify(value) === text;
  if (!isPlain && reencoded(value) !== text) {
    throw malformed("not_canonical", "the payload is JSON, but not in the one canonical form (RFC 8785)");
  }
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Part of the quick way, for most payloads. An ASCII text that the engine's own writer gives again has no
 * white space, no second spelling and no name twice; where it also has no `\u`, no surrogate. Then this
 * is what is left: names in their order, integers below 2^53, not too deep. A false says nothing.
 */
function isSorted(value: Json, depth: number): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value);
  if (typeof value !== "object" || value === null) return true;
  if (depth >= MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((each) => isSorted(each, depth + 1));
  let before = "";
  for (const name of Object.keys(value)) {
    if (name < before || !isSorted(value[name]!, depth + 1)) return false;
    before = name;
  }
  return true;
}

/** Of well-formed UTF-8 a text and its bytes are one to one. */
function reencoded(value: JsonObject): string {
  try {
    return written(value, 0);
  } catch (error) {
    throw malformed("not_canonical", error instanceof Problem ? error.detail : "too deep");
  }
}

function written(value: unknown, depth: number): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return integer(value);
  if (typeof value === "string") return text(value);
  if (depth < MAX_DEPTH && Array.isArray(value)) {
    return `[${value.map((each) => written(each, depth + 1)).join(",")}]`;
  }
  if (depth < MAX_DEPTH && isObject(value)) return object(value, depth);
  throw malformed("not_json", `${typeof value} at depth ${depth} has no place in a payload`);
}

function object(value: Record<string, unknown>, depth: number): string {
  const members = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort() // by UTF-16 code units, RFC 8785 §3.2.3; for ASCII also by code points
    .map((name) => `${memberName(name)}:${written(value[name], depth + 1)}`);
  return `{${members.join(",")}}`;
}

const ASCII = /^[\x00-\x7f]*$/;

function memberName(name: string): string {
  if (!ASCII.test(name)) {
    throw malformed("not_json", `member names are ASCII strings, not ${JSON.stringify(name)}`);
  }
  return JSON.stringify(name);
}

function integer(value: number): string {
  if (!Number.isInteger(value)) {
    throw malformed("float_in_payload", `${value} is not an integer: give quantities in whole units`);
  }
  if (!Number.isSafeInteger(value)) {
    throw malformed("integer_out_of_range", `${value} is not below 2^53`);
  }
  return String(value === 0 ? 0 : value); // -0 has no spelling of its own
}

/** ECMAScript's own escapes are those of RFC 8785 §3.2.2.2. */
function text(value: string): string {
  if (LONE_SURROGATE.test(value)) {
    throw malformed("not_json", "a string holds a lone surrogate, which UTF-8 cannot carry");
  }
  return JSON.stringify(value);
}

function malformed(code: string, detail: string): Problem {
  return new Problem("malformed", code, detail);
}
