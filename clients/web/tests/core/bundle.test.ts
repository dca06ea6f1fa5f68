/** The browser's audit of a bundle: what holds is said to hold, whatever was altered is found. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { openArchive, writeArchive } from "../../src/core/bundle/archive";
import { auditBundle } from "../../src/core/bundle/audit";
import { equal } from "../../src/core/bytes";

const FOLDER = resolve(import.meta.dirname, "../../../../tests/vectors/bundles/0001-therapy");
const bundle = new Uint8Array(readFileSync(`${FOLDER}/bundle.zip`));
const vkey = readFileSync(`${FOLDER}/log.vkey`, "utf8").trim();
const PLAIN = ["README.txt", "schemas.json", "report/000000.txt"];

function filesOf(data: Uint8Array): Map<string, Uint8Array> {
  return new Map([...openArchive(data)].map(([name, content]) => [name, content!]));
}

async function wrongIn(data: Uint8Array): Promise<number | null> {
  return (await auditBundle(data, vkey)).firstWrong?.step ?? null;
}

function altered(data: Uint8Array, at: number, bit = 1): Uint8Array {
  const copy = Uint8Array.from(data);
  copy[at]! ^= bit;
  return copy;
}

describe("a bundle that an older ledger signed", () => {
  test("holds, but for what is not done here", async () => {
    const report = await auditBundle(bundle, vkey);
    expect(report.firstWrong).toBeNull();
    expect(report.steps.map((step) => step.ok)).toEqual([true, true, true, true, true, null, null, true, true]);
    expect(report.entries.length + report.hidden).toBe(report.size);
  });

  test("pins nothing without a key from outside, and says so", async () => {
    const report = await auditBundle(bundle, "");
    expect(report.steps[0]).toMatchObject({ ok: null, detail: expect.stringContaining("NOTHING PINS THE LOG") });
    expect(report.proved).toMatch(/^Only that the bundle agrees with itself/);
  });

  test("opens with no other log's key", async () => {
    const other = "ledger.example/unbroken+c0a994d6+ASmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";
    expect((await auditBundle(bundle, other)).firstWrong).not.toBeNull();
  });
});

describe("a bundle whose heads witnesses cosigned", () => {
  const folder = resolve(import.meta.dirname, "../../../../tests/vectors/bundles/0002-cosigned");
  const read = (name: string): string => readFileSync(`${folder}/${name}`, "utf8");
  const cosigned = new Uint8Array(readFileSync(`${folder}/bundle.zip`));

  test("meets the policy, and continues the head that somebody holds", async () => {
    const report = await auditBundle(cosigned, read("log.vkey"), { policy: read("policy"), note: read("checkpoint") });
    expect(report.firstWrong).toBeNull();
    expect(report.steps.map((step) => step.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13]);
    expect(report.steps.map((step) => step.ok)).toEqual([true, true, true, true, true, null, null, true, true, true, true]);
    expect(report.witnessed).toContain("nobody is shown another history");
    expect(report.pictures.size).toBe(1);
  });

  test("says loudly that no policy was given, and what the operator says of its own", async () => {
    const { steps, witnessed } = await auditBundle(cosigned, read("log.vkey"));
    expect(steps.map((step) => step.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 9, 13]);
    expect(witnessed).toMatch(/^NO WITNESS POLICY WAS GIVEN.*meets the operator's own policy, with the witnesses W11, W12, W13/);
  });

  test("is altered in no file without its being found", async () => {
    const files = filesOf(cosigned);
    const kinds = new Map([...files.keys()].map((name) => [name.replace(/[0-9a-f]+/, ""), name])); // one of each
    for (const name of kinds.values()) {
      const content = files.get(name)!;
      const packed = writeArchive(new Map([...files, [name, altered(content, content.length >> 1)]]));
      expect((await auditBundle(packed, read("log.vkey"))).firstWrong, name).not.toBeNull();
    }
  });
});

describe("whatever becomes of it is found", () => {
  test("any byte of the archive", async () => {
    for (let at = 0; at < bundle.length; at += 1009) expect(await wrongIn(altered(bundle, at))).not.toBeNull();
  });

  test("any byte of a file, the archive packed again", async () => {
    const files = filesOf(bundle);
    for (const [name, content] of files) {
      for (let at = 0; at < content.length; at += Math.ceil(content.length / 4)) {
        const packed = writeArchive(new Map([...files, [name, altered(content, at, 1 << at % 8)]]));
        expect(await wrongIn(packed), `${name} at ${at}`).not.toBeNull();
        if (PLAIN.includes(name)) expect(await wrongIn(packed)).toBe(9);
      }
    }
  });

  test("a file that is missing, added, or has changed places", async () => {
    const files = filesOf(bundle);
    const names = [...files.keys()];
    for (const name of names) {
      expect(await wrongIn(writeArchive(new Map([...files].filter(([one]) => one !== name))))).not.toBeNull();
      expect(await wrongIn(writeArchive(new Map([...files, [`${name}x`, files.get(name)!]])))).not.toBeNull();
    }
    expect(await wrongIn(writeArchive(new Map([...files].toReversed())))).not.toBeNull();
  });

  test("an end anywhere", async () => {
    for (let at = 0; at < bundle.length; at += 4999) expect(await wrongIn(bundle.subarray(0, at))).toBe(9);
  });
});

test("an archive is written as it was", () => {
  expect(equal(writeArchive(filesOf(bundle)), bundle)).toBe(true);
});
