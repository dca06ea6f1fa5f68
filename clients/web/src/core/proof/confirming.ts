/** The worker: questions in, a byte for each out. See `confirmers.ts`. */
import { toHex, type Bytes } from "../bytes";
import { READY, type Answered, type Asked, type Question } from "./confirmers";
import { PublicKey } from "./publickey";

const keys = new Map<string, Promise<PublicKey>>();

addEventListener("message", ({ data: [number, questions] }: MessageEvent<Asked>) => {
  void Promise.all(questions.map(verdict)).then((found) => postMessage([number, Uint8Array.from(found)] satisfies Answered));
});
postMessage(READY);

async function verdict([spki, signature, message]: Question): Promise<number> {
  try {
    return Number(await (await keyOf(spki)).holdsHere(signature, message));
  } catch {
    return 0; // whatever it was, the asker finds it again, and says it
  }
}

function keyOf(spki: Bytes): Promise<PublicKey> {
  const name = toHex(spki);
  const key = keys.get(name) ?? PublicKey.fromSpki(spki);
  keys.set(name, key);
  return key;
}
