// Match, mismatch and "already read" told to ear and hand, each unlike the others: two rising notes;
// three low, rough ones and a long shake; a short double tick. What was only read gives one tick.

export type Verdict = "match" | "mismatch" | "duplicate";

interface Note {
  readonly pitch: number; // hertz
  readonly at: number; // seconds
  readonly long: number; // seconds
  readonly wave: OscillatorType;
}

type Cue = Verdict | "read" | "alarm";

const SOUNDS: Readonly<Record<Cue, readonly Note[]>> = {
  read: [{ pitch: 1047, at: 0, long: 0.05, wave: "triangle" }],
  match: [
    { pitch: 880, at: 0, long: 0.09, wave: "sine" },
    { pitch: 1319, at: 0.1, long: 0.14, wave: "sine" },
  ],
  mismatch: [0, 0.32, 0.64].map((at) => ({ pitch: 165, at, long: 0.26, wave: "sawtooth" as const })),
  alarm: [0, 0.4, 0.8].flatMap((at) => [
    { pitch: 988, at, long: 0.18, wave: "square" as const },
    { pitch: 740, at: at + 0.2, long: 0.18, wave: "square" as const },
  ]),
  duplicate: [0, 0.09].map((at) => ({ pitch: 523, at, long: 0.05, wave: "triangle" as const })),
};

const LONGEST_MS = 2000; // no cue is longer, nor comes so long after its scanner is gone

/** Milliseconds on and off, for `navigator.vibrate`. */
export const SHAKES: Readonly<Record<Cue, readonly number[]>> = {
  read: [30],
  match: [60],
  mismatch: [400, 120, 400, 120, 400],
  alarm: [200, 100, 200, 100, 200, 100, 200],
  duplicate: [40, 60, 40],
};

export class Feedback {
  private context: AudioContext | null = null;
  private readonly muted: () => boolean;

  /** `muted` is asked each time: it silences the sound; the phone still shakes. */
  constructor(muted: () => boolean) {
    this.muted = muted;
  }

  /** To be called from a press: before one, browsers let no page make a sound. */
  prime(): void {
    if (typeof AudioContext === "undefined") return;
    this.context ??= new AudioContext();
    void this.context.resume().catch(() => {});
  }

  tell(cue: Cue): void {
    // Before the first touch browsers refuse it, and say so in the console.
    if (navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.([...SHAKES[cue]]);
    if (this.muted()) return;
    this.prime();
    if (this.context?.state === "running") for (const note of SOUNDS[cue]) play(this.context, note);
  }

  /** A stop takes the scanner off the screen as it sounds: what sounds then is heard to its end. */
  close(): void {
    const { context } = this;
    if (context) setTimeout(() => void context.close(), LONGEST_MS);
  }
}

function play(context: AudioContext, { pitch, at, long, wave }: Note): void {
  const [from, to] = [context.currentTime + at, context.currentTime + at + long];
  const sound = new OscillatorNode(context, { type: wave, frequency: pitch });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.linearRampToValueAtTime(0.35, from + 0.01);
  volume.gain.setValueAtTime(0.35, to - 0.02);
  volume.gain.linearRampToValueAtTime(0, to); // a note that is cut off clicks
  sound.connect(volume).connect(context.destination);
  sound.start(from);
  sound.stop(to);
}
