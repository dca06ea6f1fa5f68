/**
 * The audit of a bundle in a browser, with no network: the steps of `ledger/verify/bundle.py` under the
 * same numbers, written apart from it.
 *
 * Done here: 1 to 5, 9, and 8 and 10 for whoever brings a witness policy or a head. Steps 6 and 7, the replay of the rules and the loggers' own files, take
 * the ledger's own program (`unbroken verify`); the report says so and calls nothing whole without them.
 * Without a key from outside, step 1 is not done whatever else holds.
 */
import { equal, fromBase64Url, toHex, type Bytes } from "../bytes";
import { decode, isObject, type JsonObject } from "../canonical";
import { checkAssertion, esignatureIn } from "../esignature";
import { Problem } from "../problem";
import type { EnrolledPasskey } from "../proof/assertion";
import { openCheckpoint, type SignedCheckpoint } from "../proof/checkpoint";
import { sha256 } from "../proof/hash";
import { leafHash } from "../proof/merkle";
import { parseVkey, vkeyText, type VerifierKey } from "../proof/note";
import { PublicKey } from "../proof/publickey";
import * as statement from "../proof/statement";
import { mustWatch, parsePolicy, type Policy } from "../proof/witnesses";
import { openArchive } from "./archive";
import { checkSignature, MANIFEST, readManifest, SIGNATURE, type Manifest } from "./manifest";
import { checkEvent, keysIn } from "./payload";
import { decodeRecords, Fold, type PrunedRecord } from "./pruned";
import { checkClaim, checkCosigned, claimed, NOBODY, type Heads } from "./cosigned";
import { HeldHead } from "./held";
import { labelProblems } from "./labels";
import { proofProblems } from "./proofs";
import { Findings, said, type Step } from "./report";

const ASKING = ["TherapyExportRequested", "ExportRequested"];

/** An entry that was read; `timeS`: of the first checkpoint here that covers it. */
export interface AuditedEntry {
  position: number;
  timeS: number;
  signer: string;
  stream: string;
  payload: JsonObject;
}

export interface BundleReport {
  origin: string;
  size: number;
  pinned: boolean;
  steps: readonly Step[];
  firstWrong: Findings["firstWrong"];
  proved: string;
  witnessed: string;
  entries: AuditedEntry[];
  hidden: number;
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
    const files = openArchive(data);
    const manifest = readManifest(contentOf(files, MANIFEST));
    const pinned = given ?? (await parseVkey(manifest.logKey));
    if (policy) mustWatch(policy, pinned);
    return await new Audit(files, manifest, pinned, given !== null, findings).run(policy, brought.note ?? "");
  } catch (error) {
    if (error instanceof Problem && error.code === "malformed_policy") throw error; // what the reader brought
    findings.wrong(9, null, `the bundle cannot be read: ${said(error)}`);
    const origin = given?.name ?? "?";
    const nothing = { origin, size: 0, pinned: given !== null, proved: "Nothing is proved.", witnessed: NOBODY, entries: [], hidden: 0, pictures: new Map() };
    return { ...nothing, steps: findings.steps, firstWrong: findings.firstWrong };
  }
}

class Audit {
  private readonly heads: SignedCheckpoint[] = [];
  private readonly notes: Uint8Array[] = [];
  private held: HeldHead | null = null;
  private readonly keys = new Map<string, { position: number; key: PublicKey }>(); // by kid
  private readonly passkeys = new Map<string, { position: number; passkey: EnrolledPasskey }>();
  private readonly used = new Set<string>(); // kid and cti
  private readonly entries: AuditedEntry[] = [];
  private readonly raws = new Map<number, Uint8Array>();
  private readonly named = new Set<string>(); // loggers' files
  private readonly printed = new Map<string, number>(); // labels' resolutions, by digest
  private committed = 0;
  private hidden = 0;

  private readonly files: Files;
  private readonly manifest: Manifest;
  private readonly vkey: VerifierKey;
  private readonly pinned: boolean;
  private readonly findings: Findings;

  constructor(files: Files, manifest: Manifest, vkey: VerifierKey, pinned: boolean, findings: Findings) {
    [this.files, this.manifest, this.vkey, this.pinned, this.findings] = [files, manifest, vkey, pinned, findings];
  }

  async run(policy: Policy | null, note: string): Promise<BundleReport> {
    if (note) this.held = await HeldHead.open(note, this.vkey, this.findings);
    const opened = await this.openHeads();
    const asked = policy ? await checkCosigned(policy, this.vkey, opened, this.findings) : `${NOBODY} ${await claimed(this.manifest.witnessed)}`;
    await this.checkFiles();
    if (this.heads.length) await this.checkEntries(opened);
    return {
      witnessed: this.heads.length ? asked : NOBODY,
      origin: this.vkey.name, size: this.heads.at(-1)?.size ?? 0, pinned: this.pinned, steps: this.findings.steps,
      firstWrong: this.findings.firstWrong, proved: this.proved(), entries: this.entries, hidden: this.hidden,
      pictures: new Map(this.inFolder("labels").map((name) => [name.slice(7, -4), this.files.get(name) ?? NOTHING])),
    };
  }

  private async checkEntries(opened: Heads): Promise<void> {
    await this.checkTree();
    await this.collect();
    for (const [position, raw] of this.raws) await this.checkEntry(position, raw);
    this.findings.done(4, `${this.entries.length} of ${this.raws.size} entries read, ${this.keys.size} keys enrolled`);
    this.findings.done(5, `signatures by ${new Set(this.entries.map((one) => one.signer)).size} signers`);
    this.findings.done(6, "NOT done here: the rules are replayed by `unbroken verify`", false);
    this.findings.done(7, "NOT done here: loggers' files are read by `unbroken verify`", false);
    await this.checkRequest();
    this.checkLeftOut();
    await this.checkExtras();
    await this.checkClaim(opened);
    const short = this.toldShort();
    this.findings.done(9, `${this.manifest.files.length} files, ${this.hidden} entries that stand as hashes were left out${short}`, !short);
    this.held?.compare(this.committed, this.heads.at(-1)!.size);
  }

  private inFolder(folder: string): string[] {
    return [...this.files.keys()].filter((name) => name.startsWith(`${folder}/`));
  }

  /** Steps 1 and 2: they open, sizes strictly grow, times never decrease. */
  private async openHeads(): Promise<Heads> {
    let seen = 0;
    let latest: SignedCheckpoint | null = null;
    for (const note of this.records(2, "checkpoints")) {
      seen += 1;
      const data = note instanceof Uint8Array ? note : new Uint8Array();
      this.notes.push(data);
      try {
        latest = null;
        latest = await openCheckpoint(data, this.vkey);
        this.grow(latest);
      } catch (error) {
        this.findings.wrong(2, null, `checkpoint ${seen}: ${said(error)}`);
      }
    }
    const isCut = this.findings.step(2).detail === CUT;
    if (!latest || isCut) this.findings.wrong(1, null, "the latest checkpoint does not open with this key");
    if (!this.heads.length) this.findings.wrong(2, null, "there is no checkpoint that opens");
    this.findings.done(1, this.pinned ? `size ${latest?.size}, root ${latest ? toHex(latest.root) : ""}` : UNPINNED, this.pinned);
    this.findings.done(2, `${this.heads.length} of ${seen} checkpoints open and grow`);
    return { notes: isCut ? null : this.notes, opened: this.heads };
  }

  private grow(head: SignedCheckpoint): void {
    const before = this.heads.at(-1);
    if (before && (head.size <= before.size || head.timeS < before.timeS)) {
      throw new Problem("proof_invalid", "bad_checkpoint", `size ${head.size} or its time does not grow`);
    }
    this.heads.push(head);
  }

  /** Step 3: put together from the left, what is given and the hashes give each checkpoint's root. */
  private async checkTree(): Promise<void> {
    const fold = new Fold();
    const heads = [...this.heads];
    await this.held?.see(fold);
    try {
      for (const record of this.records(3, "entries")) {
        await this.take(record, fold);
        await this.held?.see(fold);
        while (heads[0] && heads[0].size <= fold.size) await this.settle(heads.shift()!, fold);
      }
      const size = this.heads.at(-1)!.size;
      if (fold.size !== size) throw new Problem("proof_invalid", "bad_bundle", `it holds a tree of ${fold.size}, not of ${size} entries`);
    } catch (error) {
      this.findings.wrong(3, this.committed, said(error));
    }
    this.findings.done(3, `${this.raws.size} entries and the hashes of ${this.hidden} others`);
  }

  private async take(record: PrunedRecord, fold: Fold): Promise<void> {
    const at = fold.size;
    if (record instanceof Uint8Array) {
      this.raws.set(at, record);
      return fold.add(0, await leafHash(record));
    }
    await fold.add(record.height, record.hash);
    this.hidden += fold.size - at;
  }

  /** After the first checkpoint that differs, none can agree. */
  private async settle(head: SignedCheckpoint, fold: Fold): Promise<void> {
    if (this.findings.step(3).ok === false) return;
    if (fold.size === head.size && equal(await fold.root(), head.root)) {
      this.committed = head.size;
      return;
    }
    const span = `the entries and hashes from ${this.committed} to ${head.size - 1}`;
    this.findings.wrong(3, this.committed, `${span} are not what checkpoint ${head.size} committed to`);
  }

  /** The records of a folder's files, up to the first that cannot be read. */
  private *records(step: number, folder: string): Generator<PrunedRecord> {
    for (const name of this.inFolder(folder)) {
      try {
        yield* decodeRecords(contentOf(this.files, name));
      } catch (error) {
        this.findings.wrong(step, null, `${name}: ${said(error)}`);
        this.findings.step(step).detail = CUT;
        return;
      }
    }
  }

  /** The keys and passkeys that entries name, and where each was named first; what is wrong with such an
   * entry, steps 4 and 5 say. */
  private async collect(): Promise<void> {
    for (const [position, raw] of this.raws) {
      try {
        const payload = decode(statement.parse(raw).payload);
        checkEvent(payload);
        for (const text of keysIn(payload)) await this.enrol(position, text);
        if (payload["type"] === "PasskeyAdded") await this.addPasskey(position, payload);
      } catch {
        continue;
      }
    }
  }

  private async enrol(position: number, text: string): Promise<void> {
    const key = await PublicKey.fromSpki(fromBase64Url(text)).catch(() => null); // then nothing is signed with it
    if (key && !this.keys.has(toHex(key.kid))) this.keys.set(toHex(key.kid), { position, key });
  }

  private async addPasskey(position: number, payload: JsonObject): Promise<void> {
    const [credential, spki, rpId] = [payload["credential"], payload["key"], payload["rp_id"]].map(String) as [string, string, string];
    const passkey = { key: await PublicKey.fromSpki(fromBase64Url(spki)), rpId };
    if (!this.passkeys.has(credential)) this.passkeys.set(credential, { position, passkey });
  }

  /** Steps 4 and 5 for one entry. */
  private async checkEntry(position: number, raw: Uint8Array): Promise<void> {
    try {
      const found = statement.parse(raw);
      if (found.aud !== this.vkey.name) this.findings.wrong(4, position, `signed for another log: ${found.aud.slice(0, 80)}`);
      else await this.checkSigned(position, found);
      this.checkUnique(position, found);
      const payload = decode(found.payload);
      checkEvent(payload);
      await this.checkGenesis(position, payload);
      await this.checkAsked(position, payload);
      this.note(position, found, payload);
    } catch (error) {
      this.findings.wrong(4, position, said(error));
    }
  }

  private async checkSigned(position: number, found: statement.Statement): Promise<void> {
    try {
      const known = this.keys.get(toHex(found.kid));
      if (!known) throw new Problem("unauthentic", "unknown_key", "signed with a key that the log never enrolled");
      await statement.verify(found, known.key);
      if (known.position >= position && position > 0) {
        throw new Problem("unauthentic", "unknown_key", `signed with a key that the log only enrolled with entry ${known.position}`);
      }
    } catch (error) {
      this.findings.wrong(5, position, said(error));
    }
  }

  private checkUnique(position: number, found: statement.Statement): void {
    const use = `${toHex(found.kid)} ${toHex(found.cti)}`;
    if (this.used.has(use)) this.findings.wrong(4, position, "its key used its cti before");
    this.used.add(use);
  }

  private async checkGenesis(position: number, payload: JsonObject): Promise<void> {
    if ((payload["type"] === "LogOpened") !== (position === 0)) {
      throw new Problem("malformed", "bad_genesis", "entry 0, and no other, opens the log");
    }
    if (position === 0 && (payload["origin"] !== this.vkey.name || payload["log_key"] !== (await vkeyText(this.vkey)))) {
      throw new Problem("proof_invalid", "bad_genesis", "entry 0 names another log or key");
    }
  }

  /** Where the signer was asked again with a passkey: its answer, under the passkey as it was enrolled. */
  private async checkAsked(position: number, payload: JsonObject): Promise<void> {
    try {
      const assertion = payload["esignature"] === undefined ? null : esignatureIn(payload)?.assertion;
      if (!assertion) return;
      const known = this.passkeys.get(assertion.credential);
      if (!known || known.position >= position) {
        throw new Problem("unauthentic", "unknown_passkey", `no passkey ${assertion.credential} was enrolled before`);
      }
      await checkAssertion(payload, known.passkey);
    } catch (error) {
      this.findings.wrong(5, position, said(error));
    }
  }

  /** The first checkpoint that contains the entry. */
  private covering(position: number): SignedCheckpoint | undefined {
    let [low, high] = [0, this.heads.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.heads[middle]!.size > position) high = middle;
      else low = middle + 1;
    }
    return this.heads[low];
  }

  private note(position: number, found: statement.Statement, payload: JsonObject): void {
    const head = this.covering(position);
    if (!head) throw new Problem("proof_invalid", "bad_checkpoint", "no checkpoint covers it");
    this.entries.push({ position, timeS: head.timeS, signer: found.iss, stream: found.sub, payload });
    if (payload["type"] === "LabelPrinted") this.printed.set(String(payload["digest"]), Number(payload["dpi"]));
    if (payload["type"] === "TemperatureEvidenceAttached") {
      const readAs = payload["read_as"];
      const mapping = isObject(readAs) ? readAs["mapping"] : undefined;
      for (const one of [payload["raw"], mapping]) if (typeof one === "string") this.named.add(one);
    }
  }

  /** Step 9: every file is the one that the manifest names, and the log's key signed the manifest. */
  private async checkFiles(): Promise<void> {
    const { files } = this.manifest;
    const listed = [...files.map((one) => one.name), MANIFEST, SIGNATURE];
    if (listed.join("\n") !== [...this.files.keys()].join("\n")) this.odd("it does not list exactly the files that are there, in their order");
    for (const one of files) {
      const content = this.files.get(one.name) ?? NOTHING;
      if (content.length !== one.size || toHex(await sha256(content)) !== one.sha256) this.odd(`${one.name} is not the file that it names`);
      if (one.name.startsWith("evidence/") && one.name !== `evidence/${one.sha256}`) this.odd(`${one.name} has another SHA-256 than its name`);
    }
    await this.checkSignature();
  }

  private async checkSignature(): Promise<void> {
    try {
      const signed: Bytes = Uint8Array.from(contentOf(this.files, MANIFEST));
      await checkSignature(contentOf(this.files, SIGNATURE), signed, this.vkey.public);
    } catch (error) {
      this.odd(`the log's key did not sign it: ${said(error)}`);
    }
    const last = this.heads.at(-1);
    const { origin, logKey, size, root } = this.manifest;
    if (origin !== this.vkey.name || logKey !== (await vkeyText(this.vkey))) this.odd("it names another log or key");
    if (last && (size !== last.size || root !== toHex(last.root))) this.odd("it names another head than the last checkpoint here");
  }

  private async checkRequest(): Promise<void> {
    const { position, statementId } = this.manifest.request;
    const raw = this.raws.get(position);
    if (!raw || toHex(await sha256(raw)) !== statementId) return this.odd(`entry ${position} is not the request that it names`);
    if (this.covering(position) !== this.heads.at(-1)) this.findings.wrong(9, position, "an earlier checkpoint than the last covers the request");
    const asked = this.entries.find((one) => one.position === position);
    if (!ASKING.includes(String(asked?.payload["type"]))) this.findings.wrong(9, position, "it asks for no bundle");
    const wantsAll = asked?.payload["type"] === "ExportRequested" && asked.payload["scope"] === "log";
    if (wantsAll && this.manifest.whole !== null) {
      this.findings.wrong(9, position, "it asks for the whole log, and only some tags are called whole");
    }
  }

  /** The tags that must be whole, where the whole log was not asked for. */
  private wanted(asked: AuditedEntry): string[] {
    const { scope, which, type } = asked.payload;
    if (type === "TherapyExportRequested") return [asked.stream];
    const given = this.manifest.therapies?.given ?? [];
    return [`log/${this.vkey.name}`, `${String(scope)}/${String(which)}`, ...given.map((coi) => `chain/${coi}`)];
  }

  /** What is not given whole, although it was asked for. */
  private toldShort(): string {
    const { whole, therapies, request } = this.manifest;
    const asked = this.entries.find((one) => one.position === request.position);
    if (whole === null || !asked) return "";
    const there = new Set(whole);
    const missing = this.wanted(asked).filter((tag) => !there.has(tag)).toSorted();
    const isSaid = asked.payload["type"] === "TherapyExportRequested" || therapies !== null;
    return [
      missing.length ? `; NOT WHOLE: who asked for ${missing.join(", ")} may not read all of it` : "",
      isSaid ? "" : "; NOT WHOLE: the manifest does not say which therapies belong to it",
      therapies?.unreadable ? `; NOT WHOLE: who asked may not read ${therapies.unreadable} therapies that belong to it` : "",
    ].join("");
  }

  private checkLeftOut(): void {
    const { leftOut, whole } = this.manifest;
    if (whole === null && this.hidden) this.odd("it says that the whole log is given, and some of it stands as hashes");
    if (leftOut.entries !== this.hidden) this.odd(`${this.hidden} entries stand as hashes, not ${leftOut.entries}`);
    const here = new Set(this.inFolder("evidence").map((name) => name.slice("evidence/".length)));
    for (const one of here) if (!this.named.has(one)) this.odd(`no entry here names the file evidence/${one}`);
    const missing = [...this.named].filter((one) => !here.has(one)).toSorted();
    if (missing.join() !== [...new Set(leftOut.files)].toSorted().join()) this.odd("it does not name just the files that are missing");
  }

  /** Labels' pictures and single entries' proofs are of what is given here. */
  private async checkExtras(): Promise<void> {
    const pictures = new Map(this.inFolder("labels").map((name) => [name, this.files.get(name) ?? NOTHING]));
    const proved = { contentOf: (name: string) => contentOf(this.files, name), raws: this.raws, heads: this.heads, vkey: this.vkey };
    const { labels, proofs } = this.manifest;
    for await (const what of labelProblems(pictures, this.printed, labels?.leftOut ?? null)) this.odd(what);
    for await (const what of proofProblems(this.inFolder("proofs"), proofs?.entries ?? 0, proved)) this.odd(what);
  }

  /** The head that meets the operator's policy, as the bundle says, does. */
  private async checkClaim(opened: Heads): Promise<void> {
    const claim = this.manifest.witnessed;
    if (!claim) return;
    await checkClaim(claim, this.vkey, opened).catch((error: unknown) => {
      this.odd(`it names a witness policy that is not met: ${said(error)}`);
    });
  }

  private odd(what: string): void {
    this.findings.wrong(9, null, `${MANIFEST}: ${what}`);
  }

  private proved(): string {
    if (!this.committed) return "Nothing about the entries: no checkpoint's root came out of them.";
    const outside = this.pinned ? "" : "Only that the bundle agrees with itself. ";
    const tree = `All that is given of entries 0 to ${this.committed - 1} is what checkpoint ${this.committed} covers.`;
    const bad = [...this.findings.step(4).problems, ...this.findings.step(5).problems].map((one) => one.position ?? 0);
    const signed = bad.length ? `Before entry ${Math.min(...bad)} it` : "It";
    return `${outside}${tree} ${signed} is signed with keys that the log itself enrolled.`;
  }
}

type Files = ReadonlyMap<string, Uint8Array | null>;
const NOTHING = new Uint8Array();

/** Throws `Problem` `missing_file`, `malformed_archive`. */
function contentOf(files: Files, name: string): Uint8Array {
  const content = files.get(name);
  if (content === undefined) throw new Problem("not_found", "missing_file", `${name} is missing`);
  if (content === null) throw new Problem("malformed", "malformed_archive", `${name} was altered`);
  return content;
}

const CUT = "it cannot be read to its end";
const UNPINNED =
  "NOTHING PINS THE LOG: no key was given, so the one that the bundle itself names was taken. All that follows only " +
  "shows that the bundle agrees with itself; whoever forged it forged the key, too";
