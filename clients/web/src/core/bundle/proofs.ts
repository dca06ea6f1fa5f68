/** Proofs of single entries in a bundle, for tools that know nothing of bundles: the twin of
 * `ledger/verify/bundle_proofs.py`. */
import { equal } from "../bytes";
import { Problem, said } from "../problem";
import type { SignedCheckpoint } from "../proof/checkpoint";
import type { VerifierKey } from "../proof/note";
import { verifyReceipt } from "../proof/receipt";
import { verifyTlogProof } from "../proof/tlogproof";
import { PROOF } from "./manifest";

/** What a bundle has: a file's bytes by its name (throws `Problem`), entries by position, heads, the log's key. */
export interface Proved {
  contentOf(name: string): Uint8Array;
  raws: ReadonlyMap<number, Uint8Array>;
  heads: readonly SignedCheckpoint[];
  vkey: VerifierKey;
}

/** What is wrong with the files of these names. `count`: entries that the manifest says are proved. */
export async function* proofProblems(names: readonly string[], count: number, bundle: Proved): AsyncGenerator<string> {
  const positions = new Set(names.flatMap((name) => Number(PROOF.exec(name)?.[1] ?? NaN)).filter(Number.isSafeInteger));
  if (positions.size !== count) yield `proofs of ${positions.size} entries are here, and it names another number`;
  for (const position of positions) {
    try {
      await check(position, bundle);
    } catch (error) {
      yield `proofs/${position}: ${said(error)}`;
    }
  }
}

async function check(position: number, { contentOf, raws, heads, vkey }: Proved): Promise<void> {
  const entry = contentOf(`proofs/${position}.cose`);
  const given = raws.get(position);
  if (!given || !equal(given, entry)) throw bad("bad_digest", "it is not the entry that is given at this position");
  const last = heads.at(-1)!;
  const receipt = await verifyReceipt(contentOf(`proofs/${position}.receipt.cose`), entry, vkey);
  const isLast = receipt.size === last.size && equal(receipt.root, last.root) && receipt.timeS === last.timeS;
  if (!isLast || receipt.index !== position) throw bad("bad_receipt", "the receipt is of another position or head");
  const { index, head } = await verifyTlogProof(contentOf(`proofs/${position}.tlog-proof`), entry, vkey);
  if (index !== position) throw bad("bad_tlog_proof", "the tlog-proof is of another position");
  if (!heads.some((one) => one.size === head.size && equal(one.root, head.root))) {
    throw bad("bad_tlog_proof", "the tlog-proof is under a head that is not here");
  }
}

function bad(code: string, detail: string): Problem {
  return new Problem("proof_invalid", code, detail);
}
