/** A statement like one that was read before is read as it would be alone: the same values, or the same error. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, toHex, utf8 } from "../../src/core/bytes";
import { StatementReader } from "../../src/core/proof/repeated";
import { parse, sign, type Statement } from "../../src/core/proof/statement";
import { Problem } from "../../src/core/problem";
import { keyOf } from "./ledger";

const key = await keyOf(new Uint8Array(32).fill(7));
const claims = { iss: "kit", sub: "chain/isbt128:CHA999926000001", aud: "ledger.example/unbroken" };
const signed = (cti: number, payload: string, more: Partial<typeof claims> = {}): Promise<Uint8Array> =>
  sign(key, { ...claims, ...more, cti: new Uint8Array(16).fill(cti) }, utf8(payload));
const [first, short, long] = [await signed(1, '{"a":1}'), await signed(2, "{}"), await signed(3, `{"a":"${"x".repeat(300)}"}`)];

function told(read: () => Statement): unknown {
  try {
    return Object.entries(read()).map(([name, value]) => [name, value instanceof Uint8Array ? toHex(value) : value]).toSorted();
  } catch (error) {
    return error instanceof Problem ? [error.code, error.detail] : error;
  }
}

function warm(): StatementReader {
  const reader = new StatementReader();
  reader.parse(first);
  return reader;
}

test("with another cti, payload or signature", () => {
  for (const raw of [first, short, long]) expect(told(() => warm().parse(raw))).toEqual(told(() => parse(raw)));
});

test("its kid is the same bytes, so that its hex is made once", () => {
  const reader = warm();
  expect(reader.parse(short).kid).toBe(reader.parse(long).kid);
});

test("with any byte altered, added or missing, whatever was read before", () => {
  fc.assert(
    fc.property(fc.constantFrom(first, short, long), fc.nat(), fc.nat(2), fc.uint8Array({ maxLength: 3 }), (raw, at, cut, put) => {
      const place = at % (raw.length + 1);
      const altered = concat(raw.subarray(0, place), put, raw.subarray(place + cut));
      expect(told(() => warm().parse(altered))).toEqual(told(() => parse(altered)));
    }),
    { numRuns: 6000 },
  );
});

test("every byte of its head and header, every value", () => {
  const reader = warm();
  for (let at = 0; at < 190; at++) {
    for (let byte = 0; byte < 256; byte += 1 + (at % 3)) {
      const altered = Uint8Array.from(short);
      altered[at] = byte;
      expect(told(() => reader.parse(altered))).toEqual(told(() => parse(altered)));
    }
  }
});

test("a header that is too long to be kept, and a statement that is too large", async () => {
  const reader = warm();
  const far = await signed(4, "{}", { sub: `chain/${"x".repeat(600)}` });
  for (const raw of [far, far, concat(short, new Uint8Array(70_000))]) expect(told(() => reader.parse(raw))).toEqual(told(() => parse(raw)));
});

test("many headers: some are forgotten, none is mistaken for another", async () => {
  const reader = new StatementReader();
  for (let turn = 0; turn < 2; turn++) {
    for (let count = 0; count < 4200; count += 60) {
      const raw = await signed(turn, "{}", { sub: `chain/x:${count}` });
      expect(reader.parse(raw).sub).toBe(`chain/x:${count}`);
    }
  }
});
