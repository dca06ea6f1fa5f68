/** Bad days that a device must get over: a full disk, an answer that breaks off, a forged carrying. */
import "fake-indexeddb/auto";
import { afterEach, describe, expect, it } from "vitest";
import { Client } from "../../src/core/client";
import { Problem } from "../../src/core/problem";
import { encode, type JsonObject } from "../../src/core/canonical";
import { fromHex, toBase64Url, utf8 } from "../../src/core/bytes";
import { PublicKey } from "../../src/core/proof/publickey";
import { SigningKey } from "../../src/core/proof/signingkey";
import * as statement from "../../src/core/proof/statement";
import { CHAIN, keyOf, ORIGIN, packed } from "./ledger";
import { codeOf, PASSPHRASE, stage } from "./stage";

const open: Client[] = [];
async function staged() {
  const made = await stage();
  open.push(made.client);
  return made;
}
afterEach(() => open.splice(0).forEach((client) => client.close()));

/** Answers to these paths wait until the returned function is called. */
function held(client: Client, wanted: (path: string) => boolean): () => void {
  let release = (): void => undefined;
  const open = new Promise<void>((resolve) => (release = resolve));
  const { remote } = client as unknown as { remote: { fetch: typeof fetch } };
  const before = remote.fetch;
  remote.fetch = async (input, init) => {
    const answer = await before(input, init);
    if (wanted(String(input))) await open;
    return answer;
  };
  return release;
}

/** The answer's head arrives, its body breaks off. */
function brokenOff(answer: Response): Response {
  const body = new ReadableStream({
    start: (stream) => {
      stream.enqueue(utf8('{"holdings": ['));
      stream.error(new TypeError("network error"));
    },
  });
  return new Response(body, { status: answer.status, headers: answer.headers });
}

describe("a network that breaks off in the middle of an answer", () => {
  it("counts as none: what the device keeps is shown", async () => {
    const { client, ledger } = await staged();
    ledger.reads.set("/v1/custody", { holdings: [1] });
    expect((await client.read("/v1/custody")).from).toBe("ledger");
    const { remote } = client as unknown as { remote: { fetch: typeof fetch } };
    remote.fetch = async (input, init) => brokenOff(await ledger.fetch(input as string, init));
    expect(await client.read("/v1/custody")).toMatchObject({ from: "device", value: { holdings: [1] } });
    expect(await codeOf(client.read("/v1/handovers"))).toBe("unreachable");
  });

  it("does not end the sending for good: it is tried again", async () => {
    const { client, ledger } = await staged();
    const remote = (client as unknown as { remote: { fetch: typeof fetch } }).remote;
    remote.fetch = async (input, init) => {
      const answer = await ledger.fetch(input as string, init);
      return String(input).startsWith("/log/tile") ? brokenOff(answer) : answer;
    };
    await client.record(packed(), CHAIN);
    await client.flush();
    expect(client.waiting.get()).toEqual([]);
    expect((client as unknown as { pump: { timer: unknown } }).pump.timer).not.toBeNull(); // the new head is checked later
  });
});

describe("a device with no room left", () => {
  it("still shows what the ledger answers", async () => {
    const { client, ledger } = await staged();
    ledger.reads.set("/v1/custody", { holdings: [2] });
    const { kept } = client as unknown as { kept: { keepRead: () => Promise<void> } };
    kept.keepRead = () => Promise.reject(new Problem("fault", "device_full", "this device has no room left"));
    expect(await client.read("/v1/custody")).toMatchObject({ from: "ledger", value: { holdings: [2] } });
  });
});

describe("a browser that lets go of its database (a phone in a pocket does)", () => {
  it("opens it again, and nothing is lost", async () => {
    const { client, ledger } = await staged();
    ledger.mood = "unreachable";
    await client.record(packed(), CHAIN);
    const { db } = client as unknown as { db: { db: IDBDatabase } };
    db.db.close();
    await client.record(packed("A9999-26-2"), CHAIN);
    expect((await client.held()).map(({ seq }) => seq)).toEqual([0, 1]);
  });
});

describe("statements that another phone shows", () => {
  it("take no place in this key's sequence unless this key signed them", async () => {
    const { client, ledger } = await staged();
    ledger.mood = "unreachable";
    const profile = client.profile.get();
    const other = await keyOf(new Uint8Array(32).fill(3));
    // A key that calls itself by this device's name.
    const claimed = Object.assign(Object.create(PublicKey.prototype) as PublicKey, other.public, { kid: fromHex(profile?.kid ?? "") });
    const forger = new SigningKey((other as unknown as { secret: CryptoKey }).secret, claimed);
    const claims = { iss: "kit", sub: CHAIN, aud: ORIGIN, cti: new Uint8Array(16) };
    const forged = await statement.sign(forger, claims, encode({ ...packed(), seq: Number.MAX_SAFE_INTEGER, prev: null }));
    expect(await codeOf(client.importStatements(forged))).toBe("bad_signature");
    expect(await client.held()).toEqual([]);
    expect((await client.record(packed(), CHAIN)).seq).toBe(0);
  });

  it("are checked where an entry of the log told this device the signer's key, and only there", async () => {
    const { client, ledger } = await staged();
    const [mias, other] = [await keyOf(new Uint8Array(32).fill(3)), await keyOf(new Uint8Array(32).fill(4))];
    const said = async (key: SigningKey, iss: string, sub: string, fields: object, tag: number) => {
      const payload = encode({ type: "Packed", seq: 0, prev: null, ...fields } as JsonObject);
      return statement.sign(key, { iss, sub, aud: ORIGIN, cti: new Uint8Array(16).fill(tag) }, payload);
    };
    const added = { type: "KeyAdded", key: toBase64Url(mias.public.spki) };
    const position = ledger.entries.push(await said(other, "ada", "agent/mia", added, 1)) - 1;
    await client.entry(position);
    ledger.mood = "unreachable";
    await client.importStatements(await said(mias, "mia", CHAIN, packed(), 2));
    await client.importStatements(await said(other, "nils", CHAIN, packed(), 3));
    expect((await client.held()).map(({ checked }) => checked)).toEqual([true, undefined]);
    const sound = await said(mias, "mia", CHAIN, packed(), 4);
    expect(await codeOf(client.importStatements(sound.with(-1, (sound.at(-1) ?? 0) ^ 1)))).toBe("bad_signature");
    expect(await codeOf(client.importStatements(await said(mias, "nils", CHAIN, packed(), 5)))).toBe("wrong_signer");
    expect(await client.held()).toHaveLength(2);
  });
});

describe("a device that is locked while a screen loads", () => {
  it("does not learn afterwards who was signed in", async () => {
    const { client, ledger } = await staged();
    ledger.reads.set("/v1/custody", { holdings: [3] });
    client.session.set(null);
    const released = held(client, (path) => path === "/v1/session");
    await client.read("/v1/custody");
    await client.relock();
    released();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(client.session.get()).toBeNull();
  });
});

describe("a device that another person takes over", () => {
  it("shows them nothing of what the one before looked up", async () => {
    const { client, ledger } = await staged();
    ledger.reads.set("/v1/custody", { holdings: [3] });
    await client.read("/v1/custody");
    const { kid } = await client.replaceKey(PASSPHRASE, "mia");
    ledger.agents.set(kid, "mia");
    await client.finishEnrolment({ agent: "mia", origin: ORIGIN, logKey: ledger.vkey });
    ledger.mood = "unreachable";
    expect(await codeOf(client.read("/v1/custody"))).toBe("unreachable");
  });

  it("shows and keeps nothing that was still being asked for when they took over", async () => {
    const { client, ledger } = await staged();
    ledger.reads.set("/v1/custody", { holdings: [3] });
    const released = held(client, (path) => path === "/v1/custody");
    const asked = codeOf(client.read("/v1/custody"));
    const { kid } = await client.replaceKey(PASSPHRASE, "mia");
    ledger.agents.set(kid, "mia");
    await client.finishEnrolment({ agent: "mia", origin: ORIGIN, logKey: ledger.vkey });
    released();
    expect(await asked).toBe("other_person");
    ledger.mood = "unreachable";
    expect(await codeOf(client.read("/v1/custody"))).toBe("unreachable");
  });

  it("keeps it for the same person with a new key", async () => {
    const { client, ledger } = await staged();
    ledger.reads.set("/v1/custody", { holdings: [3] });
    await client.read("/v1/custody");
    const { kid } = await client.replaceKey(PASSPHRASE);
    ledger.agents.set(kid, "kit");
    await client.finishEnrolment({ agent: "kit", origin: ORIGIN, logKey: ledger.vkey });
    ledger.mood = "unreachable";
    expect((await client.read("/v1/custody")).from).toBe("device");
  });
});
