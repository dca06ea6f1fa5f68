/** The check sum of a ZIP's files is the one that everybody's ZIP has. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32 } from "../../src/core/bundle/archive";
import { utf8 } from "../../src/core/bytes";

test("the check value of its specification", () => {
  expect(crc32(utf8("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
});

/** Bit by bit, as it is defined. */
function plainly(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

test("any bytes of any length, wherever they begin", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(8), (data, skip) => {
    expect(crc32(data.subarray(skip))).toBe(plainly(data.subarray(skip)));
  }), { numRuns: 2000 });
});
