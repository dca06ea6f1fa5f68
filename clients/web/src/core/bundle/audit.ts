/**
 * The audit of a bundle in a browser, with no network: the steps of `ledger/verify/bundle.py` under the
 * same numbers, written apart from it.
 *
 * Done here: 1 to 5, 9, 8 and 10 for whoever brings a witness policy or a head, and 13, a short story that
 * this page tells by itself. Steps 6 and 7, the replay of
 * the rules and the loggers' own files, take the ledger's own program (`unbroken verify`); the report says
 * so and calls nothing whole without them.
 * Without a key from outside, step 1 is not done whatever else holds.
 */
import { Problem, said } from "../problem";
import type { Holding } from "../story/bag";
import { storyEntry } from "../story/entry";
import { tellStory } from "../story/story";
import { parseVkey, type VerifierKey } from "../proof/note";
import { mustWatch, type Policy, parsePolicy } from "../proof/witnesses";
import { openArchive } from "./archive";
import { Contents } from "./contents";
import { checkCosigned, claimed, NOBODY } from "./cosigned";
import { Entries, type AuditedEntry } from "./entries";
import { openHeads, type Heads } from "./heads";
import { HeldHead } from "./held";
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
  witnessed: string;
  unchecked: { stamps: number; secondKey: boolean }; // time stamps here; whether the log names a second key
  entries: AuditedEntry[];
  hidden: number;
  holdings: Holding[]; // as step 13 joined the hand-overs
  evidence: ReadonlySet<string>; // loggers' files that are here, by SHA-256
  pictures: ReadonlyMap<string, Uint8Array>; // of printed labels, as PNG, by digest
}

/** What a reader brings beside the key: a witness policy, and a signed head from elsewhere; empty for none. */
export interface Brought {
  policy?: string;
  note?: string;
}

/** `vkey` empty: the key that the bundle names, and nothing pins the log. Throws `Problem` `malformed_vkey`,
 * `malformed_policy` for a key or policy that is none; whatever the bundle holds is in the report. */
export async function auditBundle(data: Uint8Array, vkey: string, brought: Brought = {}): Promise<BundleReport> {
  const given = vkey ? await parseVkey(vkey.trim()) : null;
  const policy = brought.policy ? await parsePolicy(brought.policy) : null;
  const findings = new Findings();
  try {
    const files = new Contents(openArchive(data));
    const manifest = readManifest(files.file(MANIFEST));
    const pinned = given ?? (await parseVkey(manifest.logKey));
    if (policy) mustWatch(policy, pinned);
    return await new Audit(files, manifest, pinned, given !== null, findings).run(policy, brought.note ?? "");
  } catch (error) {
    if (!(error instanceof Problem) || error.code === "malformed_policy") throw error; // what the reader brought
    findings.wrong(9, null, `the bundle cannot be read: ${said(error)}`);
    const origin = given?.name ?? "?";
    const nothing = { origin, size: 0, pinned: given !== null, proved: "Nothing is proved.", witnessed: NOBODY, unchecked: { stamps: 0, secondKey: false }, entries: [], hidden: 0, holdings: [], evidence: new Set<string>(), pictures: new Map<string, Uint8Array>() };
    return { ...nothing, steps: findings.steps, firstWrong: findings.firstWrong };
  }
}

class Audit {
  private readonly files: Contents;
  private readonly manifest: Manifest;
  private readonly vkey: VerifierKey;
  private readonly pinned: boolean;
  private readonly findings: Findings;

  constructor(files: Contents, manifest: Manifest, vkey: VerifierKey, pinned: boolean, findings: Findings) {
    [this.files, this.manifest, this.vkey, this.pinned, this.findings] = [files, manifest, vkey, pinned, findings];
  }

  async run(policy: Policy | null, note: string): Promise<BundleReport> {
    const { files, manifest, vkey, findings } = this;
    const held = note ? await HeldHead.open(note, vkey, findings) : null;
    const heads = await openHeads(files, vkey, this.pinned, findings);
    const witnessed = policy ? await checkCosigned(policy, vkey, heads, findings) : `${NOBODY} ${await claimed(manifest.witnessed)}`;
    const request = new RequestCheck(files, manifest, vkey, findings);
    await request.checkFiles(heads);
    const [tree, entries] = [new Tree(findings), new Entries(vkey, heads, findings)];
    if (heads.last) await this.checkEntries(request, heads, tree, entries, held);
    const holdings = heads.last && findings.isRight(2, 3, 4, 5) ? told(entries.read, manifest, findings) : [];
    return {
      origin: vkey.name, size: heads.last?.size ?? 0, pinned: this.pinned, steps: findings.steps, firstWrong: findings.firstWrong,
      proved: proved(findings, tree.committed, this.pinned), witnessed: heads.last ? witnessed : NOBODY,
      unchecked: {
        stamps: files.inFolder("timestamps").length,
        secondKey: entries.read.some((one) => one.payload["type"] === "CheckpointKeyAdded"),
      },
      entries: entries.read, hidden: tree.hidden, holdings,
      evidence: new Set(files.inFolder("evidence").map((name) => name.slice("evidence/".length))),
      pictures: new Map(files.inFolder("labels").map((name) => [name.slice("labels/".length, -".png".length), files.peek(name)])),
    };
  }

  private async checkEntries(request: RequestCheck, heads: Heads, tree: Tree, entries: Entries, held: HeldHead | null): Promise<void> {
    tree.check(this.files, heads, held);
    await entries.check(tree.raws);
    this.findings.done(6, "NOT done here: the rules are replayed by `unbroken verify`", false);
    this.findings.done(7, "NOT done here: loggers' files are read by `unbroken verify`", false);
    await request.checkEntries(entries.read, tree, heads);
    held?.compare(tree.committed, heads.last!.size);
  }
}

/** Step 13. */
function told(entries: readonly AuditedEntry[], manifest: Manifest, findings: Findings): Holding[] {
  const { wrong, judged, unjudged, waiting, holdings } = tellStory(entries.map(storyEntry), manifest.whole);
  for (const [position, what] of wrong) findings.wrong(13, position, what);
  const rest = unjudged ? `; ${unjudged} were NOT judged: the therapy or the signer is not given whole` : "";
  const open = waiting ? `; ${waiting} acceptances wait for their release` : "";
  findings.done(13, `${judged} entries told again${open}${rest}`, !unjudged);
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
