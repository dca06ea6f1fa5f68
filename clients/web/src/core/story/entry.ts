/** An entry as the story reads it: `id` is the statement's, `moment` the ledger's time of it. */
import { toHex } from "../bytes";
import type { AuditedEntry } from "../bundle/entries";
import type { JsonObject } from "../canonical";
import { sha256Sync } from "../proof/sha256";

export interface StoryEntry {
  position: number;
  id: string;
  signer: string;
  kid: string;
  stream: string;
  moment: string;
  type: string;
  payload: JsonObject;
}

export function storyEntry({ position, signer, kid, stream, timeS, raw, payload }: AuditedEntry): StoryEntry {
  const moment = new Date(timeS * 1000).toISOString();
  return { position, id: toHex(sha256Sync(raw)), signer, kid, stream, moment, type: String(payload["type"]), payload };
}

/** The texts of a list, or of its objects' member. */
export function textsIn(value: unknown, member?: string): string[] {
  const listed = Array.isArray(value) ? value : [];
  return listed.map((one) => String(member === undefined ? one : (one as JsonObject)[member]));
}
