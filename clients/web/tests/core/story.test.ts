/** The page's own story asks for roles as the published table of roles does; the rest is tested from Python. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { POLICY } from "../../src/core/story/policy";

const AT = ["at the releasing site", "at the treatment site", "at a site that the order plans for manufacture"];
const SELF = "or, in any role, their own key";

function published(): Map<string, { roles: string[]; where: string; qualification: string }> {
  const text = readFileSync(resolve(import.meta.dirname, "../../../../docs/reference/policy.md"), "utf8");
  const rows = text.split("\n").map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));
  return new Map(rows.filter((row) => row[2] === "decision").map((row) =>
    [row[1]!, { roles: row[3]!.split(", "), where: row[4]!, qualification: row[5]! }]));
}

test.each(Object.entries(POLICY))("%s is decided by whom the table of roles names", (event, row) => {
  const found = published().get(event);
  expect([...row.roles].toSorted()).toEqual(found?.roles.toSorted());
  expect(row.qualification).toBe(found?.qualification);
  expect(row.isAtSite).toBe(AT.some((where) => found?.where.startsWith(where)));
  expect(row.isOrSelf).toBe(found?.where.includes(SELF));
});
