import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Feedback } from "../../src/scan/feedback";

const played: string[] = [];

class Context {
  state = "suspended";
  currentTime = 0;
  destination = {};
  closed = false;
  resume = async () => void (this.state = "running");
  close = async () => void (this.state = "closed");
}
class Node {
  gain = { linearRampToValueAtTime() {}, setValueAtTime() {} };
  connect = (to: unknown) => to;
  start = () => void played.push("note");
  stop = () => {};
}

beforeEach(() => {
  vi.useFakeTimers();
  played.length = 0;
  vi.stubGlobal("AudioContext", Context);
  vi.stubGlobal("OscillatorNode", Node);
  vi.stubGlobal("GainNode", Node);
  vi.stubGlobal("navigator", {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a mismatch is heard although the stop has taken the scanner off the screen", async () => {
  const feedback = new Feedback(() => false);
  feedback.prime();
  await Promise.resolve();
  feedback.close();
  feedback.tell("mismatch");
  expect(played).toHaveLength(3);
  const { context } = feedback as unknown as { context: Context };
  vi.advanceTimersByTime(1000); // the last note ends after 0.9 seconds
  expect(context.state).toBe("running");
  vi.advanceTimersByTime(2000);
  expect(context.state).toBe("closed");
});
