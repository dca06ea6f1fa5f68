/** Step 9: every file is the one that the manifest names, the log's key signed the manifest, and the bundle
 * is what the entry that asked for it asked for. */
import { toHex, type Bytes } from "../bytes";
import { isObject } from "../canonical";
import { Problem, said } from "../problem";
import { sha256 } from "../proof/hash";
import { vkeyText, type VerifierKey } from "../proof/note";
import { sha256Sync } from "../proof/sha256";
import type { Contents } from "./contents";
import { checkClaim } from "./cosigned";
import type { AuditedEntry } from "./entries";
import type { Heads } from "./heads";
import { checkSignature, isName, MANIFEST, SIGNATURE, type Manifest } from "./manifest";
import { labelProblems } from "./labels";
import { proofProblems } from "./proofs";
import type { Findings } from "./report";
import type { Tree } from "./tree";

const ASKING = ["TherapyExportRequested", "ExportRequested"];

export class RequestCheck {
  private readonly files: Contents;
  private readonly manifest: Manifest;
  private readonly vkey: VerifierKey;
  private readonly findings: Findings;

  constructor(files: Contents, manifest: Manifest, vkey: VerifierKey, findings: Findings) {
    [this.files, this.manifest, this.vkey, this.findings] = [files, manifest, vkey, findings];
  }

  /** What needs no entry: the files and the manifest's signature. */
  async checkFiles(heads: Heads): Promise<void> {
    const { files } = this.manifest;
    const listed = [...files.map((one) => one.name), MANIFEST, SIGNATURE];
    if (listed.join("\n") !== this.files.names.join("\n")) this.odd("it does not list exactly the files that are there, in their order");
    for (const one of files) {
      await this.checkFile(one).catch((error: unknown) => this.odd(`${one.name}: ${said(error)}`));
    }
    await this.checkSignature(heads);
  }

  private async checkFile({ name, size, sha256: digest }: Manifest["files"][number]): Promise<void> {
    const content = this.files.file(name);
    if (!isName(name)) throw new Problem("malformed", "malformed_archive", "a bundle has no such file");
    if (content.length !== size || toHex(await sha256(content)) !== digest) {
      throw new Problem("proof_invalid", "bad_digest", "it is not the file that the manifest names");
    }
    if (name.startsWith("evidence/") && name !== `evidence/${digest}`) {
      throw new Problem("proof_invalid", "bad_digest", "it has another SHA-256 than its name");
    }
  }

  private async checkSignature(heads: Heads): Promise<void> {
    try {
      const signed: Bytes = Uint8Array.from(this.files.file(MANIFEST));
      await checkSignature(this.files.file(SIGNATURE), signed, this.vkey.public);
    } catch (error) {
      this.odd(`the log's key did not sign it: ${said(error)}`);
    }
    const last = heads.last;
    const { origin, logKey, size, root } = this.manifest;
    if (origin !== this.vkey.name || logKey !== (await vkeyText(this.vkey))) this.odd("it names another log or key");
    if (last && (size !== last.size || root !== toHex(last.root))) this.odd("it names another head than the last checkpoint here");
  }

  /** What the entries say: who asked for what, and which loggers' files belong here. */
  async checkEntries(entries: readonly AuditedEntry[], tree: Tree, heads: Heads): Promise<void> {
    const asked = entries.find((one) => one.position === this.manifest.request.position);
    const short = this.checkRequest(asked, heads) ? this.toldShort(asked!) : "";
    this.checkLeftOut(entries, tree);
    await this.checkExtras(entries, tree, heads);
    await this.checkClaim(heads);
    const told = `${this.manifest.files.length} files, ${tree.hidden} entries that stand as hashes were left out`;
    this.findings.done(9, `${told}${short}`, !short);
  }

  /** True where it asks for this bundle. */
  private checkRequest(asked: AuditedEntry | undefined, heads: Heads): boolean {
    const { position, statementId } = this.manifest.request;
    if (!asked || toHex(sha256Sync(asked.raw)) !== statementId) {
      this.odd(`entry ${position} is not the request that it names`);
      return false;
    }
    if (heads.covering(position) !== heads.last) this.findings.wrong(9, position, "an earlier checkpoint than the last covers the request");
    const { type, scope } = asked.payload;
    const wantsAll = type === "ExportRequested" && scope === "log" && this.manifest.whole !== null;
    if (!ASKING.includes(String(type))) this.findings.wrong(9, position, `${String(type)} asks for no bundle`);
    else if (wantsAll) this.findings.wrong(9, position, "it asks for the whole log, and only some tags are called whole");
    else return true;
    return false;
  }

  /** The tags that must be whole, where the whole log was not asked for. */
  private wanted(asked: AuditedEntry): string[] {
    const { scope, which, type } = asked.payload;
    if (type === "TherapyExportRequested") return [asked.stream];
    const given = this.manifest.therapies?.given ?? [];
    return [`log/${this.vkey.name}`, `${String(scope)}/${String(which)}`, ...given.map((coi) => `chain/${coi}`)];
  }

  /** What is not given whole, although it was asked for. */
  private toldShort(asked: AuditedEntry): string {
    const { whole, therapies } = this.manifest;
    if (whole === null) return "";
    const there = new Set(whole);
    const missing = this.wanted(asked).filter((tag) => !there.has(tag)).toSorted();
    const isSaid = asked.payload["type"] === "TherapyExportRequested" || therapies !== null;
    return [
      missing.length ? `; NOT WHOLE: who asked for ${missing.join(", ")} may not read all of it` : "",
      isSaid ? "" : "; NOT WHOLE: the manifest does not say which therapies belong to it",
      therapies?.unreadable ? `; NOT WHOLE: who asked may not read ${therapies.unreadable} therapies that belong to it` : "",
    ].join("");
  }

  private checkLeftOut(entries: readonly AuditedEntry[], tree: Tree): void {
    const { leftOut, whole } = this.manifest;
    if (whole === null && tree.hidden) this.odd("it says that the whole log is given, and some of it stands as hashes");
    if (leftOut.entries !== tree.hidden) this.odd(`${tree.hidden} entries stand as hashes, not ${leftOut.entries}`);
    const [named, here] = [new Set(entries.flatMap(filesIn)), new Set(this.files.inFolder("evidence").map((name) => name.slice("evidence/".length)))];
    for (const one of here) if (!named.has(one)) this.odd(`no entry here names the file evidence/${one}`);
    const missing = [...named].filter((one) => !here.has(one)).toSorted();
    if (missing.join() !== [...new Set(leftOut.files)].toSorted().join()) this.odd("it does not name just the files that are missing");
  }

  /** Labels' pictures and single entries' proofs are of what is given here. */
  private async checkExtras(entries: readonly AuditedEntry[], tree: Tree, heads: Heads): Promise<void> {
    const said = entries.filter(({ payload }) => payload["type"] === "LabelPrinted");
    const printed = new Map(said.map(({ payload }) => [String(payload["digest"]), Number(payload["dpi"])]));
    const pictures = new Map(this.files.inFolder("labels").map((name) => [name, this.files.peek(name)]));
    const proved = { contentOf: (name: string) => this.files.file(name), raws: tree.raws, heads: heads.opened, vkey: this.vkey };
    const { labels, proofs } = this.manifest;
    for await (const what of labelProblems(pictures, printed, labels?.leftOut ?? null)) this.odd(what);
    for await (const what of proofProblems(this.files.inFolder("proofs"), proofs?.entries ?? 0, proved)) this.odd(what);
  }

  /** The head that meets the operator's policy, as the bundle says, does. */
  private async checkClaim(heads: Heads): Promise<void> {
    const claim = this.manifest.witnessed;
    if (!claim) return;
    await checkClaim(claim, this.vkey, heads).catch((error: unknown) => {
      this.odd(`it names a witness policy that is not met: ${said(error)}`);
    });
  }

  private odd(what: string): void {
    this.findings.wrong(9, null, `${MANIFEST}: ${what}`);
  }
}

/** The loggers' files that an entry names, by SHA-256: the readings' own, and how it was read. */
export function filesIn({ payload }: AuditedEntry): string[] {
  if (payload["type"] !== "TemperatureEvidenceAttached") return [];
  const mapping = isObject(payload["read_as"]) ? payload["read_as"]["mapping"] : undefined;
  return [payload["raw"], mapping].filter((one) => typeof one === "string");
}
