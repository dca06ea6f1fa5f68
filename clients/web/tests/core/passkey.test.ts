/** A passkey from the browser's side: what it is asked, what it gives, and why it gives nothing. */
import "fake-indexeddb/auto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fromBase64Url, toBase64Url, toHex } from "../../src/core/bytes";
import { decode, type JsonObject } from "../../src/core/canonical";
import { challengeOf, checkAssertion, esignatureIn } from "../../src/core/esignature";
import { assertionBy, make, readRequest, requestOf, usable } from "../../src/core/passkey";
import { PublicKey } from "../../src/core/proof/publickey";
import { parse } from "../../src/core/proof/statement";
import type { Passkey } from "../../src/core/types";
import { CHAIN } from "./ledger";
import { codeOf, PASSPHRASE, stage } from "./stage";

const KEPT = resolve(import.meta.dirname, "../../../../tests/vectors/0002-passkey");
const enrolled = JSON.parse(readFileSync(`${KEPT}/passkey.json`, "utf8")) as { credential: string; key: string; rp_id: string };
const signed = decode(parse(Uint8Array.from(readFileSync(`${KEPT}/statement.cose`))).payload);
const row = (more: Partial<Passkey> = {}): Passkey => ({
  credential: "AAECAw", kid: null, rp_id: "ledger.example", status: "active", position: 9, added_position: 9, ...more,
});
const closing = { type: "TherapyClosed", reason: "done" } as const;

/** A browser whose authenticator does this. */
function browser(credentials: Partial<Record<"create" | "get", (options: unknown) => Promise<unknown>>>): void {
  vi.stubGlobal("PublicKeyCredential", class {});
  vi.stubGlobal("navigator", { credentials });
}

const refusing = (name: string) => browser({
  create: () => Promise.reject(new DOMException("no", name)),
  get: () => Promise.reject(new DOMException("no", name)),
});

afterEach(() => vi.unstubAllGlobals());

describe("the kept example, which Python signed", () => {
  it("holds under the passkey that was enrolled, and under no other domain or payload", async () => {
    const key = await PublicKey.fromSpki(fromBase64Url(enrolled.key));
    await checkAssertion(signed, { key, rpId: enrolled.rp_id });
    expect(esignatureIn(signed)).toMatchObject({ meaning: "approval", method: "passkey" });
    expect(await codeOf(checkAssertion(signed, { key, rpId: "elsewhere.example" }))).toBe("bad_assertion");
    const other = { ...signed, reason: "other" };
    expect(await codeOf(checkAssertion(other, { key, rpId: enrolled.rp_id }))).toBe("bad_assertion");
  });

  it("has the challenge of the payload without the assertion", async () => {
    const { esignature, ...rest } = signed;
    const { assertion: _, ...without } = esignature as JsonObject;
    const given = JSON.parse(new TextDecoder().decode(fromBase64Url(esignatureIn(signed)?.assertion?.client_data ?? ""))) as JsonObject;
    expect(given["challenge"]).toBe(toBase64Url(await challengeOf(signed)));
    expect(toHex(await challengeOf({ ...rest, esignature: without }))).toBe(toHex(await challengeOf(signed)));
  });
});

describe("an e-signature in a payload", () => {
  it("that says one method and brings the evidence of the other is refused", () => {
    const said = { meaning: "approval", signed_at: "2026-03-01T09:30:00.000Z" };
    expect(esignatureIn({})).toBeNull();
    const wrong: JsonObject[] = [
      { ...said, method: "passkey" },
      { ...said, method: "passphrase", assertion: {} },
      { ...said, method: "passkey", assertion: { credential: "AA" } },
      { ...said, method: "nod" },
    ];
    for (const esignature of wrong) expect(() => esignatureIn({ esignature })).toThrow("a passkey brings its assertion");
  });
});

describe("those that may be asked", () => {
  it("are in force and of the page's domain, and all of one domain", () => {
    const [own, above] = [row({ rp_id: "app.ledger.example" }), row()];
    expect(usable([own, above], "app.ledger.example")).toEqual([own]);
    expect(usable([above], "app.ledger.example")).toEqual([above]);
    expect(usable([own], "ledger.example")).toEqual([]);
    expect(usable([above], "evilledger.example")).toEqual([]);
    expect(usable([row({ status: "revoked" })], "ledger.example")).toEqual([]);
  });
});

describe("asking", () => {
  it("gives the challenge to those passkeys alone, with the user verified, and passes on their bytes", async () => {
    let asked: PublicKeyCredentialRequestOptions | undefined;
    const bytes = (...some: number[]) => Uint8Array.from(some).buffer;
    browser({
      get: (options) => {
        asked = (options as CredentialRequestOptions).publicKey;
        return Promise.resolve({
          rawId: bytes(0, 1, 2, 3),
          response: { authenticatorData: bytes(1), clientDataJSON: bytes(2), signature: bytes(3) },
        });
      },
    });
    const challenge = Uint8Array.from({ length: 32 }, (_, at) => at);
    const given = await assertionBy([row()], challenge);
    expect(given).toEqual({ credential: "AAECAw", authenticator_data: "AQ", client_data: "Ag", signature: "Aw" });
    expect(asked).toMatchObject({ challenge, rpId: "ledger.example", userVerification: "required" });
    expect(asked?.allowCredentials).toEqual([{ type: "public-key", id: Uint8Array.from([0, 1, 2, 3]) }]);
  });

  it.each([
    ["NotAllowedError", "passkey_not_given"],
    ["AbortError", "passkey_not_given"],
    ["SecurityError", "passkey_wrong_address"],
    ["NotSupportedError", "passkey_unsupported"],
    ["UnknownError", "passkey_failed"],
  ])("that ends with %s says %s, signs nothing, and the passphrase does", async (name, code) => {
    const { client, ledger } = await stage();
    refusing(name);
    const passkey = (challenge: Uint8Array<ArrayBuffer>) => assertionBy([row()], challenge);
    expect(await codeOf(client.decide(closing, CHAIN, 4, { meaning: "approval", passkey }))).toBe(code);
    expect(await client.held()).toEqual([]);
    await client.decide(closing, CHAIN, 4, { meaning: "approval", passphrase: PASSPHRASE });
    expect(ledger.said[0]?.["esignature"]).toMatchObject({ method: "passphrase" });
    expect(ledger.said[0]).toMatchObject({ seq: 0 });
    client.close();
  });

  it("a browser without passkeys says so", async () => {
    expect(await codeOf(assertionBy([row()], new Uint8Array(32)))).toBe("passkey_unsupported");
  });
});

describe("making one", () => {
  const answer = (flags: number, spki: Uint8Array<ArrayBuffer> | null) => ({
    rawId: fromBase64Url(enrolled.credential).buffer,
    response: {
      getPublicKey: () => spki && spki.buffer,
      getAuthenticatorData: () => Uint8Array.from({ length: 37 }, (_, at) => (at === 32 ? flags : 0)).buffer,
    },
  });

  it("asks for a verified user and the ledger's algorithms, for this host, and not where there is one", async () => {
    let asked: PublicKeyCredentialCreationOptions | undefined;
    browser({
      create: (options) => {
        asked = (options as CredentialCreationOptions).publicKey;
        return Promise.resolve(answer(0x05, fromBase64Url(enrolled.key)));
      },
    });
    const made = await make("quinn", "ledger.example/log", [row(), row({ status: "revoked", credential: "BBBB" })], "ledger.example");
    expect(asked?.rp.id).toBe("ledger.example");
    expect(asked?.pubKeyCredParams.map((one) => one.alg)).toEqual([-7, -8]);
    expect(asked?.authenticatorSelection).toEqual({ userVerification: "required", residentKey: "preferred" });
    expect(asked?.excludeCredentials).toHaveLength(1);
    const request = await requestOf(made);
    expect([request.name, request.credential, request.spki, request.rpId]).toEqual(["quinn", enrolled.credential, enrolled.key, "ledger.example"]);
    expect(await readRequest(request.text)).toEqual(request);
  });

  it("by an authenticator that verifies nobody, or with a key of another kind, is none", async () => {
    browser({ create: () => Promise.resolve(answer(0x01, fromBase64Url(enrolled.key))) });
    expect(await codeOf(make("quinn", "log", [], "ledger.example"))).toBe("passkey_unsupported");
    browser({ create: () => Promise.resolve(answer(0x05, null)) });
    expect(await codeOf(make("quinn", "log", [], "ledger.example"))).toBe("passkey_unsupported");
  });

  it("where this authenticator has one already says so", async () => {
    refusing("InvalidStateError");
    expect(await codeOf(make("quinn", "log", [], "ledger.example"))).toBe("passkey_exists_here");
  });
});
