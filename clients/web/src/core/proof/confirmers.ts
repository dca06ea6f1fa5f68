/**
 * Workers that check signatures beside the page's own thread, where WebCrypto of some browsers would do it.
 *
 * A worker can only confirm. What it does not confirm, because it is wrong, or because there is no worker,
 * or it failed, is checked by whoever asked: so no verdict ever depends on a worker, only how soon it comes.
 */
import type { Bytes } from "../bytes";
import type { Confirm } from "./publickey";

export type Question = [spki: Bytes, signature: Bytes, message: Bytes];
/** To a worker: a number and questions. From it: `READY` once, then each number with a byte for each question. */
export type Asked = [number: number, questions: Question[]];
export type Answered = [number: number, verdicts: Uint8Array];
export const READY = "ready";

const TOGETHER = 32; // signatures: some milliseconds of work
const ENOUGH = 768; // signatures that wait for a worker: of the thousand that are read together, what the page would wait for is checked in it
const MOST = 4;

const NONE = new Uint8Array();

interface Waiting {
  question: Question;
  tell: (holds: boolean) => void;
}

interface Helper {
  worker: Worker;
  asked: Map<number, Waiting[]>;
}

export class Confirmers {
  private ready: Helper[] = [];
  private waiting: Waiting[] = [];
  private asked = 0;
  private open = 0; // questions without an answer

  /** Starts workers for all but one of the cores. None is waited for. */
  constructor(make: () => Worker, cores = navigator.hardwareConcurrency) {
    for (let count = Math.min(cores - 1, MOST); count > 0; count--) this.start(make);
  }

  readonly confirm: Confirm = (key, signature, message) => {
    if (this.open >= ENOUGH * this.ready.length) return Promise.resolve(false);
    this.open += 1;
    return new Promise((tell) => {
      this.waiting.push({ question: [key.spki, signature.slice(), message.slice()], tell }); // alone: all that a view stands in would go along
      if (this.waiting.length === TOGETHER) this.send();
      else if (this.waiting.length === 1) setTimeout(() => this.send());
    });
  };

  private start(make: () => Worker): void {
    try {
      const helper: Helper = { worker: make(), asked: new Map() };
      helper.worker.onmessage = ({ data }: MessageEvent<typeof READY | Answered>) => {
        if (data === READY) this.ready.push(helper);
        else this.answer(helper, ...data);
      };
      helper.worker.onerror = helper.worker.onmessageerror = () => this.lose(helper);
    } catch {
      // a browser that lets this page have no worker
    }
  }

  private send(): void {
    const together = this.waiting.splice(0);
    const helper = together.length > 1 ? this.ready.shift() : undefined; // a lone one is checked sooner here
    if (!helper) return this.tell(together, NONE);
    this.ready.push(helper); // they take turns
    helper.asked.set((this.asked += 1), together);
    helper.worker.postMessage([this.asked, together.map((one) => one.question)] satisfies Asked);
  }

  private lose(helper: Helper): void {
    helper.worker.terminate();
    this.ready = this.ready.filter((one) => one !== helper);
    for (const number of [...helper.asked.keys()]) this.answer(helper, number, NONE);
  }

  private answer({ asked }: Helper, number: number, verdicts: Uint8Array): void {
    this.tell(asked.get(number) ?? [], verdicts);
    asked.delete(number);
  }

  private tell(told: readonly Waiting[], verdicts: Uint8Array): void {
    this.open -= told.length;
    for (const [at, { tell }] of told.entries()) tell(verdicts[at] === 1);
  }
}
