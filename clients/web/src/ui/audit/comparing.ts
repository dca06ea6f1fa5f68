/** Whether the ledger's account of an entry says what its signed bytes say. */

import type { Json, JsonObject } from "../../core/canonical";
import type { Told } from "./documents";

/** The signed side: an entry that was proved here. */
export interface Signed {
  statementId: string;
  signer: string;
  kid: string;
  stream: string;
  fields: JsonObject;
}

/**
 * The member in which the account differs from the signed bytes; null: it says the same. An entry
 * on a shipment's or tank's stream is told by this therapy's share of it.
 */
export function differs(told: Told, signed: Signed, coi: string): string | null {
  if (told.statement_id !== signed.statementId) return "statement_id";
  if (told.signer !== signed.signer) return "signer";
  if (told.kid !== signed.kid) return "kid";
  const share = shareOf(signed, coi);
  if (told.stream !== share.stream) return "stream";
  const said = toldOf(share.fields);
  if (told.type !== said["type"]) return "type";
  if (told.occurred_at !== said["occurred_at"]) return "occurred_at";
  const names = new Set([...Object.keys(said), ...Object.keys(told.event)]);
  for (const name of [...names].sort()) if (!same(said[name], told.event[name])) return name;
  return null;
}

/** As `timeline_entry` of `api/documents.py`: without commitments, and without the bytes of an assertion. */
function toldOf({ patient: _, ...said }: JsonObject): JsonObject {
  const signature = said["esignature"];
  if (!isObject(signature)) return said;
  const { assertion: __, ...told } = signature;
  return { ...said, esignature: told };
}

/** As `ledger/domain/shares.py`: without the other patients' containers. */
function shareOf(signed: Signed, coi: string): { stream: string; fields: JsonObject } {
  const { therapies, ...rest } = signed.fields;
  if (!Array.isArray(therapies)) return signed;
  const mine = therapies.filter((one): one is JsonObject => isObject(one) && one["coi"] === coi);
  const containers = mine.flatMap((one) => (Array.isArray(one["containers"]) ? one["containers"] : []));
  return { stream: `chain/${coi}`, fields: { ...rest, containers, therapies: null } };
}

/** Absent and null are the same: optional members that say nothing. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || a === null) return b === undefined || b === null;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, n) => same(one, b[n]));
  if (!isObject(a)) return a === b;
  if (!isObject(b)) return false;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => same(a[name], b[name]));
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
