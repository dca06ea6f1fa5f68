import "fake-indexeddb/auto";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { Client } from "../../src/core/client";
import { failureOf } from "../../src/core/problem";
import { split } from "../../src/core/proof/sequence";
import { CHAIN, Ledger, ORIGIN, packed } from "./ledger";
import { codeOf, enrol, PASSPHRASE, stage } from "./stage";

const REFUSED = { status: 409, code: "unknown_container", title: "No", detail: "no" };
const open: Client[] = [];
async function staged(enrolled = true) {
  const made = await stage(enrolled);
  open.push(made.client);
  const again = async () => {
    const client = await made.again();
    open.push(client);
    return client;
  };
  return { ...made, again };
}
afterEach(() => open.splice(0).forEach((client) => client.close()));

describe("enrolling a device", () => {
  it("draws a key, shows it to the administrator and pins the log once signing in works", async () => {
    const { client, ledger } = await staged(false);
    expect([client.lock.get(), client.profile.get()]).toEqual(["empty", null]);
    const request = await client.makeKey(PASSPHRASE, "kit");
    expect(request.fingerprint.join("")).toBe(request.kid.slice(0, 32));
    expect(client.lock.get()).toBe("open");
    expect(await codeOf(client.finishEnrolment({ agent: "kit", origin: ORIGIN, logKey: ledger.vkey }))).toBe("unknown_key");
    expect(client.profile.get()).toBeNull();
    ledger.agents.set(request.kid, "kit");
    await client.finishEnrolment({ agent: "kit", origin: ORIGIN, logKey: ledger.vkey });
    expect(client.profile.get()).toMatchObject({ agent: "kit", origin: ORIGIN, kid: request.kid, alg: "Ed25519" });
    expect(client.session.get()?.roles).toEqual({ "swift-depot": ["courier"] });
  });

  it("pins no log whose checkpoint another key signed", async () => {
    const { client, ledger } = await staged(false);
    const other = await Ledger.open(8);
    const { kid } = await client.makeKey(PASSPHRASE);
    ledger.agents.set(kid, "kit");
    expect(await codeOf(client.finishEnrolment({ agent: "kit", origin: ORIGIN, logKey: other.vkey }))).toBe("bad_checkpoint");
    expect(await codeOf(client.finishEnrolment({ agent: "kit", origin: "elsewhere", logKey: ledger.vkey }))).toBe("wrong_log_key");
    expect(client.profile.get()).toBeNull();
  });

  it("never overwrites a key, and takes no short passphrase", async () => {
    const { client } = await staged();
    expect(await codeOf(client.makeKey(PASSPHRASE))).toBe("key_exists");
    expect(await codeOf(client.replaceKey("short"))).toBe("short_passphrase");
  });

  it("signs with a replaced key only once that is enrolled, and still sends what the old one signed", async () => {
    const { client, ledger } = await staged();
    ledger.mood = "unreachable";
    await client.record(packed(), CHAIN);
    const { kid } = await client.replaceKey("another good passphrase");
    expect(await codeOf(client.record(packed(), CHAIN))).toBe("not_enrolled");
    ledger.mood = "online";
    await client.flush();
    expect(ledger.said).toHaveLength(1);
    ledger.agents.set(kid, "kit");
    await client.finishEnrolment({ agent: "kit", origin: ORIGIN, logKey: ledger.vkey });
    expect((await client.record(packed(), CHAIN)).seq).toBe(0);
  });
});

describe("the key", () => {
  it("stays open over a reload, until the device is locked", async () => {
    const { client, again } = await staged();
    const reloaded = await again();
    expect(reloaded.lock.get()).toBe("open");
    await client.relock();
    expect((await again()).lock.get()).toBe("locked");
    expect(await codeOf(client.record(packed(), CHAIN))).toBe("locked");
  });

  it("opens with its passphrase only", async () => {
    const { client } = await staged();
    await client.relock();
    expect(await codeOf(client.unlock("not the passphrase"))).toBe("wrong_passphrase");
    expect(client.lock.get()).toBe("locked");
    await client.unlock(PASSPHRASE);
    expect(client.lock.get()).toBe("open");
    await client.confirmPassphrase(PASSPHRASE);
    expect(await codeOf(client.confirmPassphrase("wrong passphrase"))).toBe("wrong_passphrase");
  });

  it("opens with the same letters typed in another composition", async () => {
    const { client } = await staged(false);
    await client.makeKey("Blutst\u00fcckchen");
    await client.confirmPassphrase("Blutstu\u0308ckchen");
  });
});

describe("recording facts", () => {
  it("is durable before it resolves, and sent in the background", async () => {
    const { client, ledger } = await staged();
    const held = await client.record(packed(), CHAIN);
    expect(held).toMatchObject({ state: "queued", seq: 0, type: "Packed", agent: "kit", mine: true });
    await client.flush();
    const [kept] = await client.held("accepted");
    expect(kept?.answer?.position).toBe(1);
    expect(kept?.receipt).toBeInstanceOf(Uint8Array);
    expect(client.waiting.get()).toEqual([]);
    expect(ledger.said[0]).toMatchObject({ type: "Packed", seq: 0, prev: null, seen: { size: 1 } });
  });

  it("chains what is signed offline, and sends it in order when the network is back", async () => {
    const { client, ledger } = await staged();
    ledger.mood = "unreachable";
    for (let bag = 0; bag < 50; bag++) await client.record(packed(`A9999-26-${bag}`), CHAIN);
    await client.flush();
    expect(client.waiting.get()).toHaveLength(50);
    expect(client.reach.get()).toBe("offline");
    ledger.mood = "online";
    await client.flush();
    expect(ledger.said.map(({ seq }) => seq)).toEqual([...Array(50).keys()]);
    const ids = (await client.held()).map(({ id }) => id);
    expect(ledger.said.map(({ prev }) => prev)).toEqual([null, ...ids.slice(0, -1)]);
    expect([client.waiting.get(), client.reach.get()]).toEqual([[], "online"]);
  });

  it("keeps several in one transaction, or none", async () => {
    const { client } = await staged();
    const bad = { ...packed(), shipper: "no\nlabel" };
    const items = [packed(), bad].map((fields) => ({ fields, stream: CHAIN }));
    expect(await codeOf(client.recordMany(items))).toBe("invalid_event");
    expect(await client.held()).toEqual([]);
    expect(await client.recordMany([packed(), packed()].map((fields) => ({ fields, stream: CHAIN })))).toHaveLength(2);
  });

  it("says which member is wrong, and signs nothing", async () => {
    const { client } = await staged();
    const strange = { ...packed(), seq: 5 };
    expect(await codeOf(client.record(strange, CHAIN))).toBe("reserved_member");
    expect(await codeOf(client.record(packed(), "bag/7"))).toBe("unknown_stream");
    await expect(client.record({ ...packed(), at: { site: "UP", department: "van-2" } }, CHAIN)).rejects.toThrow("Packed.at.site");
    await expect(client.record(packed(), CHAIN, { occurredAt: "2026-02-30T00:00:00.000Z" })).rejects.toThrow("occurred_at");
    expect(await client.held()).toEqual([]);
  });

  it("gives every statement its own place when two tabs sign at once", async () => {
    const { client, ledger, again } = await staged();
    const other = await again();
    ledger.mood = "unreachable";
    await Promise.all([...Array(20).keys()].map((bag) => (bag % 2 ? client : other).record(packed(`A9999-26-${bag}`), CHAIN)));
    const held = await client.held();
    expect(held.map(({ seq }) => seq)).toEqual([...Array(20).keys()]);
    ledger.mood = "online";
    await Promise.all([client.flush(), other.flush()]);
    expect(ledger.said.map(({ seq }) => seq)).toEqual([...Array(20).keys()]);
  });

  it("shows a tab what another one signed", async () => {
    const { client, ledger, again } = await staged();
    const other = await again();
    ledger.mood = "unreachable";
    await other.record(packed(), CHAIN);
    await expect.poll(() => client.waiting.get().length).toBe(1);
  });
});

describe("what comes back", () => {
  it("is asked for again when the answer was lost, and recorded once", async () => {
    const { client, ledger } = await staged();
    ledger.mood = "answer_lost";
    await client.record(packed(), CHAIN);
    await client.flush();
    expect(client.waiting.get()[0]?.state).toBe("sent");
    ledger.mood = "online";
    await client.flush();
    expect([ledger.said.length, (await client.held("accepted")).length]).toEqual([1, 1]);
  });

  it("is no refusal when a network's own page answers", async () => {
    const { client, ledger } = await staged();
    for (const mood of ["portal", "down"] as const) {
      ledger.mood = mood;
      await client.record(packed(), CHAIN);
      await client.flush();
    }
    expect(client.waiting.get().map(({ state }) => state)).toEqual(["sent", "sent"]);
    ledger.mood = "online";
    await client.flush();
    expect(ledger.said).toHaveLength(2);
  });

  it("is kept with its reason when the log refuses, and the rest goes on", async () => {
    const { client, ledger } = await staged();
    ledger.refusals.set("Unpacked", { status: 403, code: "not_permitted", title: "No", detail: "not your site" });
    ledger.mood = "unreachable";
    await client.record({ ...packed(), type: "Unpacked" }, CHAIN);
    await client.record(packed(), CHAIN);
    ledger.mood = "online";
    await client.flush();
    expect(client.waiting.get()).toMatchObject([{ type: "Unpacked", state: "refused", problem: { code: "not_permitted", detail: "not your site" } }]);
    expect(ledger.said).toHaveLength(1);
    const id = client.waiting.get()[0]?.id ?? "";
    ledger.refusals.clear();
    await client.requeue(id);
    await client.flush();
    expect([ledger.said.length, client.waiting.get().length]).toEqual([2, 0]);
    expect(await codeOf(client.requeue(id))).toBe("not_refused");
  });

  it("leaves the list when somebody has read the reason, and stays in the outbox", async () => {
    const { client, ledger } = await staged();
    ledger.refusals.set("Packed", { status: 401, code: "revoked_key", title: "No", detail: "revoked" });
    const { id } = await client.record(packed(), CHAIN);
    await client.flush();
    await client.acknowledge(id);
    expect(client.waiting.get()).toEqual([]);
    expect(await client.held("refused")).toMatchObject([{ id, acknowledged: true }]);
  });

  it.each([
    ["another position", (answer: object) => ({ ...answer, position: 0 })],
    ["another size", (answer: object) => ({ ...answer, log_size: 9 })],
    ["another statement", (answer: object) => ({ ...answer, statement_id: "ab".repeat(32) })],
    ["a receipt of nothing", (answer: object) => ({ ...answer, receipt: "0oRA" })],
  ])("is not believed with %s: the statement stays, the alarm says why", async (_, tamper) => {
    const { client, ledger } = await staged();
    ledger.tamper = tamper as typeof ledger.tamper;
    await client.record(packed(), CHAIN);
    await client.flush();
    expect(client.waiting.get()).toMatchObject([{ state: "sent", answer: null }]);
    expect(client.alarm.get()?.code).toMatch(/receipt/);
    ledger.tamper = (answer) => answer;
    await client.flush();
    expect([client.waiting.get(), client.alarm.get()]).toEqual([[], null]);
  });

  it("never takes a number that its key has used since: it is signed anew, as of when it happened", async () => {
    const acts = fc.array(fc.constantFrom("record", "refused", "offline", "again"), { minLength: 1, maxLength: 12 });
    await fc.assert(fc.asyncProperty(acts, async (all) => {
      const { client, ledger } = await staged();
      for (const act of all) {
        if (act === "refused") ledger.refusals.set("Packed", REFUSED);
        ledger.mood = act === "offline" ? "unreachable" : "online";
        const [old] = (await client.held("refused")).filter((one) => one.again === undefined);
        if (act === "again" && old) await client.requeue(old.id);
        else await client.record(packed(`A9999-26-${ledger.requests.length}`), CHAIN);
        await client.flush();
        ledger.refusals.clear();
      }
      ledger.mood = "online";
      await client.flush();
      const numbers = ledger.said.map(({ seq }) => Number(seq));
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      expect(new Set(numbers).size).toBe(numbers.length);
      client.close();
    }), { numRuns: 25 });
  });

  it("is signed anew once, and says so", async () => {
    const { client, ledger } = await staged();
    ledger.refusals.set("Packed", REFUSED);
    const early = { occurredAt: "2026-11-26T08:00:00.000Z" };
    const { id } = await client.record(packed(), CHAIN, early);
    await client.flush();
    ledger.refusals.clear();
    await client.record(packed("A9999-26-2"), CHAIN);
    await client.flush();
    await client.requeue(id);
    await client.flush();
    expect(ledger.said.map(({ seq }) => seq)).toEqual([0, 1]);
    expect(ledger.said[1]).toMatchObject({ occurred_at: early.occurredAt, containers: ["A9999-26-000001"] });
    const [old] = await client.held("refused");
    expect(old).toMatchObject({ id, acknowledged: true, again: (await client.held("accepted")).at(-1)?.id });
    expect(await codeOf(client.requeue(id))).toBe("not_refused");
    expect(client.waiting.get()).toEqual([]);
  });

  it("is sent as one body of many", async () => {
    const { client, ledger } = await staged();
    ledger.mood = "unreachable";
    await client.recordMany([1, 2, 3].map((bag) => ({ fields: packed(`A9999-26-${bag}`), stream: CHAIN })));
    ledger.mood = "online";
    await client.flush();
    expect(ledger.posts).toEqual([3]);
  });

  it("survives the page being closed before anything was sent", async () => {
    const { client, ledger, again } = await staged();
    ledger.mood = "unreachable";
    await client.record(packed(), CHAIN);
    client.close();
    ledger.mood = "online";
    const reopened = await again();
    await reopened.flush();
    expect([ledger.said.length, reopened.waiting.get().length]).toEqual([1, 0]);
  });
});

describe("deciding", () => {
  it("names the version that was seen, brings the second signature, and verifies the receipt", async () => {
    const { client, ledger } = await staged();
    const answer = await client.decide(closing, CHAIN, 4);
    expect(answer.position).toBe(1);
    expect(ledger.said[0]).toMatchObject({ chain_version: 4 });
  });

  it("is not signed while the ledger is out of reach", async () => {
    const { client, ledger } = await staged();
    ledger.mood = "unreachable";
    expect(await codeOf(client.decide(closing, CHAIN, 4))).toBe("unreachable");
    expect(await client.held()).toEqual([]);
  });

  it("is not signed while anything waits before it", async () => {
    const { client, ledger } = await staged();
    ledger.tamper = (answer) => ({ ...answer, position: 0 });
    await client.record(packed(), CHAIN);
    expect(await codeOf(client.decide(closing, CHAIN, 4))).toBe("wrong_receipt");
    expect(await client.held()).toHaveLength(1);
  });

  it("throws what the log refused it with, gates and all, and keeps it as read", async () => {
    const { client, ledger } = await staged();
    const gates = [{ name: "consent", passed: false }];
    ledger.refusals.set("TherapyClosed", { status: 422, code: "gate_failed", title: "No", detail: "consent", gates });
    await expect(client.decide(closing, CHAIN, 4)).rejects.toMatchObject({ code: "gate_failed", extra: { gates } });
    expect([client.waiting.get().length, (await client.held("refused")).length]).toEqual([0, 1]);
  });

  it("asks for a view", async () => {
    const { client } = await staged();
    expect(await codeOf(client.decide(closing, CHAIN, null))).toBe("no_view");
  });
});

const closing = { type: "TherapyClosed", reason: "done" } as const;

describe("asking", () => {
  it("falls back to what the device keeps, and says so", async () => {
    const { client, ledger } = await staged();
    ledger.reads.set("/v1/chains/x?limit=2", { version: 3 });
    const fresh = await client.read<{ version: number }>("/v1/chains/x", { limit: 2, cursor: undefined });
    expect(fresh).toMatchObject({ value: { version: 3 }, from: "ledger" });
    ledger.mood = "unreachable";
    const { tick: _, ...kept } = fresh;
    expect(await client.read("/v1/chains/x", { limit: 2 })).toMatchObject({ ...kept, from: "device", why: { code: "unreachable" } });
    expect(await codeOf(client.read("/v1/chains/y"))).toBe("unreachable");
  });

  it("takes every page of a list, keeps the whole, and says why there is no newer one", async () => {
    const { client, ledger } = await staged();
    const pages = [0, 1, 2].map((at) => ({ holdings: [`BAG-${2 * at}`, `BAG-${2 * at + 1}`], next_cursor: at < 2 ? `c${at}` : null }));
    ledger.reads.set("/v1/custody?limit=2", pages[0] ?? null);
    ledger.reads.set("/v1/custody?cursor=c0&limit=2", pages[1] ?? null);
    ledger.reads.set("/v1/custody?cursor=c1&limit=2", pages[2] ?? null);
    const all = await client.readAll<string>("/v1/custody", "holdings", { limit: 2 });
    expect(all.value).toEqual([0, 1, 2, 3, 4, 5].map((one) => `BAG-${one}`));
    ledger.reads.delete("/v1/custody?cursor=c1&limit=2"); // half a list is none
    expect(await codeOf(client.readAll("/v1/custody", "holdings", { limit: 2 }))).toBe("no_such_thing");
    ledger.reads.set("/v1/custody?cursor=c1&limit=2", pages[2] ?? null);
    await client.readAll("/v1/custody", "holdings", { limit: 2 });
    for (const [mood, code, failure] of [["unreachable", "unreachable", "away"], ["down", "closing", "trouble"]] as const) {
      ledger.mood = mood;
      const kept = await client.readAll("/v1/custody", "holdings", { limit: 2 });
      expect(kept).toMatchObject({ value: all.value, from: "device", why: { code } });
      expect(kept.why && failureOf(kept.why)).toBe(failure);
    }
    ledger.mood = "online";
    await client.relock();
    const { why } = await client.readAll("/v1/custody", "holdings", { limit: 2 });
    expect(why && failureOf(why)).toBe("signed_out");
  });

  it("keeps the answer to a question, each under its own, and never the question", async () => {
    const { client, ledger } = await staged();
    ledger.reads.set("/v1/patients/match", { therapies: ["x"] });
    const fresh = await client.consult("/v1/patients/match", { patient: "4711" });
    expect(fresh).toMatchObject({ value: { therapies: ["x"] }, from: "ledger" });
    ledger.mood = "unreachable";
    expect(await client.consult("/v1/patients/match", { patient: "4711" })).toMatchObject({ value: fresh.value, asOf: fresh.asOf, from: "device" });
    expect(await codeOf(client.consult("/v1/patients/match", { patient: "4712" }))).toBe("unreachable");
  });

  it("forgets what the ledger no longer shows", async () => {
    const { client, ledger } = await staged();
    ledger.reads.set("/v1/chains/x", { version: 3 });
    await client.read("/v1/chains/x");
    ledger.reads.clear();
    expect(await codeOf(client.read("/v1/chains/x"))).toBe("no_such_thing");
    ledger.mood = "unreachable";
    expect(await codeOf(client.read("/v1/chains/x"))).toBe("unreachable");
  });

  it("signs in again when the session has run out, and loses nothing meanwhile", async () => {
    const { client, ledger } = await staged();
    ledger.reads.set("/v1/chains/x", { version: 3 });
    ledger.mood = "unreachable";
    await client.record(packed(), CHAIN);
    ledger.sessions.clear();
    ledger.mood = "online";
    expect((await client.read("/v1/chains/x")).from).toBe("ledger");
    await client.flush();
    expect(ledger.said).toHaveLength(1);
  });

  it("shows what is kept while the key is locked", async () => {
    const { client, ledger } = await staged();
    ledger.reads.set("/v1/chains/x", { version: 3 });
    await client.read("/v1/chains/x");
    await client.relock();
    expect((await client.read("/v1/chains/x")).from).toBe("device");
    expect(await codeOf(client.read("/v1/chains/y"))).toBe("locked");
  });

  it("proves an entry here, and keeps it", async () => {
    const { client, ledger } = await staged();
    await client.record(packed(), CHAIN);
    await client.flush();
    const entry = await client.entry(1);
    expect(entry).toMatchObject({ position: 1, signer: "kit", stream: CHAIN, fields: { type: "Packed" } });
    ledger.mood = "unreachable";
    expect(await client.entry(1)).toEqual(entry);
  });

  it("does not believe an entry with another's receipt", async () => {
    const { client, ledger } = await staged();
    await client.recordMany([packed("A9999-26-1"), packed("A9999-26-2")].map((fields) => ({ fields, stream: CHAIN })));
    await client.flush();
    const [first, second] = ledger.entries.slice(1);
    ledger.entries = [...ledger.entries.slice(0, 1), second ?? new Uint8Array(), first ?? new Uint8Array()];
    expect(await codeOf(client.entry(1))).toBe("fork_detected");
    expect(client.alarm.get()?.code).toBe("fork_detected");
  });

  it("keeps the voided labels", async () => {
    const { client, ledger } = await staged();
    expect(await client.voided("L1")).toBeNull();
    ledger.reads.set("/v1/labels/voided?limit=1000", { labels: [{ serial: "L1", status: "voided" }], next_cursor: "n" });
    ledger.reads.set("/v1/labels/voided?cursor=n&limit=1000", { labels: [{ serial: "L2", status: "voided" }], next_cursor: null });
    const asOf = await client.refreshVoided();
    expect(await client.voided("L2")).toEqual({ value: { serial: "L2", status: "voided" }, asOf, from: "device" });
    expect((await client.voided("L3"))?.value).toBeNull();
  });

  it("keeps a photo under its digest", async () => {
    const { client, again } = await staged();
    const digest = await client.keepPhoto(new Blob(["a seal"], { type: "image/jpeg" }));
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const photo = await (await again()).photo(digest);
    expect([photo?.type, await photo?.text()]).toEqual(["image/jpeg", "a seal"]);
  });
});

describe("carrying by hand", () => {
  it("hands over by file or by texts: the other phone sends them once, and they stay their signer's own", async () => {
    const { client, ledger } = await staged();
    ledger.mood = "unreachable";
    await client.recordMany([1, 2, 3, 4].map((bag) => ({ fields: packed(`A9999-26-${bag}`), stream: CHAIN })));
    const file = await client.exportOutbox();
    expect(split(new Uint8Array(await file.arrayBuffer()))).toHaveLength(4);
    const texts = await client.exportTexts();
    expect(texts.length).toBeGreaterThan(1);
    for (const text of texts) expect(text).toMatch(/^[0-9A-Z $%*+./:-]+$/);

    const other = await Client.open({ database: "the-other-phone", fetch: ledger.fetch as typeof fetch, iterations: 1000 });
    open.push(other);
    ledger.mood = "online";
    await enrol(other, ledger, "mia");
    const [last, ...before] = [...texts].reverse();
    for (const text of before) expect(await other.importStatements(text)).toBe(0);
    expect(other.importing.get()).toEqual({ have: texts.length - 1, of: texts.length });
    expect(await other.importStatements(last ?? "")).toBe(4);
    expect(await other.importStatements(file)).toBe(0);
    await other.flush();
    expect(ledger.said.map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
    expect((await other.held())[0]).toMatchObject({ mine: false, agent: "kit", state: "accepted" });
    expect((await other.record(packed(), CHAIN)).seq).toBe(0);
    await client.flush();
    expect([client.waiting.get().length, ledger.said.length]).toEqual([0, 5]);
  });

  it("takes nothing of another log, and nothing that is broken", async () => {
    const { client, ledger } = await staged();
    ledger.mood = "unreachable";
    await client.record(packed(), CHAIN);
    const [text = ""] = await client.exportTexts();
    expect(await codeOf(client.importStatements(text.replace(/.$/, "%%")))).toMatch(/bad_/);
    expect(await codeOf(client.importStatements(Uint8Array.of(0xd2, 0x84)))).toBe("malformed_cbor");
    expect(await codeOf(client.importStatements("HTTPS://X"))).toBe("bad_carrying_text");
    expect(await client.held()).toHaveLength(1);
  });
});
