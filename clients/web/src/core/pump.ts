/** Sends again and again until nothing waits: at once when the network is back, else with back-off. */
import { Problem } from "./problem";

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
const PATIENCE_MS = 5_000; // who scans fifty bags in a basement asks the network twelve times a minute

export class Pump {
  private readonly work: () => Promise<void>;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private delay = FIRST_MS;
  private running: Promise<void> | null = null;
  private again = false;
  private failedAt = -Infinity;
  private stopped = false;

  constructor(work: () => Promise<void>) {
    this.work = work;
  }

  /** Resolves when an attempt that began after this call has ended, well or not. */
  run(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.attempts().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /** Something new waits: as `run`, but soon after a failure the next attempt is soon enough. */
  nudge(): Promise<void> {
    return performance.now() - this.failedAt < PATIENCE_MS ? Promise.resolve() : this.run();
  }

  stop(): void {
    this.stopped = true;
    this.rest();
  }

  private async attempts(): Promise<void> {
    do {
      this.again = false;
      this.rest();
      try {
        await this.work();
        this.delay = FIRST_MS;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        this.failedAt = performance.now();
        this.later();
      }
    } while (this.again && !this.stopped);
  }

  /** Between half and all of the delay, so that a ward's phones don't come back all at once. */
  private later(): void {
    if (this.stopped) return;
    this.rest();
    this.timer = setTimeout(() => void this.run(), this.delay * (0.5 + Math.random() / 2));
    this.delay = Math.min(this.delay * 2, LONGEST_MS);
  }

  private rest(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
