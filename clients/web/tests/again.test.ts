/** How a signer was asked again: verified, revoked before, the device's word, or broken. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { decode, type JsonObject } from "../src/core/canonical";
import { parse } from "../src/core/proof/statement";
import type { Passkey, ProvedEntry, Reading } from "../src/core/types";
import { askedAgain } from "../src/ui/audit/again";
import { codeOf } from "./core/stage";

const KEPT = resolve(import.meta.dirname, "../../../tests/vectors/0002-passkey");
const passkey = JSON.parse(readFileSync(`${KEPT}/passkey.json`, "utf8")) as { credential: string; key: string; rp_id: string };
const statement = parse(Uint8Array.from(readFileSync(`${KEPT}/statement.cose`)));
const fields = decode(statement.payload);
const POSITION = 20;

interface Told {
  row?: Partial<Passkey> | null; // null: the server tells of none
  enrolled?: Partial<ProvedEntry> & { fields?: JsonObject };
  revoking?: Partial<ProvedEntry> & { fields?: JsonObject };
  signed?: JsonObject;
}

/** A ledger that enrolled the passkey as entry 7, and whatever else it is made to say. */
function asked({ row = {}, enrolled = {}, revoking = {}, signed = fields }: Told = {}) {
  const { credential, rp_id } = passkey;
  const told: Passkey = { credential, rp_id, kid: null, status: "active", position: 7, added_position: 7, ...row };
  const added = { position: told.added_position, stream: "agent/quinn", fields: { type: "PasskeyAdded", ...passkey }, ...enrolled };
  const revoked = { position: told.position, stream: "agent/quinn", fields: { type: "PasskeyRevoked", credential }, ...revoking };
  const client = {
    read: <T>() => Promise.resolve({ value: { passkeys: row ? [told] : [] } as T, asOf: 0, from: "ledger" } as Reading<T>),
    entry: (position: number) => Promise.resolve((position === told.added_position ? added : revoked) as ProvedEntry),
  };
  return askedAgain(client, { statement, fields: signed, position: POSITION });
}

const esignature = fields["esignature"] as JsonObject;

describe("a passkey's answer", () => {
  it("holds under the key that its entry enrolled", async () => {
    expect(await asked()).toMatchObject({ state: "holds", added: 7, revoked: null, rpId: "ledger.example", said: { meaning: "approval" } });
  });

  it("holds where the passkey was revoked afterwards, and does not count where before", async () => {
    expect(await asked({ row: { status: "revoked", position: POSITION + 1 } })).toMatchObject({ state: "holds" });
    expect(await asked({ row: { status: "revoked", position: POSITION - 1 } })).toMatchObject({ state: "revoked", revoked: POSITION - 1 });
  });

  it("is broken in a payload that says anything else", async () => {
    const others: JsonObject[] = [
      { ...fields, reason: "other" }, { ...fields, seq: 1 }, { ...fields, esignature: { ...esignature, meaning: "review" } },
    ];
    for (const signed of others) expect(await codeOf(asked({ signed }))).toBe("bad_assertion");
    const without = { ...fields, esignature: { ...esignature, assertion: null } };
    expect(await codeOf(asked({ signed: without }))).toBe("invalid_event");
  });

  it("is broken under an entry that does not enrol this passkey for this person, or comes later", async () => {
    const wrongs: Told[] = [
      { enrolled: { stream: "agent/mallory" } },
      { enrolled: { fields: { type: "PasskeyRevoked", ...passkey } } },
      { enrolled: { fields: { type: "PasskeyAdded", ...passkey, credential: "BBBB" } } },
      { row: { added_position: POSITION + 1 } },
    ];
    for (const wrong of wrongs) expect(await codeOf(asked(wrong))).toBe("unknown_passkey");
    expect(await codeOf(asked({ enrolled: { fields: { type: "PasskeyAdded", ...passkey, rp_id: "elsewhere.example" } } }))).toBe("bad_assertion");
  });

  it("is broken where the server calls it revoked by an entry that does not revoke it", async () => {
    const row = { status: "revoked", position: POSITION - 1 } as const;
    const wrongs: Told["revoking"][] = [
      { fields: { type: "PasskeyAdded", ...passkey } }, { fields: { type: "PasskeyRevoked", credential: "BBBB" } }, { stream: "agent/mallory" },
    ];
    for (const revoking of wrongs) expect(await codeOf(asked({ row, ...(revoking && { revoking }) }))).toBe("unknown_passkey");
  });

  it("that the server tells no passkey for leaves a gap", async () => {
    await expect(asked({ row: null })).rejects.toMatchObject({ kind: "not_found" });
  });
});

describe("another answer", () => {
  it("by passphrase is the device's word, and none is none", async () => {
    const { assertion: _, ...rest } = esignature;
    expect(await asked({ signed: { ...fields, esignature: { ...rest, method: "passphrase" } } })).toMatchObject({ state: "claim" });
    const { esignature: __, ...none } = fields;
    expect(await asked({ signed: none })).toBeNull();
  });

  it("of a statement that could not be read is none", async () => {
    const nobody = { read: () => Promise.reject(new Error()), entry: () => Promise.reject(new Error()) };
    expect(await askedAgain(nobody, { statement: null, fields: null, position: 1 })).toBeNull();
  });
});
