/** An entry as the story reads it: `raw` is the statement, `moment` the ledger's time of it. */
import { toHex } from "../bytes";
import type { AuditedEntry } from "../bundle/entries";
import { isObject, type JsonObject } from "../canonical";
import { sha256Sync } from "../proof/sha256";

export interface StoryEntry {
  position: number;
  raw: Uint8Array;
  signer: string;
  kid: string;
  stream: string;
  moment: string;
  type: string;
  payload: JsonObject;
}

const ids = new WeakMap<Uint8Array, string>();

/** The statement's id, hashed when it is asked for: few entries are named by another. */
export function idOf({ raw }: StoryEntry): string {
  const id = ids.get(raw) ?? toHex(sha256Sync(raw));
  ids.set(raw, id);
  return id;
}

export function storyEntry({ position, signer, kid, stream, timeS, raw, payload }: AuditedEntry): StoryEntry {
  const moment = new Date(timeS * 1000).toISOString();
  return { position, raw, signer, kid, stream, moment, type: String(payload["type"]), payload };
}

/** The entry once for each therapy that it is about, as if it stood on that one's stream: of a shipment's or a
 * tank's entry each therapy sees its own containers alone. */
export function sharesOf(entry: StoryEntry): StoryEntry[] {
  if (entry.stream.startsWith("chain/")) return [entry];
  if (!/^(shipment|tank)\//.test(entry.stream)) return [];
  const listed = entry.payload["therapies"];
  return (Array.isArray(listed) ? listed.filter(isObject) : []).map(({ coi, containers }) => {
    const payload: JsonObject = { ...entry.payload, containers: textsIn(containers) };
    return { ...entry, stream: `chain/${String(coi)}`, payload };
  });
}

/** The texts of a list, or of its objects' member. */
export function textsIn(value: unknown, member?: string): string[] {
  const listed = Array.isArray(value) ? value : [];
  return listed.map((one) => String(member === undefined ? one : (one as JsonObject)[member]));
}

/** What comes to be with the entry: each has `container` and `volume_ul`. */
export function madeIn({ type, payload }: StoryEntry): JsonObject[] {
  if (type === "SampleTaken") return [payload["sample"]].filter(isObject);
  const member = { CollectionCompleted: "containers", ChainLinked: "containers", ContainersDerived: "children" }[type];
  const listed = member === undefined ? [] : payload[member];
  return Array.isArray(listed) ? listed.filter(isObject) : [];
}

/** Adds to the list under the name. */
export function push<T>(into: Map<string, T[]>, name: string, value: T): void {
  const listed = into.get(name);
  if (listed) listed.push(value);
  else into.set(name, [value]);
}
