/**
 * The device's private key: drawn once, sealed under its passphrase, and from then on used only
 * through a `CryptoKey` that cannot be extracted.
 *
 * Why PBKDF2-SHA-256: it is the only password function that WebCrypto has. A memory-hard one
 * (the command line's scrypt) would have to come as code of our own, slower than the guesser's.
 * 600,000 rounds are OWASP's advice of 2023, half a second on a phone; the number is stored
 * beside the key, so that a later one can be higher. A short passphrase stays guessable by who
 * has the device, hence at least 8 characters.
 * Why AES-GCM: what it opens is what was sealed, so a wrong passphrase is seen as such; the
 * public key is authenticated with it.
 *
 * The opened key stays in IndexedDB (browsers keep such keys as handles, scripts never see the
 * bytes) until the device is locked: a reload in a basement must not ask again.
 */
import { utf8, type Bytes } from "./bytes";
import type { Database, SealedKey } from "./database";
import { requestOf } from "./enrolment";
import { Problem } from "./problem";
import { hasEd25519, PublicKey, verifyWith, ED25519, ES256 } from "./proof/publickey";
import { SigningKey } from "./proof/signingkey";
import * as statement from "./proof/statement";
import type { AlgName, EnrolmentRequest } from "./types";

export const ITERATIONS = 600_000;
export const LEAST_PASSPHRASE = 8; // characters

export class Vault {
  private readonly db: Database;
  private readonly iterations: number;
  private sealed: SealedKey | null = null;
  private key: SigningKey | null = null;
  /** What an administrator needs to enrol the key; null without one. */
  request: EnrolmentRequest | null = null;

  constructor(db: Database, iterations = ITERATIONS) {
    [this.db, this.iterations] = [db, iterations];
  }

  /** Reads what the database has; asks nobody. */
  async load(): Promise<void> {
    this.sealed = await this.db.get("key");
    this.request = this.sealed && (await requestOf(this.sealed.name, this.sealed.spki));
    const secret = await this.db.get("open");
    this.key = this.sealed && secret ? new SigningKey(secret, await PublicKey.fromSpki(this.sealed.spki)) : null;
  }

  get state(): "empty" | "locked" | "open" {
    return this.sealed === null ? "empty" : this.key === null ? "locked" : "open";
  }

  /** Throws `Problem` `no_device_key`. */
  get record(): SealedKey {
    if (this.sealed) return this.sealed;
    throw new Problem("not_found", "no_device_key", "this device has no key yet: make one");
  }

  /** Throws `Problem` `no_device_key`, `locked`. */
  get signing(): SigningKey {
    if (this.record && this.key) return this.key;
    throw new Problem("unauthentic", "locked", "the key is locked: enter its passphrase");
  }

  /** Draws a key and keeps it sealed. Never overwrites: throws `Problem` `key_exists`,
   * `short_passphrase`. */
  async make(passphrase: string, name: string): Promise<void> {
    const { record, secret } = await drawn(passphrase, name, this.iterations);
    await this.db.writing(["device"], async (tx) => {
      const store = tx.objectStore("device");
      if (await store.get("key")) throw new Problem("refused", "key_exists", "this device has a key already; it is never overwritten");
      await store.put(record, "key");
      await store.put(secret, "open");
    });
    await this.load();
  }

  /** Puts a new key in place of this one, which is kept, sealed, under its own id. */
  async replace(passphrase: string, name: string): Promise<void> {
    const { record, secret } = await drawn(passphrase, name, this.iterations);
    await this.db.writing(["device"], async (tx) => {
      const store = tx.objectStore("device");
      await store.put(await store.get("key"), `key-${this.request?.kid ?? ""}`);
      await store.put(record, "key");
      await store.put(secret, "open");
    });
    await this.load();
  }

  /** Throws `Problem` `wrong_passphrase`, `no_device_key`. */
  async unlock(passphrase: string): Promise<void> {
    const pkcs8 = await opened(this.record, passphrase);
    const secret = await kept(pkcs8, this.record.alg);
    pkcs8.fill(0);
    await this.db.set("open", secret);
    await this.load();
  }

  /** Opens the sealed key again, and forgets it. Throws as `unlock`. */
  async confirm(passphrase: string): Promise<void> {
    (await opened(this.record, passphrase)).fill(0);
  }

  /** Throws `Problem` `bad_signature` for a statement that names this device's key, and is not of it. */
  async mustBeSigned(raw: Bytes): Promise<void> {
    await statement.verify(statement.parse(raw), await PublicKey.fromSpki(this.record.spki));
  }

  async relock(): Promise<void> {
    await this.db.set("open", null);
    this.key = null;
  }
}

async function drawn(passphrase: string, name: string, iterations: number): Promise<{ record: SealedKey; secret: CryptoKey }> {
  mustBeLong(passphrase);
  const alg: AlgName = (await hasEd25519()) ? "Ed25519" : "ES256";
  const pair = await draw(alg);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const record = { name, alg, spki, ...(await seal(pkcs8, spki, passphrase, iterations)) };
  const secret = await kept(pkcs8, alg);
  pkcs8.fill(0);
  return { record, secret };
}

function draw(alg: AlgName): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(parameters(alg), true, ["sign", "verify"]) as Promise<CryptoKeyPair>;
}

/** The key as it is used from now on: it signs, and cannot be read. */
function kept(pkcs8: Bytes, alg: AlgName): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", pkcs8, parameters(alg), false, ["sign"]);
}

function parameters(alg: AlgName): AlgorithmIdentifier | EcKeyImportParams {
  return verifyWith(alg === "Ed25519" ? ED25519 : ES256);
}

async function seal(
  pkcs8: Bytes, spki: Bytes, passphrase: string, iterations: number,
): Promise<Omit<SealedKey, "name" | "alg" | "spki">> {
  const [salt, nonce] = [crypto.getRandomValues(new Uint8Array(16)), crypto.getRandomValues(new Uint8Array(12))];
  const secret = await derive(passphrase, salt, iterations);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: spki }, secret, pkcs8);
  return { iterations, salt, nonce, sealed: new Uint8Array(sealed) };
}

async function opened({ salt, nonce, iterations, spki, sealed }: SealedKey, passphrase: string): Promise<Bytes> {
  const secret = await derive(passphrase, salt, iterations);
  try {
    const parameters = { name: "AES-GCM", iv: nonce, additionalData: spki };
    return new Uint8Array(await crypto.subtle.decrypt(parameters, secret, sealed));
  } catch {
    throw new Problem("unauthentic", "wrong_passphrase", "the passphrase does not open this device's key");
  }
}

/** NFC: one and the same letter may be typed as one character or as two. */
async function derive(passphrase: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", utf8(passphrase.normalize("NFC")), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

function mustBeLong(passphrase: string): void {
  if ([...passphrase.normalize("NFC")].length < LEAST_PASSPHRASE) {
    throw new Problem("malformed", "short_passphrase", `a passphrase has at least ${LEAST_PASSPHRASE} characters`);
  }
}
