/** Camera, wedge, sound and the rules of scanning, held together for as long as a screen shows them. */

import { useEffect, useRef, useState } from "preact/hooks";
import { remember, remembered } from "../../core/memory";
import { Camera } from "../../scan/camera";
import { Feedback, type Verdict } from "../../scan/feedback";
import type { Layout } from "../../scan/keys";
import type { Kind, Setting } from "../../scan/parse";
import { Scanning, type Reading, type Told, type Wish } from "../../scan/scanning";
import { Wedge } from "../../scan/wedge";
import type { Why } from "../../scan/why";
import { session } from "../session";

export type Options = {
  wanted?: readonly Kind[] | undefined; // absent: anything that is known
  continuous?: boolean | undefined;
  setting?: Partial<Setting> | undefined;
  /** `forget`: let the same thing be read again. */
  onRead: (reading: Reading, forget: () => void) => Verdict | void | Promise<Verdict | void>;
};

export type State = {
  camera: "starting" | "on" | "off";
  why: Why | null;
  told: Told | null;
  torch: "none" | "off" | "on";
  last: { verdict: Verdict | "read" | "judging" | "failed"; reading: Reading | null } | null;
};

const MUTED = "unbroken.muted";
const LAYOUT = "unbroken.wedge_layout";
const OFF: readonly Why[] = ["insecure", "denied", "no_camera", "in_use", "lost", "engine", "camera_failed"];
const START: State = { camera: "starting", why: null, told: null, torch: "none", last: null };

export const isMuted = (): boolean => remembered(MUTED) === "yes";
export const mute = (muted: boolean): void => remember(MUTED, muted ? "yes" : "no");

export function useScanning(options: Options) {
  const video = useRef<HTMLVideoElement>(null);
  const parts = useRef<ReturnType<typeof open> | null>(null);
  const latest = useRef(options); // the parts outlive a drawing; what they call is the newest
  latest.current = options;
  const [state, setState] = useState<State>(START);
  const change = (some: Partial<State>) => setState((before) => ({ ...before, ...some }));
  useEffect(() => {
    if (!video.current) return;
    parts.current = open(video.current, () => latest.current, change);
    return () => parts.current?.close();
  }, []);
  return { video, state, scanning: () => parts.current?.scanning, ...acts(() => parts.current, state, change) };
}

/** What the screen's buttons do. */
function acts(parts: () => ReturnType<typeof open> | null, state: State, change: (some: Partial<State>) => void) {
  return {
    prime: () => parts()?.feedback.prime(),
    choose: (reading: Reading) => parts()?.scanning.choose(reading, performance.now()),
    again: () => {
      parts()?.scanning.again();
      change({ last: null, told: null });
    },
    retry: () => {
      change({ camera: "starting", why: null });
      void parts()?.camera.start();
    },
    light: () => {
      const on = state.torch !== "on";
      void parts()?.camera.torch(on).then(() => change({ torch: on ? "on" : "off" }), () => change({ torch: "none" }));
    },
  };
}

/** Labels of this ledger name the page's host, or the one that the ledger's links are printed for. */
function labelHosts(): string[] {
  const printed = session.get()?.label_host;
  return printed ? [location.host, printed] : [location.host];
}

/** What the screen wishes now: from badge to wristband to bag, the camera stays on. */
function wishOf(options: () => Options): Wish {
  return {
    get wanted() {
      return options().wanted ?? null;
    },
    get continuous() {
      return options().continuous === true;
    },
    get setting() {
      return { hosts: labelHosts(), ...options().setting };
    },
  };
}

function open(video: HTMLVideoElement, options: () => Options, change: (some: Partial<State>) => void) {
  const feedback = new Feedback(isMuted);
  const scanning = new Scanning(wishOf(options), {
    read: (reading) => {
      change({ last: { verdict: "judging", reading }, why: null });
      return options().onRead(reading, () => scanning.forget(reading));
    },
    told: (told) => change({ told }),
    verdict: (verdict, reading) => {
      feedback.tell(verdict);
      change({ last: { verdict, reading } });
    },
    failed: () => change({ last: { verdict: "failed", reading: null } }),
  }, remembered(LAYOUT) as Layout | null);
  const wedge = new Wedge((ways, whole) => {
    scanning.wedge(ways, whole, performance.now());
    if (scanning.layout) remember(LAYOUT, scanning.layout);
  });
  const camera = new Camera(video, {
    seen: (symbols, millis) => scanning.frame(symbols, millis, performance.now()),
    why: (why) => change(why && OFF.includes(why) ? { why, camera: "off" } : { why }),
    started: (torch) => change({ camera: "on", why: null, torch: torch ? "off" : "none" }),
  });
  void camera.start();
  const close = () => [camera, wedge, feedback].forEach((one) => one.close());
  return { camera, scanning, feedback, close };
}
