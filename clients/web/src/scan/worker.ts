// The reader of symbols, off the main thread: zxing-cpp as WebAssembly, from this server.

import { prepareZXingModule, readBarcodes, type ReaderOptions, type ReadResult } from "zxing-wasm/reader";
import wasm from "zxing-wasm/reader/zxing_reader.wasm?url";
import { look } from "./frame";
import type { Answer, Question, Seen } from "./protocol";

/** Of a worker's global scope, what is used: the page's own types know `self` as a window. */
interface Scope {
  postMessage(answer: Answer): void;
  onmessage: ((event: MessageEvent<Question>) => void) | null;
}
const worker = self as unknown as Scope;

// The library's default address is a CDN's; ours is what the build put beside this worker.
const ready = prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
ready.then(
  () => worker.postMessage({ ready: true }),
  (error: unknown) => worker.postMessage({ failed: String(error) }),
);

const COMMON: ReaderOptions = {
  formats: ["QRCodeModel2", "DataMatrix", "Code128"], // ISBT 128's and GS1's linear symbols are Code 128
  textMode: "Plain",
  maxNumberOfSymbols: 12,
};
const FAST: ReaderOptions = { ...COMMON, tryHarder: false, tryRotate: false, tryInvert: false };
const THOROUGH: ReaderOptions = { ...COMMON, tryDenoise: true, returnErrors: true };

worker.onmessage = ({ data }) => {
  read(data).then(
    (answer) => worker.postMessage(answer),
    (error: unknown) => worker.postMessage({ failed: String(error) }),
  );
};

async function read(question: Question): Promise<Answer> {
  const { id, area, scale, width, height, thorough } = question;
  const picture = new ImageData(new Uint8ClampedArray(question.pixels), width, height);
  const results = await readBarcodes(picture, thorough ? THOROUGH : FAST);
  const place = (x: number, y: number) => ({ x: area.x + x / scale, y: area.y + y / scale });
  const symbols = results.filter((one) => one.isValid).map((one) => seen(one, place));
  const unreadable = results.filter((one) => !one.isValid).map(side);
  return { id, symbols, unreadable, view: thorough ? look(picture) : null };
}

/** GS1's content is told by its AIM identifier: the text alone would pass for other things. */
function seen(one: ReadResult, place: (x: number, y: number) => { x: number; y: number }): Seen {
  const { topLeft, topRight, bottomRight, bottomLeft } = one.position;
  const text = one.contentType === "GS1" ? one.symbologyIdentifier + one.text : one.text;
  const corners = [topLeft, topRight, bottomRight, bottomLeft].map(({ x, y }) => place(x, y));
  return { text, linear: one.symbology === "Code128", corners };
}

function side({ position: { topLeft, bottomRight } }: ReadResult): number {
  return Math.hypot(topLeft.x - bottomRight.x, topLeft.y - bottomRight.y) / Math.SQRT2;
}
