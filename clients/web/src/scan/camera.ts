// The camera: frames to the reader's worker, one in flight, and the reason when nothing is read.
// Imports nothing of the reader: worker and WebAssembly are fetched when a camera starts.

import { middle, type Area } from "./frame";
import type { Answer, Question, Seen } from "./protocol";
import { whyNoCamera, whyNothing, type Look, type Why } from "./why";

/** `aimed`: its centre lies within the frame that the screen shows. */
export interface Aimed extends Seen {
  readonly aimed: boolean;
}

export interface Telling {
  /** Symbols of one frame, all of them or none; `millis` since the camera's first frame. */
  seen(symbols: readonly Aimed[], millis: number): void;
  /** Why nothing is read; null: something was, or it is too early to say. */
  why(why: Why | null): void;
  /** The picture is there. `torch`: can it be lit? */
  started(torch: boolean): void;
}

const WIDEST = 1280; // of a whole frame; the middle is looked at in full size
const PATIENCE = 3000; // milliseconds without a result before a reason is told
const SILENCE = 4000; // and without a frame
const WANTED: MediaTrackConstraints = {
  facingMode: { ideal: "environment" },
  width: { ideal: 1920 },
  height: { ideal: 1080 },
};

// What the DOM's types don't know of a track: Image Capture (W3C) adds it where the hardware can.
interface Light extends MediaTrackCapabilities {
  readonly torch?: boolean;
  readonly focusMode?: readonly string[];
}
interface Lit extends MediaTrackConstraintSet {
  torch?: boolean;
  focusMode?: string;
}

export class Camera {
  private stream: MediaStream | null = null;
  private worker: Worker | null = null;
  private starting = 0; // the number of the latest start: an older one that comes late is dropped
  private frame = 0;
  private first = 0;
  private lastResult = 0;
  private timer = 0;
  private looks: Look[] = [];
  private hidden = false; // stopped because the page went out of sight
  private readonly canvas = document.createElement("canvas");
  private readonly video: HTMLVideoElement;
  private readonly telling: Telling;

  constructor(video: HTMLVideoElement, telling: Telling) {
    this.video = video;
    this.telling = telling;
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  /** Never rejects: what fails is told as a reason. */
  async start(): Promise<void> {
    const mine = ++this.starting;
    if (!navigator.mediaDevices) return this.telling.why("insecure");
    this.worker ??= this.engine(); // it loads while the person is asked for the camera
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false });
      if (mine !== this.starting) return stop(stream);
      await this.show(stream);
    } catch (error) {
      if (mine === this.starting) this.telling.why(whyNoCamera(error));
      return;
    }
    if (mine === this.starting) this.begin();
  }

  /** Lets go of the camera and of its light; the reader stays loaded for the next start. */
  stop(): void {
    this.starting++;
    clearTimeout(this.timer);
    if (this.stream) stop(this.stream);
    this.stream = null;
    this.video.srcObject = null;
  }

  close(): void {
    this.stop();
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.worker?.terminate();
    this.worker = null;
  }

  async torch(on: boolean): Promise<boolean> {
    const lit: Lit = { torch: on };
    await this.track()?.applyConstraints({ advanced: [lit] });
    return on;
  }

  /** Nobody aims a camera that is out of sight: it is let go, its light with it. */
  private readonly onVisibility = (): void => {
    if (document.hidden && this.stream) {
      this.stop();
      this.hidden = true;
    } else if (!document.hidden && this.hidden) {
      this.hidden = false;
      void this.start();
    }
  };

  private track(): MediaStreamTrack | undefined {
    return this.stream?.getVideoTracks()[0];
  }

  private async show(stream: MediaStream): Promise<void> {
    this.stream = stream;
    this.video.srcObject = stream;
    this.video.muted = true;
    this.video.playsInline = true;
    await this.video.play();
    const track = this.track();
    track?.addEventListener("ended", () => this.lost());
    const able: Light = track?.getCapabilities?.() ?? {};
    const focus: Lit = { focusMode: "continuous" };
    if (able.focusMode?.includes("continuous")) await track?.applyConstraints({ advanced: [focus] }).catch(() => {});
    this.telling.started(able.torch === true);
  }

  private lost(): void {
    this.stop();
    this.telling.why("lost");
  }

  private engine(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => this.answered(data));
    worker.addEventListener("error", () => this.broke());
    return worker;
  }

  /** The reader could not be loaded, or broke: the next start gets a new one. */
  private broke(): void {
    this.worker?.terminate();
    this.worker = null;
    this.stop();
    this.telling.why("engine");
  }

  private begin(): void {
    this.first = this.lastResult = 0;
    this.looks = [];
    this.next();
  }

  /** Ask for the next frame when the camera has one; if it never has, say so. */
  private next(): void {
    const mine = this.starting;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.telling.why("silent"), SILENCE);
    const take = () => {
      if (mine === this.starting && this.stream) this.ask();
    };
    if ("requestVideoFrameCallback" in this.video) this.video.requestVideoFrameCallback(take);
    else window.setTimeout(take, 50);
  }

  /** Of four frames: the middle, the whole, the middle, and one (middle and whole in turn) thoroughly. */
  private ask(): void {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (width === 0) return this.next();
    this.first ||= performance.now();
    this.lastResult ||= this.first;
    const turn = this.frame++ % 8;
    const whole = turn % 4 === 1 || turn === 7;
    const area = whole ? { x: 0, y: 0, width, height } : middle(width, height);
    const question = this.picture(area, turn % 4 === 3);
    clearTimeout(this.timer);
    this.worker?.postMessage(question, [question.pixels]);
  }

  private picture(area: Area, thorough: boolean): Question {
    const scale = Math.min(1, WIDEST / Math.max(area.width, area.height));
    const [width, height] = [Math.round(area.width * scale), Math.round(area.height * scale)];
    Object.assign(this.canvas, { width, height });
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    context?.drawImage(this.video, area.x, area.y, area.width, area.height, 0, 0, width, height);
    const pixels = context?.getImageData(0, 0, width, height).data.buffer ?? new ArrayBuffer(0);
    return { id: this.frame, pixels, width, height, area, scale, thorough };
  }

  private answered(answer: Answer): void {
    if ("failed" in answer) return this.broke();
    if ("ready" in answer || !this.stream) return;
    const now = performance.now();
    if (answer.symbols.length > 0) {
      this.lastResult = now;
      this.telling.why(null);
    }
    this.telling.seen(answer.symbols.map((one) => ({ ...one, aimed: this.isAimed(one) })), now - this.first);
    if (answer.view) this.consider({ view: answer.view, unreadable: answer.unreadable }, now);
    this.next();
  }

  private isAimed({ corners }: Seen): boolean {
    const { x, y, width, height } = middle(this.video.videoWidth, this.video.videoHeight);
    const [centreX, centreY] = [sum(corners.map((one) => one.x)) / 4, sum(corners.map((one) => one.y)) / 4];
    return centreX >= x && centreX <= x + width && centreY >= y && centreY <= y + height;
  }

  private consider(look: Look, now: number): void {
    this.looks = [...this.looks.slice(-7), look];
    if (now - this.lastResult > PATIENCE) this.telling.why(whyNothing(this.looks));
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
