/** What a client asks the ledger, proves here, and keeps for when there is no network. */
import { fromHex, toHex, type Bytes } from "./bytes";
import type { Json, JsonObject } from "./canonical";
import { withQuery } from "./connected";
import type { Kept } from "./database";
import { Device } from "./device";
import type { Commitment } from "./events/types";
import type { Passkeys } from "./passkeys";
import { Problem } from "./problem";
import { sha256 } from "./proof/hash";
import type { Credential } from "./proof/credential";
import { proved } from "./proved";
import { BRIEF_MS, bytes, PATIENT_MS, value } from "./remote";
import type { ProvedEntry, Query, Reading, VoidedLabel } from "./types";
import type { Identified } from "./wristbands";

type Page = { next_cursor: string | null; [member: string]: unknown };

export abstract class Asking extends Device {
  /** GET within a session; falls back to what the device keeps of an earlier answer when the
   * ledger is out of reach or the key is locked. Throws `Problem`: what the server says. */
  read<T>(path: string, query: Query = {}): Promise<Reading<T>> {
    const whole = withQuery(path, query);
    return this.recalled(whole, async (waitMs) => value<T>(await this.within(whole, {}, waitMs)));
  }

  /** Every page of a list, as one; `member` names its rows. As `read`, and a page that fails fails all. */
  readAll<Row>(path: string, member: string, query: Query = {}): Promise<Reading<Row[]>> {
    return this.recalled(`${withQuery(path, query)}#${member}`, (waitMs) => this.pages<Row>(path, member, query, waitMs));
  }

  /** POST a question within a session (`infusion-check`): online only, nothing is kept. */
  async ask<T>(path: string, body: unknown, waitMs = PATIENT_MS): Promise<T> {
    const headers = { "content-type": "application/json" };
    const response = await this.within(path, { method: "POST", headers, body: JSON.stringify(body) }, waitMs);
    return value<T>(response);
  }

  /** As `ask`, but what was answered is kept for when the ledger is out of reach. It is kept under the
   * question's digest, so that the question itself (a wristband's commitments) is not. */
  async consult<T>(path: string, body: unknown): Promise<Reading<T>> {
    const question = new TextEncoder().encode(JSON.stringify(body));
    return this.recalled(`${path}#${toHex(await sha256(question))}`, (waitMs) => this.ask<T>(path, body, waitMs));
  }

  /** Any request within a session, for files. Throws what the server says. */
  request(path: string, init: RequestInit = {}): Promise<Response> {
    return this.within(path, init);
  }

  /** An entry, its receipt verified HERE against the pinned log key, and its tree head connected
   * with those seen before. What was proved once is kept. Throws `Problem` `bad_receipt`,
   * `wrong_receipt`, `fork_detected`. */
  async entry(position: number): Promise<ProvedEntry> {
    const path = `/v1/entries/${position}`;
    const { raw, receipt } = await this.evidence(path);
    const found = await proved(position, raw, receipt, this.trusted.vkey);
    await this.keep(path, { raw, receipt }, this.around.now());
    await this.meet(found.logSize, fromHex(found.root), receipt);
    return found;
  }

  /** Whether a shipper label's credential is genuine, with no network. Says nothing of what came
   * after it. Throws `Problem` `malformed_credential`, `bad_credential`. */
  async credential(text: string): Promise<Credential> {
    const { verifyCredential } = await import("./proof/credential");
    return verifyCredential(text, this.trusted.vkey);
  }

  /** Takes the hospital's patient keys from their file's text; resolves to the fields. They are kept
   * unreadable and only used to make commitments. Throws `Problem` `bad_patient_key`. */
  async takePatientKeys(text: string): Promise<string[]> {
    const { readKeys } = await import("./patients");
    await this.db.set("patients", { ...(await this.db.get("patients")), ...(await readKeys(text)) });
    return this.patientFields();
  }

  /** The identifiers that this device can commit to, sorted; empty without patient keys. */
  async patientFields(): Promise<string[]> {
    return Object.keys((await this.db.get("patients")) ?? {}).sort();
  }

  /** The `patient` member of an event, from what was read or typed; nothing of it is kept.
   * Throws `Problem` `no_patient_key`, `bad_patient_value`. */
  async commitments(identifiers: Readonly<Record<string, string>>): Promise<Commitment[]> {
    const { commitments } = await import("./patients");
    return commitments(identifiers, (await this.db.get("patients")) ?? {});
  }

  async forgetPatientKeys(): Promise<void> {
    await this.db.set("patients", null);
  }

  /** Fetches the keys of one therapy's patient from the vault, for this shift; the ledger keeps that they
   * were, and why. Online only. Throws what the server says: `no_vault`, `no_such_person`. */
  async fetchTherapyKeys(coi: string, reason: string): Promise<void> {
    const path = withQuery(`/v1/chains/${encodeURIComponent(coi)}/patient/keys`, { reason });
    const answer = await value<JsonObject>(await this.within(path));
    const { keep } = await import("./wristbands");
    await keep(this.db, coi, answer, this.around.now());
  }

  /** Of which therapies, and until when, in milliseconds. */
  async therapyKeys(): Promise<{ coi: string; until: number }[]> {
    const { kept } = await import("./wristbands");
    return Object.entries(await kept(this.db, this.around.now())).map(([coi, { until }]) => ({ coi, until }));
  }

  async forgetTherapyKeys(): Promise<void> {
    await this.db.set("therapies", null);
  }

  /** Whether the ledger's server keeps a vault, as it said last; no where it never said. */
  async hasVault(): Promise<boolean> {
    try {
      return (await this.read<{ available: boolean }>("/v1/vault")).value.available;
    } catch (error) {
      if (error instanceof Problem) return false;
      throw error;
    }
  }

  /** Commitments to what a wristband says, for each therapy that it can mean: by the vault, or without a
   * network under the keys of the shift; and under those of a file that this device has, for some
   * therapies may have been ordered with one. Nothing of the values is kept. Throws `Problem` `bad_patient_value`, `too_many_patient_tries`. */
  async identified(values: Readonly<Record<string, string>>): Promise<Identified[]> {
    const fields = await this.patientFields();
    const known = Object.entries(values).filter(([field]) => fields.includes(field));
    const vaulted = await this.hasVault();
    if (!vaulted && !known.length) return [{ coi: null, patient: await this.commitments(values) }];
    const filed = known.length > 1 || !vaulted ? [{ coi: null, patient: await this.commitments(Object.fromEntries(known)) }] : [];
    return vaulted ? [...(await this.byVault(values)), ...filed] : filed;
  }

  private async byVault(values: Readonly<Record<string, string>>): Promise<Identified[]> {
    try {
      return (await this.ask<{ found: Identified[] }>("/v1/vault/commitments", { identifiers: values })).found;
    } catch (error) {
      if (!(error instanceof Problem) || !isAway(error)) throw error;
      const { underKept } = await import("./wristbands");
      return underKept(this.db, values, this.around.now());
    }
  }

  /** The passkeys of whoever signs here. Throws `Problem` `not_enrolled`. */
  async passkeys(): Promise<Passkeys> {
    const { Passkeys } = await import("./passkeys");
    return new Passkeys(this.db, this.trusted.profile, (path) => this.read(path));
  }

  /** Keeps a photo on the device; resolves to its SHA-256 in hex, which events name. */
  keepPhoto(photo: Blob): Promise<string> {
    return this.kept.keepPhoto(photo, this.around.now());
  }

  photo(digest: string): Promise<Blob | null> {
    return this.kept.photo(digest);
  }

  /** Brings the list of voided labels up to date; resolves to when that was. Online only. */
  async refreshVoided(): Promise<number> {
    const found = await this.pages<VoidedLabel>("/v1/labels/voided", "labels", { limit: 1000 });
    const asOf = this.around.now();
    await this.kept.keepVoided(found, asOf);
    return asOf;
  }

  /** Whether the label was voided, as of when this device last asked; null: it never did. */
  voided(serial: string): Promise<Reading<VoidedLabel | null> | null> {
    return this.kept.voided(serial);
  }

  /** What the ledger answers, kept under `name`; when it is out of reach, what it answered before. What
   * was asked for one person is nothing for the next: throws `Problem` `other_person`. */
  private async recalled<T>(name: string, ask: (waitMs: number) => Promise<T>): Promise<Reading<T>> {
    const person = this.kept.person;
    const kept = await this.kept.read(name);
    try {
      const said = await ask(kept ? BRIEF_MS : PATIENT_MS);
      if (this.kept.person !== person) throw new Problem("unauthorised", "other_person", "this device has become somebody else's");
      const { wall, tick } = this.moment();
      await this.keep(name, said as Json, wall);
      return { value: said, asOf: wall, tick, from: "ledger" };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (kept && isAway(error)) return { value: kept.value as T, asOf: kept.asOf, from: "device", why: error };
      if (error.kind === "not_found" || error.code === "not_yours") await this.kept.forgetRead(name);
      throw error;
    }
  }

  private async pages<Row>(path: string, member: string, query: Query, waitMs = PATIENT_MS): Promise<Row[]> {
    const rows: Row[] = [];
    let cursor: string | null = null;
    do {
      const page: Page = await value(await this.within(withQuery(path, { ...query, cursor }), {}, waitMs));
      for (const row of page[member] as Row[]) rows.push(row);
      cursor = page.next_cursor;
    } while (cursor);
    return rows;
  }

  /** What a full device cannot keep is shown all the same. */
  private async keep(path: string, said: Kept["value"], asOf: number): Promise<void> {
    try {
      await this.kept.keepRead(path, said, asOf);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }

  /** From the ledger; out of reach, what was proved before. */
  protected async evidence(path: string): Promise<{ raw: Bytes; receipt: Bytes }> {
    try {
      const accept = { headers: { accept: "application/cose" } };
      const raw = await bytes(await this.within(path, accept));
      return { raw, receipt: await bytes(await this.within(`${path}/receipt`, accept)) };
    } catch (error) {
      const kept = await this.kept.read(path);
      if (!kept || !(error instanceof Problem) || !isAway(error)) throw error;
      return kept.value as { raw: Bytes; receipt: Bytes };
    }
  }
}

/** Whether the ledger said nothing, so that an older answer is better than none. */
function isAway(error: Problem): boolean {
  return error.passes || error.code === "locked";
}
