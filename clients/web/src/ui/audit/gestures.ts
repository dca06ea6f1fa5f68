/** Fingers and mouse on a chart: a drag goes along, two fingers or the wheel go nearer, a pointer points. */

import { useRef } from "preact/hooks";
import type { Scale } from "./chart";

const WHEEL = 1.0015; // nearer by this for each pixel that the wheel turns

interface Acts {
  frame: { current: HTMLElement | null };
  x: Scale;
  zoom: (factor: number, at: number) => void;
  pan: (ms: number) => void;
  point: (ms: number | null) => void;
}

export function useGestures({ frame, x, zoom, pan, point }: Acts) {
  const down = useRef(new Map<number, number>()); // pointers that touch, and where: pixels from the left
  const left = () => frame.current?.querySelector("svg")?.getBoundingClientRect().left ?? 0;
  const perPixel = (x.to - x.from) / Math.max(1, x.at(x.to) - x.at(x.from));
  const momentAt = (clientX: number) => x.from + (clientX - left() - x.at(x.from)) * perPixel;
  const seen = (clientX: number) => {
    const ms = momentAt(clientX);
    point(ms >= x.from && ms <= x.to ? ms : null);
  };
  return {
    onPointerDown(event: PointerEvent) {
      down.current.set(event.pointerId, event.clientX);
      seen(event.clientX);
    },
    onPointerMove(event: PointerEvent) {
      const before = down.current.get(event.pointerId);
      const other = [...down.current].find(([id]) => id !== event.pointerId)?.[1];
      if (before === undefined) return seen(event.clientX);
      down.current.set(event.pointerId, event.clientX);
      if (other === undefined) return pan((before - event.clientX) * perPixel);
      const [apart, was] = [Math.abs(event.clientX - other), Math.abs(before - other)];
      if (apart && was) zoom(apart / was, momentAt((event.clientX + other) / 2));
    },
    onPointerUp: (event: PointerEvent) => void down.current.delete(event.pointerId),
    onPointerCancel: (event: PointerEvent) => void down.current.delete(event.pointerId),
    onPointerLeave(event: PointerEvent) {
      down.current.delete(event.pointerId);
      if (event.pointerType === "mouse") point(null);
    },
    /** With Ctrl (as a touchpad's pinch has it), or where the chart is in focus: else the page scrolls. */
    onWheel(event: WheelEvent) {
      if (!event.ctrlKey && event.currentTarget !== document.activeElement) return;
      event.preventDefault();
      zoom(WHEEL ** -event.deltaY, momentAt(event.clientX));
    },
  };
}
