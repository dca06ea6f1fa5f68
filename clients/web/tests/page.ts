/** The core and a ledger in memory, for a test that drives them in a real browser. */
import { Client } from "../src/core/client";
import { toHex } from "../src/core/bytes";
import { CHAIN, Ledger, ORIGIN, packed } from "./core/ledger";

let ledger: Ledger;
let client: Client;
const fetcher = (): typeof fetch => (input, init) => ledger.fetch(input as string, init);

const steps = {
  /** `agents`: whose key the ledger knows already. */
  async open(agents: [string, string][] = []): Promise<string> {
    ledger ??= await Ledger.open();
    for (const [kid, agent] of agents) ledger.agents.set(kid, agent);
    client = await Client.open({ fetch: fetcher() });
    return client.lock.get();
  },
  mood(mood: Ledger["mood"]): void {
    ledger.mood = mood;
  },
  async enrol(passphrase: string): Promise<{ kid: string; alg: string; spki: string }> {
    const { kid, alg, spki } = await client.makeKey(passphrase, "kit");
    ledger.agents.set(kid, "kit");
    await client.finishEnrolment({ agent: "kit", origin: ORIGIN, logKey: ledger.vkey });
    return { kid, alg, spki };
  },
  async record(count: number): Promise<string[]> {
    const held = [];
    for (let bag = 0; bag < count; bag++) held.push(await client.record(packed(`A9999-26-${bag}`), CHAIN));
    return held.map(({ raw }) => toHex(raw));
  },
  async flush(): Promise<object> {
    await client.flush();
    return { waiting: client.waiting.get().length, said: ledger.said.map(({ seq }) => seq), alarm: client.alarm.get()?.code ?? null };
  },
  /** Another client of the same database, as another tab is, signing at the same moment. */
  async both(count: number): Promise<number[]> {
    const other = await Client.open({ fetch: fetcher() });
    const bags = Array.from({ length: count }, (_, bag) => (bag % 2 ? client : other).record(packed(`A9999-27-${bag}`), CHAIN));
    const held = await Promise.all(bags);
    other.close();
    return held.map(({ seq }) => seq).sort((a, b) => a - b);
  },
  async time(count: number): Promise<number> {
    const from = performance.now();
    await steps.record(count);
    return (performance.now() - from) / count;
  },
  async unlock(passphrase: string): Promise<string> {
    await client.relock();
    await client.unlock(passphrase);
    return client.lock.get();
  },
};

Object.assign(globalThis, { steps });
