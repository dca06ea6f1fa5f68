/**
 * From a wristband to commitments, where each patient has keys of their own: the hospital's vault makes
 * them, or, without a network, the keys of the therapies that were fetched for this shift. Kept as
 * handles that cannot be read, and forgotten when the shift ends or the device is locked.
 */
import type { JsonObject } from "./canonical";
import type { Database } from "./database";
import type { Commitment } from "./events/types";
import { commitments, readKeys, type PatientKeys } from "./patients";

/** As long as a session: nobody works longer. */
export const SHIFT_MS = 8 * 3_600_000;

export interface KeptKeys {
  keys: PatientKeys;
  until: number; // milliseconds, by this device's clock
}

/** What was read, as one therapy's order would have it; `coi` null: as every order here would. */
export interface Identified {
  coi: string | null;
  patient: Commitment[];
}

/** The therapies whose keys this device has now, by their chain of identity. */
export async function kept(db: Database, now: number): Promise<Record<string, KeptKeys>> {
  const all = (await db.get("therapies")) ?? {};
  const mine = Object.entries(all).filter(([, one]) => one.until > now);
  if (mine.length < Object.keys(all).length) await db.set("therapies", Object.fromEntries(mine));
  return Object.fromEntries(mine);
}

/** Keeps what the vault answered for one therapy. Throws `Problem` `bad_patient_key`. */
export async function keep(db: Database, coi: string, answer: JsonObject, now: number): Promise<void> {
  const keys = await readKeys(JSON.stringify(answer["keys"] ?? null));
  await db.set("therapies", { ...(await kept(db, now)), [coi]: { keys, until: now + SHIFT_MS } });
}

/** Without a network: under the keys of every therapy that was fetched, as far as they have the fields. */
export async function underKept(db: Database, values: Readonly<Record<string, string>>, now: number): Promise<Identified[]> {
  const made = Object.entries(await kept(db, now)).map(async ([coi, { keys }]) => {
    const known = Object.entries(values).filter(([field]) => Object.hasOwn(keys, field));
    return { coi, patient: await commitments(Object.fromEntries(known), keys) };
  });
  return (await Promise.all(made)).filter(({ patient }) => patient.length > 1);
}
