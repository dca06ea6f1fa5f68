import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { look, middle, type Picture } from "../../src/scan/frame";
import { whyNoCamera, whyNothing, type Look } from "../../src/scan/why";

const SIDE = 256;

function picture(grey: (x: number, y: number) => number): Picture {
  const data = new Uint8ClampedArray(SIDE * SIDE * 4);
  for (let at = 0; at < data.length; at++) data[at] = grey((at >> 2) % SIDE, Math.floor((at >> 2) / SIDE));
  return { data, width: SIDE, height: SIDE };
}

/** Squares of `module` pixels, their edges `soft` pixels wide, in the middle `share` of the picture. */
function symbol(module: number, soft = 0, share = 1, light = 1): Picture {
  const from = (SIDE * (1 - share)) / 2;
  const wave = (at: number) => {
    const turn = Math.sin((at * Math.PI) / module);
    return soft === 0 ? Math.sign(turn) : Math.max(-1, Math.min(1, (turn * module) / soft));
  };
  return picture((x, y) => {
    const inside = Math.min(x, y) >= from && Math.max(x, y) < SIDE - from;
    return (inside ? 130 + 100 * wave(x + 0.5) * wave(y + 0.5) : 230) * light;
  });
}

const why = (one: Picture, unreadable: number[] = []) => {
  const view = look(one);
  return whyNothing(Array.from({ length: 4 }, (): Look => ({ view, unreadable })));
};

describe("nothing is read because", () => {
  test("it is dark, whatever is there", () => {
    for (const module of [4, 7, 12]) expect(why(symbol(module, 0, 1, 0.15))).toBe("dark");
    expect(why(picture(() => 20))).toBe("dark");
  });

  test("there is nothing: a blank wall, a shadow across it", () => {
    expect(why(picture(() => 180))).toBe("nothing");
    expect(why(picture((x) => 90 + x / 2))).toBe("nothing");
  });

  test("it is blurred, where edges are many pixels wide", () => {
    expect(why(symbol(32, 32))).toBe("blurred");
    expect(why(symbol(8))).not.toBe("blurred");
  });

  test("it is small, where only a small part has detail", () => {
    expect(why(symbol(4, 0, 0.2))).toBe("small");
  });

  test("it is damaged, where a symbol is found again and again and never decoded", () => {
    expect(why(symbol(8), [180])).toBe("damaged");
    expect(why(symbol(8), [40])).toBe("small");
    expect(why(symbol(8))).toBe("nothing");
  });
});

test("the frame is the middle square of the picture", () => {
  const sizes = fc.integer({ min: 16, max: 4000 });
  fc.assert(fc.property(sizes, sizes, (width, height) => {
    const area = middle(width, height);
    expect(area.width).toBe(area.height);
    expect(area.x).toBeGreaterThanOrEqual(0);
    expect(area.x + area.width).toBeLessThanOrEqual(width);
    expect(area.y + area.height).toBeLessThanOrEqual(height);
  }));
});

test.each([
  ["NotAllowedError", "denied"],
  ["NotFoundError", "no_camera"],
  ["NotReadableError", "in_use"],
  ["AbortError", "in_use"],
  ["TypeError", "camera_failed"],
])("a camera that fails with %s is %s", (name, reason) => {
  expect(whyNoCamera(new DOMException("", name))).toBe(reason);
});
