import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import { fromHex } from "../../src/core/bytes";
import { commit, normalise } from "../../src/core/patients";
import { codeOf, stage } from "./stage";

const KEYS = { family_name: "11".repeat(32), record_number: "22".repeat(32) };

describe("patient identifiers", () => {
  it("two people who read one wristband commit to the same", async () => {
    const { client, again } = await stage();
    expect(await client.takePatientKeys(JSON.stringify(KEYS))).toEqual(["family_name", "record_number"]);
    const read = await client.commitments({ record_number: "00-12 34", family_name: "GRÖSSE" });
    const other = await again();
    const typed = await other.commitments({ family_name: " größe ", record_number: "001234" });
    expect(typed).toEqual(read);
    expect(read.map(({ field }) => field)).toEqual(["family_name", "record_number"]);
    expect(read[0]?.commitment).toBe(await commit("family_name", "grösse", fromHex(KEYS.family_name)));
    [client, other].forEach((one) => one.close());
  });

  it("need a key of their own, which the device keeps unreadable and forgets when told to", async () => {
    const { client } = await stage();
    expect(await codeOf(client.commitments({ family_name: "x" }))).toBe("no_patient_key");
    for (const bad of ["", "[]", "{}", '{"family_name":"11"}', '{"family_name":7}']) {
      expect(await codeOf(client.takePatientKeys(bad))).toBe("bad_patient_key");
    }
    await client.takePatientKeys(JSON.stringify(KEYS));
    await client.forgetPatientKeys();
    expect(await client.patientFields()).toEqual([]);
    client.close();
  });

  it.each([
    ["birth_date", "03/04/61", "bad_patient_value"],
    ["birth_date", "1961-02-30", "bad_patient_value"],
    ["family_name", " ", "bad_patient_value"],
    ["Family", "x", "bad_patient_field"],
  ])("%s %s is refused, and its value is not repeated", async (field, value, code) => {
    expect(await codeOf(() => normalise(field, value))).toBe(code);
    expect(() => normalise(field, value)).toThrow(expect.not.stringContaining("61") as Error);
  });
});
