/** The key at rest, in use, and where WebCrypto lacks Ed25519. */
import "fake-indexeddb/auto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { toHex } from "../../src/core/bytes";
import { Database } from "../../src/core/database";
import { PublicKey } from "../../src/core/proof/publickey";
import { ITERATIONS, Vault } from "../../src/core/vault";
import { codeOf } from "./stage";

const PASSPHRASE = "nine bags of cells";
let count = 0;
async function vaulted(iterations = 1000): Promise<{ db: Database; vault: Vault }> {
  const db = await Database.open(`vault-${++count}`);
  return { db, vault: new Vault(db, iterations) };
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

describe("the vault", () => {
  it("derives with the stated number of rounds, which stands beside the key", async () => {
    const { db, vault } = await vaulted(ITERATIONS);
    await vault.make(PASSPHRASE, "kit");
    expect((await db.get("key"))?.iterations).toBe(600_000);
    await vault.confirm(PASSPHRASE);
  });

  it("keeps no key that can be read: sealed at rest, and not extractable in use", async () => {
    const { db, vault } = await vaulted();
    const exported: string[] = [];
    const exportKey = crypto.subtle.exportKey.bind(crypto.subtle);
    vi.spyOn(crypto.subtle, "exportKey").mockImplementation((async (format: "pkcs8", key: CryptoKey) => {
      const data = await exportKey(format, key);
      if (format === "pkcs8") exported.push(toHex(new Uint8Array(data)).slice(-64));
      return data;
    }) as typeof crypto.subtle.exportKey);
    await vault.make(PASSPHRASE, "kit");
    const secret = await db.get("open");
    expect([secret?.extractable, secret?.usages]).toEqual([false, ["sign"]]);
    expect(await codeOf(() => exportKey("pkcs8", secret as CryptoKey))).not.toBe("nothing was refused");
    const sealed = await db.get("key");
    const atRest = [sealed?.sealed, sealed?.spki, sealed?.salt].map((part) => toHex(part ?? new Uint8Array())).join(" ");
    expect(exported).toHaveLength(1);
    expect(atRest).not.toContain(exported[0]);
  });

  it("signs with what it drew, and leaves nothing open when it is locked", async () => {
    const { db, vault } = await vaulted();
    await vault.make(PASSPHRASE, "kit");
    const message = Uint8Array.of(1, 2, 3);
    const key = await PublicKey.fromSpki(vault.record.spki);
    await key.verify(key.alg, await vault.signing.sign(message), message);
    await vault.relock();
    expect([vault.state, await db.get("open")]).toEqual(["locked", null]);
    expect(await codeOf(() => vault.signing)).toBe("locked");
  });

  it("sees a sealed key that was altered, or put beside another public key", async () => {
    const { db, vault } = await vaulted();
    await vault.make(PASSPHRASE, "kit");
    const sealed = vault.record;
    const flipped = Uint8Array.from(sealed.sealed);
    flipped[0] = (flipped[0] ?? 0) ^ 1;
    await db.set("key", { ...sealed, sealed: flipped });
    await vault.load();
    expect(await codeOf(vault.unlock(PASSPHRASE))).toBe("wrong_passphrase");
    const other = await vaulted();
    await other.vault.make(PASSPHRASE, "mia");
    await db.set("key", { ...sealed, spki: other.vault.record.spki });
    await vault.load();
    expect(await codeOf(vault.unlock(PASSPHRASE))).toBe("wrong_passphrase");
  });

  it("draws P-256 where WebCrypto lacks Ed25519, and verifies the log's Ed25519 all the same", async () => {
    const { subtle } = crypto;
    const [importKey, generateKey] = [subtle.importKey.bind(subtle), subtle.generateKey.bind(subtle)];
    const lacks = (algorithm: unknown) => {
      if (JSON.stringify(algorithm).includes("Ed25519")) throw new DOMException("unknown", "NotSupportedError");
    };
    vi.spyOn(subtle, "importKey").mockImplementation((async (...call: Parameters<typeof importKey>) => {
      lacks(call[2]);
      return importKey(...call);
    }) as typeof subtle.importKey);
    vi.spyOn(subtle, "generateKey").mockImplementation((async (...call: Parameters<typeof generateKey>) => {
      lacks(call[0]);
      return generateKey(...call);
    }) as typeof subtle.generateKey);
    vi.resetModules(); // whether Ed25519 is there is asked once
    const { Vault: Again } = await import("../../src/core/vault");
    const { parseVkey } = await import("../../src/core/proof/note");
    const { verifyReceipt } = await import("../../src/core/proof/receipt");
    const { example } = await import("./example");
    const vault = new Again(await Database.open(`vault-${++count}`), 1000);
    await vault.make(PASSPHRASE, "kit");
    expect(vault.record.alg).toBe("ES256");
    const message = Uint8Array.of(1);
    await vault.signing.public.verify(-7, await vault.signing.sign(message), message);
    const vkey = await parseVkey(example.vkey);
    expect((await verifyReceipt(example.receipt, example.statement, vkey)).index).toBe(1);
    const forged = Uint8Array.from(example.receipt);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    expect(await codeOf(verifyReceipt(forged, example.statement, vkey))).toBe("bad_receipt");
  });
});
