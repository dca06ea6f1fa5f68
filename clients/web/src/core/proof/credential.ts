/**
 * The signed credential in a shipper label's second symbol: checked on a phone, with no network.
 * The twin of `ledger/labels/credential.py`.
 *
 * It says that the log held this label at a checkpoint, and nothing of what came later: whoever
 * shows it says "genuine, as of T; whether still current is not known", never "valid".
 */
import { concat, equal, fromBase45, type Bytes } from "../bytes";
import { Problem } from "../problem";
import { dumps, loads, type Cbor, type CborMap } from "./cbor";
import type { VerifierKey } from "./note";
import { ED25519 } from "./publickey";
import { isBytes, sigStructure } from "./statement";

export const CREDENTIAL_PREFIX = "UB1:";
const CONTENT = "application/vnd.unbroken.label-credential+cwt; v=1";
const MAX_TEXT = 1_200; // characters: no symbol that fits a label holds more
const [ALG, CONTENT_TYPE, KID] = [1, 3, 4] as const;
const [ISS, SUB, IAT] = [1, 2, 6] as const; // RFC 8392 §4
const [SIZE, ROOT, POSITION, STATEMENT, SERIAL] = [-65537, -65538, -65539, -65540, -65541] as const;
const TAG = Uint8Array.of(0xd2);

/** Entry `position`, whose statement has the id `statement`, issued this label; the tree of `size`
 * with `root` covers it. `issuedS`: Unix seconds, as the log claims. */
export interface Credential {
  origin: string;
  issuedS: number;
  container: string;
  serial: string;
  position: number;
  statement: Bytes;
  size: number;
  root: Bytes;
}

/** 1 the bytes are in our one form; 2 this log and this key; 3 the signature. `text`: as scanned.
 * Throws `Problem` `malformed_credential`, `bad_credential`. */
export async function verifyCredential(text: string, vkey: VerifierKey): Promise<Credential> {
  const { found, kid, signature } = parse(fromText(text));
  if (found.origin !== vkey.name || !equal(kid, vkey.public.kid)) {
    throw bad(`a credential by ${found.origin.slice(0, 80)}, where ${vkey.name} and its key are due`);
  }
  try {
    await vkey.public.verify(ED25519, signature, sigStructure(header(kid), payload(found)));
  } catch (error) {
    throw bad(error instanceof Problem ? error.detail : String(error));
  }
  return found;
}

function fromText(text: string): Bytes {
  if (text.length > MAX_TEXT || !text.startsWith(CREDENTIAL_PREFIX)) throw malformed();
  try {
    return fromBase45(text.slice(CREDENTIAL_PREFIX.length));
  } catch {
    throw malformed();
  }
}

function parse(raw: Bytes): { found: Credential; kid: Bytes; signature: Bytes } {
  const { found, kid, signature } = read(raw);
  const texts = [found.origin, found.container, found.serial].every((text) => typeof text === "string" && text);
  const numbers = [found.issuedS, found.size, found.position].every((number) => Number.isSafeInteger(number) && number >= 0);
  const blobs = isBytes(found.statement, 32) && isBytes(found.root, 32) && isBytes(kid) && isBytes(signature, 64);
  if (!texts || !numbers || !blobs || found.position >= found.size) throw malformed();
  if (!equal(concat(TAG, dumps([header(kid), new Map(), payload(found), signature])), raw)) throw malformed();
  return { found, kid, signature };
}

/** The values, wherever they stand: what is built again from them must equal the bytes. */
function read(raw: Bytes): { found: Credential; kid: Bytes; signature: Bytes } {
  try {
    const [protectedHeader, , body, signature] = loads(raw.subarray(1)) as [Bytes, CborMap, Bytes, Bytes];
    const kid = (loads(protectedHeader) as CborMap).get(KID) as Bytes;
    const claims = loads(body) as CborMap;
    const found = {
      origin: claims.get(ISS) as string,
      issuedS: claims.get(IAT) as number,
      container: claims.get(SUB) as string,
      serial: claims.get(SERIAL) as string,
      position: claims.get(POSITION) as number,
      statement: claims.get(STATEMENT) as Bytes,
      size: claims.get(SIZE) as number,
      root: claims.get(ROOT) as Bytes,
    };
    return { found, kid, signature };
  } catch {
    throw malformed();
  }
}

function header(kid: Bytes): Bytes {
  return dumps(new Map<Cbor, Cbor>([[ALG, ED25519], [CONTENT_TYPE, CONTENT], [KID, kid]]));
}

function payload(one: Credential): Bytes {
  const claims: [Cbor, Cbor][] = [
    [ISS, one.origin], [SUB, one.container], [IAT, one.issuedS], [SIZE, one.size],
    [ROOT, one.root], [POSITION, one.position], [STATEMENT, one.statement], [SERIAL, one.serial],
  ];
  return dumps(new Map(claims));
}

function malformed(): Problem {
  return new Problem("malformed", "malformed_credential", "not a label's credential in the one form that is written here");
}

function bad(detail: string): Problem {
  return new Problem("proof_invalid", "bad_credential", detail);
}
