/** c2sp.org/tlog-proof: an entry's place under a checkpoint, as a text. The twin of `ledger/proof/receipt.py`. */
import { concat, equal, fromUtf8, toBase64, utf8, type Bytes } from "../bytes";
import { Problem } from "../problem";
import { openCheckpoint, type SignedCheckpoint } from "./checkpoint";
import { leafHash, verifyInclusion } from "./merkle";
import { unbase64, type VerifierKey } from "./note";

const HEADER = "c2sp.org/tlog-proof@v1";

/** The index and the checkpoint, once it covers the entry there. Strict: no extra line.
 * Throws `Problem` `bad_tlog_proof`. */
export async function verifyTlogProof(data: Uint8Array, entry: Uint8Array, vkey: VerifierKey): Promise<{ index: number; head: SignedCheckpoint }> {
  try {
    const { index, proof, note } = parse(data);
    const head = await openCheckpoint(note, vkey);
    await verifyInclusion(await leafHash(entry), index, head.size, proof, head.root);
    return { index, head };
  } catch (error) {
    throw error instanceof Problem ? new Problem("proof_invalid", "bad_tlog_proof", error.detail) : error;
  }
}

function parse(data: Uint8Array): { index: number; proof: Bytes[]; note: Uint8Array } {
  const gap = data.findIndex((byte, at) => byte === 10 && data[at + 1] === 10);
  const [, named = "", ...hashes] = (gap < 0 ? "" : fromUtf8(data.subarray(0, gap))).split("\n");
  const [index, proof, note] = [Number(/^index ([0-9]{1,15})$/.exec(named)?.[1] ?? NaN), hashes.map(unbase64), data.subarray(gap + 2)];
  const again = concat(utf8([HEADER, `index ${index}`, ...proof.map((one) => toBase64(one)), "", ""].join("\n")), note);
  if (!equal(again, data)) throw new Problem("malformed", "malformed_tlog_proof", "not a tlog-proof file");
  return { index, proof, note };
}
