/// <reference lib="webworker" />
// The reader of symbols, off the main thread: zxing-cpp as WebAssembly, from this server.

import { prepareZXingModule, readBarcodes, type ReaderOptions, type ReadResult } from "zxing-wasm/reader";
import wasm from "zxing-wasm/reader/zxing_reader.wasm?url";
import { look } from "./frame";
import type { Answer, Question, Seen } from "./protocol";

declare const self: DedicatedWorkerGlobalScope;

// The library's default address is a CDN's; ours is what the build put beside this worker.
const ready = prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
ready.then(
  () => self.postMessage({ ready: true } satisfies Answer),
  (error: unknown) => self.postMessage({ failed: String(error) } satisfies Answer),
);

const COMMON: ReaderOptions = {
  formats: ["QRCodeModel2", "DataMatrix", "Code128"], // ISBT 128's and GS1's linear symbols are Code 128
  textMode: "Plain",
  maxNumberOfSymbols: 12,
};
const FAST: ReaderOptions = { ...COMMON, tryHarder: false, tryRotate: false, tryInvert: false, tryDownscale: false };
const THOROUGH: ReaderOptions = { ...COMMON, tryDenoise: true, returnErrors: true };

self.onmessage = async ({ data: question }: MessageEvent<Question>) => {
  const { id, area, scale, width, height, thorough } = question;
  const picture = new ImageData(new Uint8ClampedArray(question.pixels), width, height);
  try {
    const results = await readBarcodes(picture, thorough ? THOROUGH : FAST);
    const place = (x: number, y: number) => ({ x: area.x + x / scale, y: area.y + y / scale });
    const symbols = results.filter((one) => one.isValid).map((one) => seen(one, place));
    const unreadable = results.filter((one) => !one.isValid).map(side);
    self.postMessage({ id, symbols, unreadable, view: thorough ? look(picture) : null } satisfies Answer);
  } catch (error) {
    self.postMessage({ failed: String(error) } satisfies Answer);
  }
};

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
