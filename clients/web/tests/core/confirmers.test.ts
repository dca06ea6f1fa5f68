/** Workers that check signatures: they make it quick, and never decide anything alone. */
import { afterEach, describe, expect, it } from "vitest";
import { Confirmers, READY, type Asked } from "../../src/core/proof/confirmers";
import { confirmWith, PublicKey } from "../../src/core/proof/publickey";
import { keyOf } from "./ledger";
import { codeOf } from "./stage";

type Answer = (worker: Fake, asked: Asked) => void;

/** Stands in for the browser's: ready at once, or never; answers as it is told. */
class Fake {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: (() => void) | null = null;
  onmessageerror: (() => void) | null = null;
  seen = 0;
  ended = false;
  private readonly answer: Answer;

  constructor(answer: Answer, isReady = true) {
    this.answer = answer;
    if (isReady) queueMicrotask(() => this.say(READY));
  }

  say(data: unknown): void {
    this.onmessage?.({ data });
  }

  postMessage(asked: Asked): void {
    this.seen += asked[1].length;
    queueMicrotask(() => this.answer(this, asked));
  }

  terminate(): void {
    this.ended = true;
  }
}

const verdicts = (byte: number): Answer => (worker, [number, questions]) => worker.say([number, new Uint8Array(questions.length).fill(byte)]);
const honest: Answer = async (worker, [number, questions]) => {
  const found = questions.map(async ([spki, signature, message]) => Number(await (await PublicKey.fromSpki(spki)).holdsHere(signature, message)));
  worker.say([number, Uint8Array.from(await Promise.all(found))]);
};

async function started(workers: Fake[], cores = workers.length + 1): Promise<void> {
  const left = [...workers];
  confirmWith(new Confirmers(() => left.shift() as unknown as Worker, cores).confirm);
  await Promise.resolve();
}

/** Signatures of one key over messages of their own, of which the last is another's; and what verifying each says. */
async function said(count: number): Promise<string[]> {
  const key = await keyOf(new Uint8Array(32).fill(7));
  const messages = Array.from({ length: count }, (_, at) => Uint8Array.of(at, at >> 8));
  const signatures = await Promise.all(messages.map((message) => key.sign(message)));
  signatures[count - 1] = await key.sign(Uint8Array.of(count, count >> 8));
  return Promise.all(messages.map((message, at) => codeOf(() => key.public.verify(key.public.alg, signatures[at]!, message))));
}

const RIGHT = (count: number): string[] => [...new Array<string>(count - 1).fill("nothing was refused"), "bad_signature"];

afterEach(() => confirmWith(null));

describe("workers that check signatures", () => {
  it("confirm what is right, and what is wrong is found here", async () => {
    const workers = [new Fake(honest), new Fake(honest)];
    await started(workers);
    expect(await said(100)).toEqual(RIGHT(100));
    expect(workers.every((one) => one.seen > 0)).toBe(true);
  });

  it.each<[string, Answer]>([
    ["confirms nothing", verdicts(0)],
    ["answers too little", (worker, [number]) => worker.say([number, new Uint8Array()])],
    ["fails", (worker) => worker.onerror?.()],
    ["sends what cannot be read", (worker) => worker.onmessageerror?.()],
  ])("a worker that %s changes no verdict", async (_, answer) => {
    await started([new Fake(answer)]);
    expect(await said(80)).toEqual(RIGHT(80));
  });

  it("one that failed is ended and not asked again", async () => {
    const worker = new Fake((one) => one.onerror?.());
    await started([worker]);
    await said(40);
    const seen = worker.seen;
    expect(await said(40)).toEqual(RIGHT(40));
    expect([worker.ended, worker.seen]).toEqual([true, seen]);
  });

  it("one that is not ready is not asked", async () => {
    const worker = new Fake(verdicts(1), false);
    await started([worker]);
    expect(await said(40)).toEqual(RIGHT(40));
    expect(worker.seen).toBe(0);
  });

  it("a lone signature is checked here", async () => {
    const worker = new Fake(verdicts(1));
    await started([worker]);
    expect(await said(1)).toEqual(RIGHT(1));
    expect(worker.seen).toBe(0);
  });

  it("where the browser lets the page have none, or there is one core, all is checked here", async () => {
    confirmWith(new Confirmers(() => { throw new Error("no workers"); }, 4).confirm);
    expect(await said(40)).toEqual(RIGHT(40));
    await started([], 1);
    expect(await said(40)).toEqual(RIGHT(40));
  });

  it("are not given more than they can do soon: the rest is checked here meanwhile", async () => {
    const waiting: (() => void)[] = [];
    const worker = new Fake((one, asked) => void waiting.push(() => void honest(one, asked)));
    await started([worker]);
    const found = said(1000);
    while (!waiting.length) await new Promise((resolve) => setTimeout(resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(worker.seen).toBeLessThan(1000);
    for (const go of waiting) go();
    expect(await found).toEqual(RIGHT(1000));
  });
});
