/** What the payload of an entry says, as far as an audit of a bundle reads it. */
import { isObject, type Json, type JsonObject } from "../canonical";
import { checkMembers, checkTime } from "../events/check";
import { Problem } from "../problem";

const ENVELOPE = ["type", "v", "occurred_at", "seen", "seq", "prev"];

/** Throws `Problem`: an event that the schema does not know so. */
export function checkEvent(payload: JsonObject): void {
  const type = typeof payload["type"] === "string" ? payload["type"] : "";
  const members = Object.fromEntries(Object.entries(payload).filter(([name]) => !ENVELOPE.includes(name)));
  checkMembers(type, members, payload["v"] ?? null);
  checkTime(type, String(payload["occurred_at"]));
  const { seen, seq, prev } = payload;
  const [isCount, isId] = [(value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0, /^[0-9a-f]{64}$/];
  const sawOne = isObject(seen) && isCount(seen["size"]) && isId.test(String(seen["root"])) && Object.keys(seen).length === 2;
  if (!(seen === null || sawOne) || !isCount(seq) || !(prev === null || (typeof prev === "string" && isId.test(prev)))) {
    throw new Problem("malformed", "invalid_event", `${type}: its place in the sequence is not one`);
  }
}

/** The keys that an entry enrols, as base64url. */
export function keysIn(payload: JsonObject): string[] {
  const listed = payload["administrators"];
  const roots: Json[] = Array.isArray(listed) ? listed : [];
  if (payload["type"] === "LogOpened") {
    return [String(payload["event_key"]), ...roots.map((one) => String(isObject(one) ? one["key"] : ""))];
  }
  return payload["type"] === "AgentEnrolled" || payload["type"] === "KeyAdded" ? [String(payload["key"])] : [];
}
