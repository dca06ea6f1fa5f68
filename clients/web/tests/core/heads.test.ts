/** A device's own fork detector, against logs that lie in every way. */
import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import { concat, utf8, type Bytes } from "../../src/core/bytes";
import { Database } from "../../src/core/database";
import { Heads } from "../../src/core/heads";
import { Problem } from "../../src/core/problem";
import { leafHash, nodeHash, root, type NodeReader } from "../../src/core/proof/merkle";
import { tileReader } from "../../src/core/proof/tiles";
import { codeOf } from "./stage";

let count = 0;
const fresh = async () => new Heads(await Database.open(`heads-${++count}`));
const entries = (upTo: number, name = "entry") => Array.from({ length: upTo }, (_, at) => utf8(`${name} ${at}`));

function tilesOf(all: Bytes[]): (size: number) => NodeReader {
  return (size) =>
    tileReader(async (level, index) => {
      let row = await Promise.all(all.slice(0, size).map(leafHash));
      for (let height = 0; height < level * 8; height++) row = await above(row);
      return concat(...row.slice(index * 256, (index + 1) * 256));
    });
}

/** The complete nodes one level up. */
function above(row: Bytes[]): Promise<Bytes[]> {
  const pairs = Array.from({ length: Math.floor(row.length / 2) }, (_, at) => row.slice(at * 2, at * 2 + 2));
  return Promise.all(pairs.map(([left, right]) => nodeHash(left as Bytes, right as Bytes)));
}

async function meet(heads: Heads, all: Bytes[], size: number): Promise<void> {
  await heads.meet(size, await root(size, tilesOf(all)(size)), utf8("evidence"));
}

const away = () => {
  throw new Problem("fault", "unreachable", "no answer");
};

describe("tree heads", () => {
  it("are believed only once they extend all before, in whatever order they come", async () => {
    const [heads, log] = [await fresh(), entries(600)];
    for (const size of [3, 9, 5, 300, 256, 1, 513, 600]) {
      await meet(heads, log, size);
      await heads.check(tilesOf(log));
    }
    expect((await heads.newest())?.size).toBe(600);
  });

  it("wait while the tiles are out of reach, and none is skipped", async () => {
    const [heads, log] = [await fresh(), entries(9)];
    await meet(heads, log, 3);
    await heads.check(away);
    await meet(heads, log, 5);
    await meet(heads, log, 9);
    expect(await codeOf(heads.check(away))).toBe("unreachable");
    expect((await heads.newest())?.size).toBe(3);
    expect((await heads.check(tilesOf(log)))?.size).toBe(9);
  });

  it("of two histories are a fork, met again each time, with both as evidence", async () => {
    const [heads, log] = [await fresh(), entries(9)];
    const other = [...entries(2), ...entries(10, "another").slice(2)];
    await meet(heads, log, 5);
    await heads.check(tilesOf(log));
    await meet(heads, other, 8);
    await expect(heads.check(tilesOf(other))).rejects.toMatchObject({ code: "fork_detected", extra: { heads: [{ size: 5 }, { size: 8 }] } });
    expect(await codeOf(heads.check(tilesOf(other)))).toBe("fork_detected");
    expect((await heads.newest())?.size).toBe(5);
  });

  it("of one size and two roots are a fork without any tile", async () => {
    const heads = await fresh();
    await meet(heads, entries(5), 5);
    await heads.check(away);
    await meet(heads, entries(5, "another"), 5);
    expect(await codeOf(heads.check(away))).toBe("fork_detected");
  });

  it("whose tiles are nobody's tree show nothing: the server is at fault, not the log", async () => {
    const [heads, log] = [await fresh(), entries(9)];
    await meet(heads, log, 5);
    await heads.check(tilesOf(log));
    await meet(heads, log, 9);
    expect(await codeOf(heads.check(tilesOf(entries(9, "junk"))))).toBe("wrong_tiles");
    expect(await codeOf(heads.check(tilesOf(log.slice(0, 6))))).toBe("wrong_tiles");
  });

  it("whose tiles are withheld could hide a fork", async () => {
    const [heads, log] = [await fresh(), entries(9)];
    const gone = () => {
      throw new Problem("not_found", "no_such_tile", "404");
    };
    await meet(heads, log, 5);
    await heads.check(gone);
    await meet(heads, log, 9);
    expect(await codeOf(heads.check(gone))).toBe("tiles_withheld");
    await heads.check(tilesOf(log));
    await meet(heads, log, 6);
    expect(await codeOf(heads.check(gone))).toBe("log_went_back");
  });
});
