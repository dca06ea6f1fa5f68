import { describe, expect, it } from "vitest";
import { type Client, Problem } from "../src/core/client";
import { Checking, counted, failure, verdictOn } from "../src/ui/audit/checking";
import type { Told } from "../src/ui/audit/documents";

const COI = "x:C1";

function told(position: number): Told {
  return {
    position, type: "Packed", signer: "nora", kid: "k", stream: `chain/${COI}`, statement_id: `id-${position}`,
    occurred_at: "t", recorded_at: "t", event: { type: "Packed", occurred_at: "t" }, corrected_by: [],
  };
}

/** A device whose log has the even entries, refuses every fifth as broken, and cannot be reached for the others. */
const device = {
  entry: (position: number) => {
    if (position % 5 === 0) return Promise.reject(new Problem("proof_invalid", "bad_receipt", "altered"));
    if (position % 2) return Promise.reject(new Problem("fault", "unreachable", "away"));
    const fields = { type: "Packed", occurred_at: "t" };
    return Promise.resolve({ statementId: `id-${position}`, signer: "nora", kid: "k", stream: `chain/${COI}`, fields, logSize: 9, timeS: 1 });
  },
} as unknown as Client;

describe("checking a timeline", () => {
  it("gives every entry its verdict: proved, a gap, or broken", async () => {
    const entries = Array.from({ length: 20 }, (_, n) => told(n));
    const checking = new Checking(device, COI);
    await checking.run(entries);
    const verdicts = checking.verdicts.get();
    expect(counted(entries, verdicts)).toEqual({ proved: 8, broken: 4, gaps: 8, waiting: 0, all: 20 });
    expect(verdicts.get(5)).toEqual({ state: "broken", code: "bad_receipt", detail: "altered" });
    expect(verdicts.get(7)).toEqual({ state: "gap", code: "unreachable", detail: "away" });
  });

  it("ends when nobody looks any more", async () => {
    const entries = Array.from({ length: 50 }, (_, n) => told(n));
    const checking = new Checking(device, COI);
    const run = checking.run(entries);
    checking.stop();
    await run;
    expect(counted(entries, checking.verdicts.get()).waiting).toBeGreaterThan(40);
  });

  it("calls broken what is proved but told otherwise", async () => {
    const other = { ...told(2), signer: "kit" };
    expect(await verdictOn(device, other, COI)).toEqual({ state: "broken", code: "account_differs", detail: "signer" });
  });

  it("calls broken only what speaks about the evidence", () => {
    expect(failure(new Problem("malformed", "malformed_cose", "x")).state).toBe("broken");
    expect(failure(new Problem("unauthorised", "no_session", "x")).state).toBe("gap");
    expect(failure(new TypeError("x")).state).toBe("gap");
  });

  it("takes no answer of the server for broken evidence, whatever its kind", () => {
    expect(failure(new Problem("unauthentic", "revoked_key", "x", { status: 401 })).state).toBe("gap");
    expect(failure(new Problem("malformed", "invalid_request", "x", { status: 400 })).state).toBe("gap");
  });
});
