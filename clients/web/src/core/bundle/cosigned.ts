/** Step 8, for whoever has a witness policy, and what a bundle says of its operator's own: the twin of
 * `ledger/verify/witnesses.py`. The policy comes from outside the bundle, as the log's key does. */
import { equal } from "../bytes";
import { Problem, said } from "../problem";
import { parseCheckpoint, type SignedCheckpoint } from "../proof/checkpoint";
import { parseNote, type VerifierKey } from "../proof/note";
import { asksSomebody, cosignersOf, isMetBy, knowsLog, mustWatch, parsePolicy, type Policy } from "../proof/witnesses";
import type { Manifest } from "./manifest";
import type { Findings } from "./report";

const [STEP, NAME] = [8, "Witnesses cosigned the newest checkpoint, as the policy asks"] as const;
export const NOBODY =
  "NO WITNESS POLICY WAS GIVEN, so no witness was asked: another history may have been shown to somebody else.";

/** The checkpoints of a bundle: all notes, or null where they cannot be read to their end; those that opened. */
export interface Heads {
  notes: readonly Uint8Array[] | null;
  opened: readonly SignedCheckpoint[];
}

/** What witnesses say of the whole, in a sentence. */
export async function checkCosigned(policy: Policy, vkey: VerifierKey, heads: Heads, findings: Findings): Promise<string> {
  findings.add(STEP, NAME);
  if (!knowsLog(policy, vkey)) {
    findings.wrong(STEP, null, `the policy is not about the log ${vkey.name}`);
    findings.done(STEP, "no witness of this log was asked");
    return sentenceOf(0, 0);
  }
  const by = await cosignedBy(policy, vkey, heads, findings);
  if (!asksSomebody(policy)) {
    findings.done(STEP, "quorum none: the policy asks for no witness", false);
    return NOBODY;
  }
  const met = Math.max(0, ...[...by].filter(([, names]) => isMetBy(policy, new Set(names.keys()))).map(([size]) => size));
  const size = heads.opened.at(-1)?.size ?? 0;
  if (!met && size) findings.wrong(STEP, null, `the newest checkpoint, of ${size} entries, is not cosigned by enough witnesses: no head meets the policy`);
  findings.done(STEP, detailOf(policy, by, met, size), met === size);
  return sentenceOf(met, size);
}

/** By size: who cosigned a head that the log's key opened, and when. */
async function cosignedBy(policy: Policy, vkey: VerifierKey, heads: Heads, findings: Findings): Promise<Map<number, Map<string, bigint>>> {
  const by = new Map<number, Map<string, bigint>>();
  const roots = new Map(heads.opened.map((one) => [one.size, one.root]));
  for (const data of heads.notes ?? []) {
    try {
      const note = parseNote(data);
      const head = parseCheckpoint(note.text);
      const names = await cosignersOf(policy, note);
      const known = roots.get(head.size);
      if (known && equal(known, head.root) && head.origin === vkey.name) by.set(head.size, new Map([...(by.get(head.size) ?? []), ...names]));
    } catch (error) {
      findings.wrong(STEP, null, `checkpoint ${sizeOf(data)}: ${said(error)}`);
    }
  }
  return by;
}

function detailOf(policy: Policy, by: Map<number, Map<string, bigint>>, met: number, size: number): string {
  if (!met) return `quorum ${policy.quorum}: not met by any of ${by.size} checkpoints`;
  const names = [...by.get(met)!].toSorted().map(([name, time]) => `${name} at ${moment(time)}`);
  return `quorum ${policy.quorum}: met up to ${met} of ${size} entries, by ${names.join(", ")}`;
}

function sentenceOf(met: number, size: number): string {
  if (!met) return "No witness policy is met: another history may have been shown to somebody else.";
  if (met < size) return `The head of ${met} entries is cosigned as the policy asks; those behind it are not.`;
  return `The head of ${size} entries is cosigned as the policy asks: nobody is shown another history.`;
}

/** Throws `Problem`: the head that the bundle names does not meet the policy that it names. */
export async function checkClaim(claim: NonNullable<Manifest["witnessed"]>, vkey: VerifierKey, heads: Heads): Promise<void> {
  const policy = await parsePolicy(claim.policy);
  mustWatch(policy, vkey);
  if (!asksSomebody(policy) || !knowsLog(policy, vkey)) throw unmet("it asks for no witness of this log");
  if (!heads.opened.some((one) => one.size === claim.size)) throw unmet(`no checkpoint of ${claim.size} entries is here`);
  if (!heads.notes) throw unmet("the checkpoints cannot be read to their end");
  const by = new Set<string>();
  for (const data of heads.notes.filter((one) => sizeOf(one) === claim.size)) {
    for (const name of (await cosignersOf(policy, parseNote(data))).keys()) by.add(name);
  }
  if (!isMetBy(policy, by)) throw unmet(`${[...by].toSorted().join(", ") || "nobody"} cosigned its head of ${claim.size} entries`);
}

/** What a bundle says of its operator's policy. */
export async function claimed(claim: Manifest["witnessed"]): Promise<string> {
  if (!claim) return "The bundle names no policy that its heads meet.";
  const policy = await parsePolicy(claim.policy).catch(() => null);
  if (!policy) return "The bundle names a policy that cannot be read.";
  const names = [...policy.witnesses.keys()].join(", ");
  return (
    `The bundle says that its head of ${claim.size} entries meets the operator's own policy, with the witnesses ` +
    `${names}: whether these are anybody's but the operator's, nothing here shows.`
  );
}

/** The size that a note says, as far as it says one. */
function sizeOf(data: Uint8Array): number {
  const line = new TextDecoder("latin1").decode(data).split("\n", 2)[1] ?? "";
  return /^[0-9]{1,19}$/.test(line) ? Number(line) : 0;
}

function moment(timeS: bigint): string {
  const date = new Date(Number(timeS) * 1000);
  return Number.isNaN(date.getTime()) ? `${timeS} s` : `${date.toISOString().slice(0, 19)}Z`;
}

function unmet(detail: string): Problem {
  return new Problem("proof_invalid", "policy_not_met", detail);
}
