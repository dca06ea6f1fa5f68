// What a picture is like, apart from what it says: how bright, how sharp, how much detail and how
// large. From it comes the reason that a person is told when nothing could be read.

export interface Picture {
  readonly data: Uint8ClampedArray; // RGBA
  readonly width: number;
  readonly height: number;
}

/** `light`: the brightest twentieth begins here, 0 to 255. `detail`: share of the picture with edges
 * or texture. `sharpness`: how steep these are; a step that spans several pixels is below 0.3. */
export interface View {
  readonly light: number;
  readonly detail: number;
  readonly sharpness: number;
}

const BLOCK = 16; // pixels of half size: some modules of a symbol that fills the frame
const TEXTURE = 14; // standard deviation of grey levels; a camera's noise is below it

/** The middle of the picture, a square of this share of its shorter side: the frame on the screen. */
export const SHARE = 0.7;

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function middle(width: number, height: number): Area {
  const side = Math.round(Math.min(width, height) * SHARE);
  return { x: (width - side) >> 1, y: (height - side) >> 1, width: side, height: side };
}

/** Look at a picture. About one operation a pixel: it is done on a quarter of them. */
export function look(picture: Picture): View {
  const { grey, width, height } = halved(picture);
  const blocks: { spread: number; bend: number }[] = [];
  for (let y = 0; y + BLOCK <= height; y += BLOCK) {
    for (let x = 0; x + BLOCK <= width; x += BLOCK) blocks.push(block(grey, width, height, x, y));
  }
  const textured = blocks.filter((one) => one.spread > TEXTURE ** 2);
  const total = (key: "spread" | "bend") => textured.reduce((sum, one) => sum + one[key], 0);
  return {
    light: brightest(grey),
    detail: textured.length / Math.max(1, blocks.length),
    sharpness: textured.length > 0 ? total("bend") / total("spread") : 0,
  };
}

interface Grey {
  readonly grey: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Four pixels become one: noise is halved, and edges that a reader needs stay. */
function halved({ data, width, height }: Picture): Grey {
  const [w, h] = [width >> 1, height >> 1];
  const grey = new Uint8Array(w * h);
  const level = (at: number) => (data[at]! * 77 + data[at + 1]! * 150 + data[at + 2]! * 29) >> 8;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const at = (y * 2 * width + x * 2) * 4;
      const below = at + width * 4;
      grey[y * w + x] = (level(at) + level(at + 4) + level(below) + level(below + 4)) >> 2;
    }
  }
  return { grey, width: w, height: h };
}

/** Variance of the grey levels of a block, and of their Laplacian. */
function block(grey: Uint8Array, width: number, height: number, x0: number, y0: number) {
  let [sum, squares, bends] = [0, 0, 0];
  for (let y = y0; y < y0 + BLOCK; y++) {
    for (let x = x0; x < x0 + BLOCK; x++) {
      const at = y * width + x;
      const value = grey[at]!;
      sum += value;
      squares += value * value;
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) continue;
      const bend = grey[at - 1]! + grey[at + 1]! + grey[at - width]! + grey[at + width]! - 4 * value;
      bends += bend * bend;
    }
  }
  const count = BLOCK * BLOCK;
  return { spread: squares / count - (sum / count) ** 2, bend: bends / count };
}

function brightest(grey: Uint8Array): number {
  const histogram = new Uint32Array(256);
  for (const value of grey) histogram[value]!++;
  let left = grey.length / 20;
  for (let value = 255; value > 0; value--) {
    left -= histogram[value]!;
    if (left <= 0) return value;
  }
  return 0;
}
