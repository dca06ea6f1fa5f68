import fc from "fast-check";
import { expect, test } from "vitest";
import { Collector, toTexts } from "../src/core/carrying";
import { parse } from "../src/scan/parse";

const statements = fc.array(fc.uint8Array({ minLength: 1, maxLength: 900 }), { minLength: 1, maxLength: 4 });

test("what one phone shows, the other's scanner knows for what it is and its core puts together, in any order", async () => {
  await fc.assert(
    fc.asyncProperty(statements, fc.boolean(), async (raws, backwards) => {
      const texts = await toTexts(raws);
      const shown = backwards ? [...texts].reverse() : texts;
      const collector = new Collector();
      let whole: Uint8Array | null = null;
      for (const text of shown) {
        expect(parse(text, { hosts: [] })).toMatchObject({ kind: "chunk", of: texts.length });
        whole = await collector.add(text);
      }
      expect(whole).toEqual(Uint8Array.from(raws.flatMap((one) => [...one])));
    }),
  );
});
