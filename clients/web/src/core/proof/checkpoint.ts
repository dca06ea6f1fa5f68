/** The signed tree head: c2sp.org/tlog-checkpoint with the log's own timestamped cosignature. */
import { toBase64, utf8, type Bytes } from "../bytes";
import { Problem } from "../problem";
import { HASH_SIZE } from "./hash";
import { checkSignature, COSIGNATURE, find, parseNote, SIGNATURE, unbase64, type VerifierKey } from "./note";

const MAX_TIME = 2n ** 63n - 1n; // c2sp.org/tlog-cosignature: "It MUST NOT exceed 2^63 - 1"

/** A tree head: `size` entries (below 2^53 here), `root` of 32 bytes, and lines of extensions. */
export interface Checkpoint {
  origin: string;
  size: number;
  root: Bytes;
  extensions: string[];
}

/** `timeS`: seconds since the epoch, as the log says. */
export interface SignedCheckpoint extends Checkpoint {
  timeS: number;
}

/** Throws `Problem` `malformed_checkpoint`. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = "", size = "", root = "", ...rest] = text.split("\n");
  const extensions = rest.slice(0, -1);
  if (!origin || rest.at(-1) !== "" || extensions.includes("")) {
    throw malformed("a checkpoint is origin, size, root and no empty line");
  }
  if (!/^(0|[1-9][0-9]*)$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw malformed(`${size.slice(0, 40)} is not a tree size`);
  }
  const hashed = unbase64(root);
  if (hashed.length !== HASH_SIZE) throw malformed("the root is not 32 bytes of base64");
  return { origin, size: Number(size), root: hashed, extensions };
}

/** The body of a checkpoint as it is signed. */
export function bodyOf({ origin, size, root, extensions }: Checkpoint): string {
  return [origin, String(size), toBase64(root), ...extensions, ""].join("\n");
}

/** c2sp.org/tlog-cosignature: header line, time line, the whole checkpoint body. */
export function cosignedMessage(body: string, timeS: bigint): Bytes {
  return utf8(`cosignature/v1\ntime ${timeS}\n${body}`);
}

/** Checks both lines of the log's key. Throws `Problem` `bad_checkpoint`. */
export async function openCheckpoint(data: Uint8Array, vkey: VerifierKey): Promise<SignedCheckpoint> {
  const { text, head, plain, stamped } = await read(data, vkey);
  const timeS = new DataView(stamped.buffer, stamped.byteOffset).getBigUint64(0);
  if (head.origin !== vkey.name || timeS > MAX_TIME) {
    throw bad(`a checkpoint of ${head.origin}, where ${vkey.name} is due`);
  }
  await checkSignature(vkey, plain, utf8(text), "bad_checkpoint");
  await checkSignature(vkey, stamped.slice(8), cosignedMessage(text, timeS), "bad_checkpoint");
  return { ...head, timeS: Number(timeS) };
}

async function read(data: Uint8Array, vkey: VerifierKey): Promise<{ text: string; head: Checkpoint; plain: Bytes; stamped: Bytes }> {
  try {
    const note = parseNote(data);
    const head = parseCheckpoint(note.text);
    const [plain, stamped] = [await find(note, vkey, SIGNATURE), await find(note, vkey, COSIGNATURE)];
    if (stamped.length !== 72) throw bad("a cosignature is 8 bytes of time and 64 of signature");
    return { text: note.text, head, plain, stamped };
  } catch (error) {
    throw error instanceof Problem ? bad(error.detail) : error;
  }
}

function malformed(detail: string): Problem {
  return new Problem("malformed", "malformed_checkpoint", detail);
}

function bad(detail: string): Problem {
  return new Problem("proof_invalid", "bad_checkpoint", detail);
}
