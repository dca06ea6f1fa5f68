/**
 * Receipts (RFC 9942): a COSE_Sign1 whose detached payload is the root that its inclusion proof
 * leads to. The twin of `ledger/proof/receipt.py`, which says why ours sign the tree size.
 */
import { concat, equal, type Bytes } from "../bytes";
import { Problem } from "../problem";
import { dumps, loads, type Cbor, type CborMap } from "./cbor";
import { HASH_SIZE } from "./hash";
import { leafHash, rootOfInclusion } from "./merkle";
import type { VerifierKey } from "./note";
import { ED25519, ES256 } from "./publickey";
import { isBytes, sigStructure } from "./statement";

const [ALG, KID, CLAIMS, VDS, VDP] = [1, 4, 15, 395, 396] as const; // RFC 9942 §4
const [RFC9162_SHA256, INCLUSION] = [1, -1] as const; // RFC 9942 §5
const [ISS, SUB, IAT] = [1, 2, 6] as const;
const SIZE = -65537; // CWT claims below -65536 are for private use (RFC 8392 §9.1)
const TAG = Uint8Array.of(0xd2);

/** Entry `index` of the tree of `size`, at `timeS` (claimed by the log). */
export interface Receipt {
  origin: string;
  alg: number;
  kid: Bytes;
  timeS: number;
  size: number;
  index: number;
  proof: Bytes[];
  protected: Bytes;
  signature: Bytes;
}

/** Strict: only what the ledger writes. Throws `Problem` `malformed_receipt`. */
export function parseReceipt(data: Uint8Array): Receipt {
  const found = read(data);
  const sound =
    (found.alg === ED25519 || found.alg === ES256) &&
    [found.timeS, found.size, found.index].every((number) => Number.isSafeInteger(number) && number >= 0) &&
    found.proof.length > 0 &&
    [found.kid, ...found.proof].every((blob) => isBytes(blob, HASH_SIZE)) &&
    isBytes(found.signature, 64);
  if (!sound || !equal(written(found), data)) {
    throw malformed("not a receipt in the one form that is written here");
  }
  return found;
}

/** The receipt, and the root that it proves, once that is signed by the log's key.
 * Throws `Problem` `bad_receipt`. */
export async function verifyReceipt(
  data: Uint8Array, entry: Uint8Array, vkey: VerifierKey,
): Promise<Receipt & { root: Bytes }> {
  try {
    const found = parseReceipt(data);
    if (found.origin !== vkey.name || !equal(found.kid, vkey.public.kid)) {
      throw malformed(`a receipt by ${found.origin}, where ${vkey.name} is due`);
    }
    const root = await rootOfInclusion(await leafHash(entry), found.index, found.size, found.proof);
    await vkey.public.verify(found.alg, found.signature, sigStructure(found.protected, root));
    return { ...found, root };
  } catch (error) {
    throw error instanceof Problem ? new Problem("proof_invalid", "bad_receipt", error.detail) : error;
  }
}

/** The values, wherever they stand: what is built again from them must equal the bytes. */
function read(data: Uint8Array): Receipt {
  try {
    const [header, unprotected, , signature] = loads(data.subarray(1)) as [Bytes, CborMap, null, Bytes];
    const members = loads(header) as CborMap;
    const claims = members.get(CLAIMS) as CborMap;
    const [inclusion] = (unprotected.get(VDP) as CborMap).get(INCLUSION) as [Bytes];
    const [size, index, proof] = loads(inclusion) as [number, number, Bytes[]];
    return {
      origin: claims.get(ISS) as string,
      alg: members.get(ALG) as number,
      kid: members.get(KID) as Bytes,
      timeS: claims.get(IAT) as number,
      size,
      index,
      proof: [...proof],
      protected: header,
      signature,
    };
  } catch {
    throw malformed("not the structure of a receipt");
  }
}

function written(found: Receipt): Bytes {
  const { origin, alg, kid, timeS, size, index, proof } = found;
  const claims: CborMap = new Map<Cbor, Cbor>([[ISS, origin], [SUB, origin], [IAT, timeS], [SIZE, size]]);
  const header = dumps(new Map<Cbor, Cbor>([[ALG, alg], [KID, kid], [CLAIMS, claims], [VDS, RFC9162_SHA256]]));
  const inclusion: CborMap = new Map<Cbor, Cbor>([[INCLUSION, [dumps([size, index, proof])]]]);
  const unprotected: CborMap = new Map<Cbor, Cbor>([[VDP, inclusion]]);
  return concat(TAG, dumps([header, unprotected, null, found.signature]));
}

function malformed(detail: string): Problem {
  return new Problem("malformed", "malformed_receipt", detail);
}
