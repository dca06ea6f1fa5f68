/**
 * Signed notes (c2sp.org/signed-note) and verifier keys: the twin of `ledger/proof/note.py`.
 *
 * Parsing is strict: what we would not write is refused, except signatures by keys that we don't
 * know, which a verifier ignores as the specification asks.
 */
import { concat, equal, fromBase64, fromUtf8, toBase64, toHex, utf8, type Bytes } from "../bytes";
import { Problem } from "../problem";
import { sha256 } from "./hash";
import { ED25519, PublicKey } from "./publickey";

export const SIGNATURE = 0x01; // Ed25519 over the text
export const COSIGNATURE = 0x04; // timestamped Ed25519, c2sp.org/tlog-cosignature
const MAX_SIGNATURES = 100;
// What Unicode calls a space; written out, because engines' \s differ in two characters.
const SPACES = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const BASE64 = "([A-Za-z0-9+/]+={0,2})";
const LINE = new RegExp(`^— ([^${SPACES}+]+) ${BASE64}$`, "u");
const VKEY = new RegExp(`^([^${SPACES}+]+)\\+([0-9a-f]{8})\\+${BASE64}$`, "u");
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
const NAME = /^[^\p{C}\p{Z}+]+$/u; // nor, with us, anything that cannot be seen

/** A key that notes are checked with: `name+hash+base64(alg || key)`. */
export interface VerifierKey {
  name: string;
  public: PublicKey;
}

export interface NoteSignature {
  name: string;
  keyId: Bytes; // 4 bytes
  signature: Bytes;
}

/** `text` ends in a newline and is what was signed. */
export interface Note {
  text: string;
  signatures: NoteSignature[];
}

/** Throws `Problem` `malformed_vkey`. Only a key of the plain kind (0x01) is one to pin. */
export async function parseVkey(text: string): Promise<VerifierKey> {
  const { vkey, kind } = await parseTypedVkey(text);
  if (kind !== SIGNATURE) throw noKey(text);
  return vkey;
}

/** A key of the plain kind, or one that cosigns. Throws `Problem` `malformed_vkey`. */
export async function parseTypedVkey(text: string): Promise<{ vkey: VerifierKey; kind: number }> {
  const [, name = "", hash = "", material = ""] = VKEY.exec(text) ?? [];
  const bytes = unbase64(material);
  const kind = bytes[0];
  if (bytes.length !== 33 || (kind !== SIGNATURE && kind !== COSIGNATURE) || !NAME.test(name)) throw noKey(text);
  const vkey = { name, public: await soundKey(bytes.slice(1)) };
  if (toHex(await keyId(vkey, kind)) !== hash) {
    throw new Problem("malformed", "malformed_vkey", "the verifier key's hash doesn't fit its name and key");
  }
  return { vkey, kind };
}

/** The one line that everybody pins. */
export async function vkeyText(vkey: VerifierKey): Promise<string> {
  const material = toBase64(concat(Uint8Array.of(SIGNATURE), vkey.public.raw));
  return `${vkey.name}+${toHex(await keyId(vkey, SIGNATURE))}+${material}`;
}

/** `SHA-256(name || 0x0A || alg || key)[:4]`. */
export async function keyId(vkey: VerifierKey, kind: number): Promise<Bytes> {
  const known = keyIds.get(vkey) ?? new Map<number, Bytes>();
  keyIds.set(vkey, known);
  const id = known.get(kind) ?? (await sha256(utf8(`${vkey.name}\n`), Uint8Array.of(kind), vkey.public.raw)).slice(0, 4);
  known.set(kind, id);
  return id;
}

const keyIds = new WeakMap<VerifierKey, Map<number, Bytes>>(); // asked for each of a log's heads

/** Throws `Problem` `malformed_note`. */
export function parseNote(data: Uint8Array): Note {
  const whole = text(data);
  const gap = whole.lastIndexOf("\n\n");
  if (gap < 0 || !whole.endsWith("\n") || whole.length < gap + 3 || CONTROL.test(whole)) {
    throw malformed("a note is a text, an empty line and lines of signatures");
  }
  const signatures = whole.slice(gap + 2, -1).split("\n").map(signatureOf);
  if (signatures.length > MAX_SIGNATURES) {
    throw malformed(`${signatures.length} signatures; at most ${MAX_SIGNATURES} are read`);
  }
  return { text: whole.slice(0, gap + 1), signatures };
}

/** The one signature under that key. Throws `Problem` `no_signature`. */
export async function find(note: Note, vkey: VerifierKey, kind: number): Promise<Bytes> {
  const id = await keyId(vkey, kind);
  const found = note.signatures.filter((one) => one.name === vkey.name && equal(one.keyId, id));
  const [one] = found;
  if (!one || found.length > 1) {
    throw new Problem("proof_invalid", "no_signature", `${found.length} signatures by ${vkey.name}, where one is due`);
  }
  return one.signature;
}

/** Checks a plain note against one key; others' signatures are ignored.
 * Throws `Problem` `malformed_note`, `no_signature`, `bad_note`. */
export async function verifyNote(data: Uint8Array, vkey: VerifierKey): Promise<Note> {
  const note = parseNote(data);
  await checkSignature(vkey, await find(note, vkey, SIGNATURE), utf8(note.text), "bad_note");
  return note;
}

/** Throws `Problem` with the given code. */
export async function checkSignature(vkey: VerifierKey, signature: Bytes, message: Bytes, code: string): Promise<void> {
  try {
    await vkey.public.verify(ED25519, signature, message);
  } catch (error) {
    const why = error instanceof Problem ? error.detail : String(error);
    throw new Problem("proof_invalid", code, `${vkey.name}: ${why}`);
  }
}

/** Canonical standard base64, or empty bytes. */
export function unbase64(letters: string): Bytes {
  try {
    return fromBase64(letters);
  } catch {
    return new Uint8Array();
  }
}

function noKey(text: string): Problem {
  return new Problem("malformed", "malformed_vkey", `${text.slice(0, 120)} is not an Ed25519 verifier key`);
}

async function soundKey(raw: Bytes): Promise<PublicKey> {
  try {
    return await PublicKey.fromRaw(raw);
  } catch (error) {
    throw new Problem("malformed", "malformed_vkey", error instanceof Problem ? error.detail : String(error));
  }
}

function signatureOf(line: string): NoteSignature {
  const [, name = "", letters = ""] = LINE.exec(line) ?? [];
  const blob = unbase64(letters);
  if (blob.length < 5) throw malformed(`${line.slice(0, 80)} is not a signature line`);
  return { name, keyId: blob.slice(0, 4), signature: blob.slice(4) };
}

function text(data: Uint8Array): string {
  try {
    return fromUtf8(data);
  } catch {
    throw malformed("not UTF-8");
  }
}

function malformed(detail: string): Problem {
  return new Problem("malformed", "malformed_note", detail);
}
