import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import { fromHex } from "../../src/core/bytes";
import { commit } from "../../src/core/patients";
import { SHIFT_MS } from "../../src/core/wristbands";
import { ORIGIN } from "./ledger";
import { codeOf, stage } from "./stage";

const COI = "isbt128:CHA999926000001";
const KEYS = { birth_date: "11".repeat(32), record_number: "22".repeat(32) };
const READ = { birth_date: "1961-04-23", record_number: "00-12 34", ward: "5" };
const FOUND = [{ coi: COI, patient: [{ field: "birth_date", commitment: "ab".repeat(32) }] }];

/** A ledger whose server keeps a vault, or none; `away` takes the network. */
async function vaulted(available = true) {
  const set = await stage();
  const asked: { path: string; body: unknown }[] = [];
  const state = { away: false };
  const known = set.ledger.fetch;
  const answers: Record<string, unknown> = {
    "/v1/vault": { available, reasons: [] },
    "/v1/vault/commitments": { found: FOUND },
    [`/v1/chains/${encodeURIComponent(COI)}/patient/keys`]: { coi: COI, keys: KEYS, access: 1 },
  };
  const answer = (url: string, init: RequestInit = {}) => {
    const path = String(url).replace(/^https?:\/\/[^/]+/, "").split("?")[0] ?? "";
    if (state.away) return Promise.reject(new TypeError("away"));
    if (!(path in answers)) return known(url, init);
    asked.push({ path: String(url), body: init.body ? JSON.parse(String(init.body)) : null });
    return Promise.resolve(Response.json(answers[path]));
  };
  Object.defineProperty(set.ledger, "fetch", { value: answer });
  set.client.close();
  const client = await set.again();
  return { ...set, client, asked, state };
}

describe("a wristband where each patient has keys of their own", () => {
  it("is turned into commitments by the vault, and by nobody where the server keeps none", async () => {
    const { client, asked } = await vaulted();
    expect(await client.identified(READ)).toEqual(FOUND);
    expect(asked.at(-1)).toEqual({ path: "/v1/vault/commitments", body: { identifiers: READ } });
    client.close();
    const bare = await vaulted(false);
    expect(await codeOf(bare.client.identified(READ))).toBe("no_patient_key");
    expect(bare.asked.map(({ path }) => path)).toEqual(["/v1/vault"]); // what was read never left the device
    bare.client.close();
  });

  it("is turned into commitments here, by a file of keys that this device has", async () => {
    const { client, asked } = await vaulted(false);
    await client.takePatientKeys(JSON.stringify(KEYS));
    const [one] = await client.identified(READ);
    expect(one?.coi).toBeNull();
    expect(one?.patient.map(({ field }) => field)).toEqual(["birth_date", "record_number"]);
    expect(asked.map(({ path }) => path)).toEqual(["/v1/vault"]);
    client.close();
  });

  it("is asked of the vault although this device has a file, and of the file without a network", async () => {
    const { client, state } = await vaulted();
    await client.takePatientKeys(JSON.stringify(KEYS));
    const found = await client.identified(READ);
    expect(found.map(({ coi }) => coi)).toEqual([COI, null]);
    state.away = true;
    expect((await client.identified(READ)).map(({ coi }) => coi)).toEqual([null]);
    client.close();
  });

  it("is turned into commitments without a network under the keys of the shift", async () => {
    const { client, asked, state } = await vaulted();
    expect(await client.hasVault()).toBe(true);
    await client.fetchTherapyKeys(COI, "bedside_check");
    expect(asked.at(-1)?.path).toContain("reason=bedside_check");
    state.away = true;
    const [one] = await client.identified(READ);
    expect(one?.coi).toBe(COI);
    expect(one?.patient[0]?.commitment).toBe(await commit("birth_date", "1961-04-23", fromHex(KEYS.birth_date)));
    expect(one?.patient.map(({ field }) => field)).toEqual(["birth_date", "record_number"]); // a ward is no identifier
    client.close();
  });
});

describe("the keys of the shift", () => {
  it("end with it, with the device's lock, and when told to", async () => {
    const { client } = await vaulted();
    const fetchAgain = () => client.fetchTherapyKeys(COI, "bedside_check");
    const cois = async () => (await client.therapyKeys()).map(({ coi }) => coi);
    await fetchAgain();
    const [kept] = await client.therapyKeys();
    expect(Math.abs((kept?.until ?? 0) - Date.now() - SHIFT_MS)).toBeLessThan(60_000);
    await client.forgetTherapyKeys();
    expect(await cois()).toEqual([]);
    await fetchAgain();
    await client.relock();
    expect(await cois()).toEqual([]);
    client.close();
  });

  it("end with the session, and are nothing for who has the device next", async () => {
    const { client, ledger } = await vaulted();
    const cois = async () => (await client.therapyKeys()).map(({ coi }) => coi);
    await client.fetchTherapyKeys(COI, "bedside_check");
    await client.signOut();
    expect(await cois()).toEqual([]);
    await client.signIn();
    await client.fetchTherapyKeys(COI, "bedside_check");
    const { kid } = client.enrolmentRequest();
    const as = (agent: string) => {
      ledger.agents.set(kid, agent);
      return client.finishEnrolment({ agent, origin: ORIGIN, logKey: ledger.vkey });
    };
    await as("kit");
    expect(await cois()).toEqual([COI]); // still theirs
    await as("nora");
    expect(await cois()).toEqual([]);
    client.close();
  });

  it("are gone from the database when the app is opened after the shift", async () => {
    const { client, again } = await vaulted();
    await client.fetchTherapyKeys(COI, "bedside_check");
    client.close();
    (await again(() => Date.now() + SHIFT_MS + 1)).close();
    const later = await again(); // whose clock would take them for today's
    expect(await later.therapyKeys()).toEqual([]);
    later.close();
  });
});
