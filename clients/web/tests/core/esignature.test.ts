/** The second signature of a decision: asked for last, over all that is signed. */
import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import { toHex } from "../../src/core/bytes";
import { encode, type JsonObject } from "../../src/core/canonical";
import { sha256 } from "../../src/core/proof/hash";
import { CHAIN, packed } from "./ledger";
import { codeOf, PASSPHRASE, stage } from "./stage";

const closing = { type: "TherapyClosed", reason: "done" } as const;

describe("the second signature", () => {
  it("by passphrase says its meaning and when, and is not given for a wrong one", async () => {
    const { client, ledger } = await stage();
    const wrong = client.decide(closing, CHAIN, 4, { meaning: "approval", passphrase: "not this one" });
    expect(await codeOf(wrong)).toBe("wrong_passphrase");
    expect(await client.held()).toEqual([]);
    await client.decide(closing, CHAIN, 4, { meaning: "approval", passphrase: PASSPHRASE });
    expect(ledger.said[0]?.["esignature"]).toMatchObject({ meaning: "approval", method: "passphrase" });
    client.close();
  });

  it("by passkey signs the SHA-256 of the whole payload without the assertion", async () => {
    const { client, ledger } = await stage();
    const assertion = { credential: "Y3JlZA", authenticator_data: "YXV0aA", client_data: "ZGF0YQ", signature: "c2ln" };
    let challenge = new Uint8Array();
    const passkey = async (asked: Uint8Array<ArrayBuffer>) => {
      challenge = asked;
      return assertion;
    };
    await client.decide(closing, CHAIN, 4, { meaning: "approval", passkey });
    const { esignature, ...rest } = ledger.said[0] ?? {};
    const { assertion: said, ...without } = esignature as JsonObject;
    expect(said).toEqual(assertion);
    expect(rest).toMatchObject({ seq: 0, chain_version: 4 });
    expect(toHex(challenge)).toBe(toHex(await sha256(encode({ ...rest, esignature: without }))));
    client.close();
  });

  it("stands on a fact, too, where the record asks for one", async () => {
    const { client } = await stage();
    const wrong = client.record(packed(), CHAIN, { esignature: { meaning: "review", passphrase: "not this one" } });
    expect(await codeOf(wrong)).toBe("wrong_passphrase");
    const { fields } = await client.record(packed(), CHAIN, { esignature: { meaning: "review", passphrase: PASSPHRASE } });
    expect(fields["esignature"]).toMatchObject({ meaning: "review", method: "passphrase" });
    client.close();
  });

  it("that the passkey does not give leaves nothing signed", async () => {
    const { client } = await stage();
    const passkey = () => Promise.reject(new DOMException("no", "NotAllowedError"));
    expect(await codeOf(client.decide(closing, CHAIN, 4, { meaning: "approval", passkey }))).not.toBe("nothing was refused");
    expect(await client.held()).toEqual([]);
    client.close();
  });
});
