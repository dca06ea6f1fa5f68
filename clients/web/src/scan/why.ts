// Why nothing was read after some seconds, judged from the last looks at the picture.

import type { View } from "./frame";

/** Names the message `scan.why.<code>`. The first eight are about the camera, the rest about the picture. */
export type Why =
  | "insecure" // the page was not loaded over HTTPS, so there is no camera
  | "denied"
  | "no_camera"
  | "in_use"
  | "lost" // it was pulled out, or taken by a call
  | "silent" // it is on, but gives no picture
  | "engine" // the reader itself could not be loaded
  | "camera_failed"
  | "dark"
  | "blurred"
  | "small"
  | "damaged"
  | "nothing";

/** What one frame gave: its view, and the sides in pixels of symbols that were found and could not be decoded. */
export interface Look {
  readonly view: View;
  readonly unreadable: readonly number[];
}

const KEPT = 8;
const DARK = 60;
const EMPTY = 0.012; // share of the picture with detail
const BLURRED = 0.35; // a sharp symbol has 1 and more; out of focus only the noise of the sensor is left
const SMALL_SHARE = 0.09;
const SMALL_SIDE = 70; // pixels; a label's QR has 33 modules and wants two pixels for each

/** The reason that most helps the person: what hides the others comes first. */
export function whyNothing(looks: readonly Look[]): Why {
  const last = looks.slice(-KEPT);
  const middle = (of: (view: View) => number) => median(last.map((look) => of(look.view)));
  if (middle((view) => view.light) < DARK) return "dark";
  const detail = middle((view) => view.detail);
  if (detail < EMPTY) return "nothing";
  if (middle((view) => view.sharpness) < BLURRED) return "blurred";
  const sides = last.flatMap((look) => look.unreadable);
  if (sides.length >= 2) return median(sides) < SMALL_SIDE ? "small" : "damaged";
  return detail < SMALL_SHARE ? "small" : "nothing";
}

/** What `getUserMedia` failed with. */
export function whyNoCamera(error: unknown): Why {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "no_camera";
  return name === "NotReadableError" || name === "AbortError" ? "in_use" : "camera_failed";
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
