/** Icons are shapes first: octagon stops, triangle warns, a ticked circle is well. Drawn on 24 × 24. */

const SHAPES = {
  ok: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-1.6 14.6-4.2-4.2 1.5-1.5 2.7 2.7 5.9-5.9 1.5 1.5-7.4 7.4Z",
  warn: "M12 2 1 21h22L12 2Zm1.1 16h-2.2v-2.2h2.2V18Zm0-3.9h-2.2V8.7h2.2v5.4Z",
  stop: "M8 2h8l6 6v8l-6 6H8l-6-6V8l6-6Zm.7 5.2L7.2 8.7l3.3 3.3-3.3 3.3 1.5 1.5 3.3-3.3 3.3 3.3 1.5-1.5-3.3-3.3 3.3-3.3-1.5-1.5-3.3 3.3-3.3-3.3Z",
  info: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm1.1 15h-2.2v-6.5h2.2V17Zm0-8.4h-2.2V6.4h2.2v2.2Z",
  wait: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm4.2 13.6-5.2-3.1V6.5h2v4.9l4.2 2.5-1 1.7Z",
  back: "M20 11H7.8l5.6-5.6L12 4l-8 8 8 8 1.4-1.4L7.8 13H20v-2Z",
  bell: "M12 2a2 2 0 0 1 2 2v.6A6 6 0 0 1 18 10v5l2 2v1H4v-1l2-2v-5a6 6 0 0 1 4-5.400V4a2 2 0 0 1 2-2Zm-2.500 17h5a2.500 2.500 0 0 1-5 0Z",
  next: "m9 6 6 6-6 6-1.4-1.4 4.6-4.6-4.6-4.6L9 6Z",
  scan: "M3 3h6v2H5v4H3V3Zm12 0h6v6h-2V5h-4V3ZM3 15h2v4h4v2H3v-6Zm16 0h2v6h-6v-2h4v-4ZM7 7h4v4H7V7Zm6 0h4v4h-4V7Zm-6 6h4v4H7v-4Zm6 0h2v2h-2v-2Zm2 2h2v2h-2v-2Z",
  bag: "M9 2h6v3h2a2 2 0 0 1 2 2v13a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2h2V2Zm-2 8v10h10V10H7Zm2 2h6v2H9v-2Z",
  road: "M3 5h12v4h3.5L22 13v5h-2.1a3 3 0 0 1-5.8 0H9.9a3 3 0 0 1-5.8 0H3V5Zm12 6v3h4.6l-2-3H15ZM7 16a1.3 1.3 0 1 0 0 2.600 1.300 1.300 0 0 0 0-2.600Zm10 0a1.300 1.300 0 1 0 0 2.600 1.300 1.300 0 0 0 0-2.600Z",
  bed: "M3 5h2v8h6V8h7a3 3 0 0 1 3 3v8h-2v-3H5v3H3V5Zm5 2.500a2.200 2.200 0 1 1 0 4.400 2.200 2.200 0 0 1 0-4.400Z",
  search: "M10 3a7 7 0 0 1 5.600 11.200l5.100 5.100-1.400 1.400-5.100-5.100A7 7 0 1 1 10 3Zm0 2a5 5 0 1 0 0 10 5 5 0 0 0 0-10Z",
  person: "M12 3a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9ZM3 21c0-4.400 4-7 9-7s9 2.600 9 7H3Z",
  outbox: "M12 2 7 7l1.400 1.400L11 5.800V15h2V5.800l2.600 2.600L17 7l-5-5ZM3 14h2v5h14v-5h2v7H3v-7Z",
  device: "M7 2h10a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2Zm0 3v13h10V5H7Zm4 14.500v1h2v-1h-2Z",
  lock: "M12 2a5 5 0 0 1 5 5v3h1a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2h1V7a5 5 0 0 1 5-5Zm0 2a3 3 0 0 0-3 3v3h6V7a3 3 0 0 0-3-3Z",
  print: "M7 3h10v4H7V3ZM4 8h16a2 2 0 0 1 2 2v6h-4v5H6v-5H2v-6a2 2 0 0 1 2-2Zm4 7v4h8v-4H8Z",
  proof: "M12 2 4 5v6c0 5 3.400 9.300 8 11 4.600-1.700 8-6 8-11V5l-8-3Zm-1.400 14-3.800-3.800 1.500-1.500 2.300 2.300 5-5 1.500 1.500-6.500 6.500Z",
  phone: "M6.600 3 10 6.500 8.200 9.300a13 13 0 0 0 6.500 6.500l2.800-1.800 3.500 3.400-2.300 3.600C10.600 21.500 2.500 13.400 3 5.300L6.600 3Z",
} as const;

export type IconName = keyof typeof SHAPES;

/** A picture beside a word; it says nothing to a screen reader, the word does. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} fill="currentColor" fill-rule="evenodd" />
    </svg>
  );
}
