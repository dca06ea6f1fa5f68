/**
 * Steps 4 and 5: every entry is a strict statement of this log, and every signature is by a key that an
 * earlier entry enrolled. Entries are read, their signatures are begun, and the rest of them is looked at,
 * each for `AT_ONCE` together: one after the other, the three push each other out of the processor's
 * cache. Signatures that a browser checks beside the page are under way while the next entries are read.
 */
import { nameOf, toHex } from "../bytes";
import { decode, isObject, type JsonObject } from "../canonical";
import { checkAssertion, esignatureIn } from "../esignature";
import { checkMembers, checkTime } from "../events/check";
import { Problem, said } from "../problem";
import { vkeyText, type VerifierKey } from "../proof/note";
import { StatementReader } from "../proof/repeated";
import * as statement from "../proof/statement";
import { Enrolled } from "./enrolled";
import type { Heads } from "./heads";
import type { Findings } from "./report";

const AT_ONCE = 1024; // entries
const ENVELOPE = ["type", "v", "occurred_at", "seen", "seq", "prev"];
const ID = /^[0-9a-f]{64}$/;

/** An entry that was read; `timeS`: of the first checkpoint here that covers it; `kid` in hex. */
export interface AuditedEntry {
  position: number;
  timeS: number;
  signer: string;
  kid: string;
  stream: string;
  raw: Uint8Array;
  payload: JsonObject;
}

type Wrong = [step: number, what: string];

type Signature = Wrong | null | Promise<Wrong | null>;

/** A statement, and what it says; or, of either, what is wrong with it. */
interface Read {
  position: number;
  raw: Uint8Array;
  found?: statement.Statement;
  payload?: JsonObject;
  wrong?: string;
}

export class Entries {
  readonly read: AuditedEntry[] = [];
  readonly enrolled = new Enrolled();

  private readonly statements = new StatementReader();
  private readonly used = new Map<string, Set<string>>(); // ctis by kid
  private readonly kids = new WeakMap<Uint8Array, string>(); // in hex
  private readonly vkey: VerifierKey;
  private readonly heads: Heads;
  private readonly findings: Findings;
  private key = ""; // the log's, as entry 0 must name it

  constructor(vkey: VerifierKey, heads: Heads, findings: Findings) {
    [this.vkey, this.heads, this.findings] = [vkey, heads, findings];
  }

  async check(raws: ReadonlyMap<number, Uint8Array>): Promise<void> {
    this.key = await vkeyText(this.vkey);
    let before: Promise<[number, Wrong[]]>[] = [];
    for (const chunk of chunks(raws, AT_ONCE)) {
      const all = await this.readAll(chunk);
      const signatures = all.map((one) => this.signatureOf(one));
      const now = all.map((one, at) => this.checkOne(one, signatures[at] ?? null));
      this.note(await Promise.all(before));
      before = now;
    }
    this.note(await Promise.all(before));
    this.findings.done(4, `${this.read.length} of ${raws.size} entries read, ${this.enrolled.size} keys enrolled`);
    this.findings.done(5, `signatures by ${new Set(this.read.map((one) => one.signer)).size} signers`);
  }

  /** What an entry enrols counts from the next one on, wherever both are read. */
  private async readAll(chunk: readonly [number, Uint8Array][]): Promise<Read[]> {
    const all = chunk.map(([position, raw]) => readOne(position, raw, this.statements));
    for (const { position, payload } of all) {
      if (payload && ("key" in payload || position === 0)) await this.enrolled.look(position, payload);
    }
    return all;
  }

  private note(found: readonly [number, Wrong[]][]): void {
    for (const [position, wrongs] of found) for (const [step, what] of wrongs) this.findings.wrong(step, position, what);
  }

  private async checkOne({ position, raw, found, payload, wrong }: Read, signature: Signature): Promise<[number, Wrong[]]> {
    const wrongs: Wrong[] = [];
    if (!found) return [position, [[4, wrong!]]];
    const kid = this.hexOf(found.kid);
    if (this.isUsed(kid, found)) wrongs.push([4, "its key used its cti before"]);
    const strange = payload ? this.genesisAmiss(position, payload) : null;
    const amiss = payload ? strange ?? this.take(position, raw, kid, found, payload) : wrong!;
    if (amiss) wrongs.push([4, amiss]);
    const asked = payload?.["esignature"] !== undefined && !strange ? await this.assertionAmiss(position, payload) : null;
    const signed = await signature;
    return [position, [...(signed ? [signed] : []), ...wrongs, ...(asked ? [[5, asked] as Wrong] : [])]];
  }

  private signatureOf({ position, found }: Read): Signature {
    if (!found) return null;
    if (found.aud !== this.vkey.name) return [4, `signed for another log: ${found.aud.slice(0, 80)}`];
    const key = this.enrolled.key(this.hexOf(found.kid), position);
    if (!key) return [5, "signed with a key that no entry before it enrolled"];
    return statement.verify(found, key).then(() => null, (error: unknown) => [5, said(error)]);
  }

  /** Statements with like headers share the bytes of their kid. */
  private hexOf(kid: Uint8Array): string {
    const hex = this.kids.get(kid) ?? toHex(kid);
    this.kids.set(kid, hex);
    return hex;
  }

  private isUsed(kid: string, found: statement.Statement): boolean {
    const [ctis, cti] = [this.used.get(kid) ?? new Set<string>(), nameOf(found.cti)];
    const isUsed = ctis.has(cti);
    this.used.set(kid, ctis.add(cti));
    return isUsed;
  }

  private genesisAmiss(position: number, payload: JsonObject): string | null {
    if ((payload["type"] === "LogOpened") !== (position === 0)) return "entry 0, and no other, opens the log";
    const isOurs = position > 0 || (payload["origin"] === this.vkey.name && payload["log_key"] === this.key);
    return isOurs ? null : "entry 0 names another log or key";
  }

  private take(position: number, raw: Uint8Array, kid: string, found: statement.Statement, payload: JsonObject): string | null {
    const head = this.heads.covering(position);
    if (!head) return "no checkpoint covers it";
    this.read.push({ position, timeS: head.timeS, signer: found.iss, kid, stream: found.sub, raw, payload });
    return null;
  }

  /** Where the signer was asked again with a passkey: its answer, under the passkey as it was enrolled. */
  private async assertionAmiss(position: number, payload: JsonObject): Promise<string | null> {
    try {
      const assertion = esignatureIn(payload)?.assertion;
      if (!assertion) return null;
      const known = this.enrolled.passkey(assertion.credential, position);
      if (!known) return `no passkey ${assertion.credential} was enrolled before`;
      await checkAssertion(payload, known);
      return null;
    } catch (error) {
      return said(error);
    }
  }
}

function* chunks(raws: ReadonlyMap<number, Uint8Array>, size: number): Generator<[number, Uint8Array][]> {
  let chunk: [number, Uint8Array][] = [];
  for (const one of raws) {
    if (chunk.push(one) < size) continue;
    yield chunk;
    chunk = [];
  }
  yield chunk;
}

function readOne(position: number, raw: Uint8Array, statements: StatementReader): Read {
  let found: statement.Statement | undefined;
  try {
    found = statements.parse(raw);
    const payload = decode(found.payload);
    checkEvent(payload);
    return { position, raw, found, payload };
  } catch (error) {
    return { position, raw, ...(found && { found }), wrong: said(error) };
  }
}

/** Throws `Problem`: an event that the schema does not know so. */
function checkEvent(payload: JsonObject): void {
  const type = typeof payload["type"] === "string" ? payload["type"] : "";
  checkMembers(type, payload, payload["v"] ?? null, ENVELOPE);
  checkTime(type, String(payload["occurred_at"]));
  esignatureIn(payload);
  const { seen, seq, prev } = payload;
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  const isId = (value: unknown): boolean => typeof value === "string" && ID.test(value);
  const sawOne = isObject(seen) && isCount(seen["size"]) && isId(seen["root"]) && Object.keys(seen).length === 2;
  if (!(seen === null || sawOne) || !isCount(seq) || !(prev === null || isId(prev))) {
    throw new Problem("malformed", "invalid_event", `${type}: its place in the sequence is not one`);
  }
}
