// What the camera asks the reader's worker, one frame at a time, and what that answers.

import type { Area, View } from "./frame";

/** `pixels` are RGBA of `area` of the camera's picture, scaled by `scale`; they are handed over, not copied. */
export interface Question {
  readonly id: number;
  readonly pixels: ArrayBuffer;
  readonly width: number;
  readonly height: number;
  readonly area: Area;
  readonly scale: number;
  readonly thorough: boolean;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A symbol that was read. `corners`: of the camera's picture, in its pixels, from the symbol's top left clockwise. */
export interface Seen {
  readonly text: string;
  readonly linear: boolean;
  readonly corners: readonly Point[];
}

export type Answer =
  | { readonly ready: true }
  | { readonly failed: string }
  | {
      readonly id: number;
      readonly symbols: readonly Seen[];
      readonly unreadable: readonly number[]; // sides in pixels of symbols that were found, not decoded
      readonly view: View | null; // after a thorough look
    };
