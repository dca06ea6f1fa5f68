/**
 * The audit of a bundle in a browser, with no network: the steps of `ledger/verify/bundle.py` under the
 * same numbers, written apart from it.
 *
 * Done here: 1 to 5, 9, and 10, a short story that this page tells by itself. Steps 6 and 7, the replay of
 * the rules and the loggers' own files, take the ledger's own program (`unbroken verify`); the report says
 * so and calls nothing whole without them.
 * Without a key from outside, step 1 is not done whatever else holds.
 */
import { Problem, said } from "../problem";
import type { Holding } from "../story/custody";
import { storyEntry } from "../story/entry";
import { tellStory } from "../story/story";
import { parseVkey, type VerifierKey } from "../proof/note";
import { openArchive } from "./archive";
import { Contents } from "./contents";
import { Entries, type AuditedEntry } from "./entries";
import { openHeads } from "./heads";
import { MANIFEST, readManifest, type Manifest } from "./manifest";
import { Findings, type Step } from "./report";
import { RequestCheck } from "./request";
import { Tree } from "./tree";

export type { AuditedEntry } from "./entries";

export interface BundleReport {
  origin: string;
  size: number;
  pinned: boolean;
  steps: readonly Step[];
  firstWrong: Findings["firstWrong"];
  proved: string;
  entries: AuditedEntry[];
  hidden: number;
  holdings: Holding[];
}

/** `vkey` empty: the key that the bundle names, and nothing pins the log. Throws `Problem` `malformed_vkey`
 * for a key that is none; whatever the bundle holds is in the report. */
export async function auditBundle(data: Uint8Array, vkey: string): Promise<BundleReport> {
  const given = vkey ? await parseVkey(vkey.trim()) : null;
  const findings = new Findings();
  try {
    const files = new Contents(openArchive(data));
    const manifest = readManifest(files.file(MANIFEST));
    return await audited(files, manifest, given ?? (await parseVkey(manifest.logKey)), given !== null, findings);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    findings.wrong(9, null, `the bundle cannot be read: ${said(error)}`);
    const origin = given?.name ?? "?";
    const nothing = { origin, size: 0, pinned: given !== null, proved: "Nothing is proved.", entries: [], hidden: 0, holdings: [] };
    return { ...nothing, steps: findings.steps, firstWrong: findings.firstWrong };
  }
}

async function audited(files: Contents, manifest: Manifest, vkey: VerifierKey, pinned: boolean, findings: Findings): Promise<BundleReport> {
  const heads = await openHeads(files, vkey, pinned, findings);
  const request = new RequestCheck(files, manifest, vkey, findings);
  await request.checkFiles(heads);
  const [tree, entries] = [new Tree(findings), new Entries(vkey, heads, findings)];
  if (heads.last) {
    tree.check(files, heads);
    await entries.check(tree.raws);
    findings.done(6, "NOT done here: the rules are replayed by `unbroken verify`", false);
    findings.done(7, "NOT done here: loggers' files are read by `unbroken verify`", false);
    request.checkEntries(entries.read, tree, heads);
  }
  const holdings = findings.isRight(2, 3, 4, 5) && heads.last ? told(entries.read, manifest, findings) : [];
  return {
    origin: vkey.name, size: heads.last?.size ?? 0, pinned, steps: findings.steps, firstWrong: findings.firstWrong,
    proved: proved(findings, tree.committed, pinned), entries: entries.read, hidden: tree.hidden, holdings,
  };
}

/** Step 10. */
function told(entries: readonly AuditedEntry[], manifest: Manifest, findings: Findings): Holding[] {
  const { wrong, judged, unjudged, waiting, holdings } = tellStory(entries.map(storyEntry), manifest.whole);
  for (const [position, what] of wrong) findings.wrong(10, position, what);
  const rest = unjudged ? `; ${unjudged} were NOT judged: the therapy or the signer is not given whole` : "";
  const open = waiting ? `; ${waiting} acceptances wait for their release` : "";
  findings.done(10, `${judged} entries told again${open}${rest}`, !unjudged);
  return holdings;
}

function proved(findings: Findings, committed: number, pinned: boolean): string {
  if (!committed) return "Nothing about the entries: no checkpoint's root came out of them.";
  const outside = pinned ? "" : "Only that the bundle agrees with itself. ";
  const tree = `All that is given of entries 0 to ${committed - 1} is what checkpoint ${committed} covers.`;
  const bad = [...findings.step(4).problems, ...findings.step(5).problems].map((one) => one.position ?? 0);
  const signed = bad.length ? `Before entry ${Math.min(...bad)} it` : "It";
  return `${outside}${tree} ${signed} is signed with keys that the log itself enrolled.`;
}
