/**
 * Which witnesses must have cosigned a head before it counts (c2sp.org/tlog-policy), and which did: the
 * twin of `ledger/proof/witnesses.py`, written apart from it.
 */
import { equal, toHex, utf8 } from "../bytes";
import { Problem } from "../problem";
import { cosignedMessage } from "./checkpoint";
import { checkSignature, COSIGNATURE, find, keyId, parseTypedVkey, type Note, type VerifierKey } from "./note";

const [MAX_FILE, MOST] = [65536, 64]; // bytes; witnesses, and groups
const MAX_TIME = 2n ** 63n - 1n;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/;
const NONE = "none";

export interface Policy {
  logs: VerifierKey[];
  witnesses: Map<string, VerifierKey>; // by the name that the file gives them
  groups: Map<string, { threshold: number; members: string[] }>;
  quorum: string;
}

/** Throws `Problem` `malformed_policy`, naming the line. */
export async function parsePolicy(text: string): Promise<Policy> {
  if (utf8(text).length > MAX_FILE || CONTROL.test(text)) throw wrong("the file is too long, or holds a control character");
  const policy: Policy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: "" };
  for (const [index, line] of text.split("\n").entries()) {
    const words = line.split(/[ \t]+/).filter(Boolean);
    if (!words.length || words[0]!.startsWith("#")) continue;
    await take(policy, words).catch((error: unknown) => {
      throw wrong(`line ${index + 1}: ${error instanceof Problem ? error.detail : String(error)}`);
    });
  }
  if (!policy.quorum) throw wrong("there is no quorum line; without witnesses, say: quorum none");
  return policy;
}

/** False for a policy that is met without anybody's word, which proves nothing. */
export function asksSomebody(policy: Policy): boolean {
  return policy.quorum !== NONE;
}

/** Whether heads of this log are its matter. */
export function knowsLog(policy: Policy, vkey: VerifierKey): boolean {
  return !policy.logs.length || policy.logs.some((one) => one.name === vkey.name && isSameKey(one, vkey));
}

/** A log is no witness of itself. Throws `Problem` `malformed_policy`. */
export function mustWatch(policy: Policy, vkey: VerifierKey): void {
  for (const [name, one] of policy.witnesses) {
    if (isSameKey(one, vkey)) throw wrong(`the witness ${name} has the key of the log ${vkey.name} itself`);
  }
}

export function isMetBy(policy: Policy, cosigned: ReadonlySet<string>): boolean {
  return !asksSomebody(policy) || isMet(policy, policy.quorum, cosigned);
}

/** Which witnesses cosigned the note, and when (s since the epoch). Throws `Problem` where a line under a
 * witness's key is not by it, or stands twice. */
export async function cosignersOf(policy: Policy, note: Note): Promise<Map<string, bigint>> {
  const found = new Map<string, bigint>();
  for (const [name, vkey] of policy.witnesses) {
    const id = await keyId(vkey, COSIGNATURE);
    if (note.signatures.some((one) => one.name === vkey.name && equal(one.keyId, id))) {
      found.set(name, await cosignedAt(note, vkey));
    }
  }
  return found;
}

async function cosignedAt(note: Note, vkey: VerifierKey): Promise<bigint> {
  const stamped = await find(note, vkey, COSIGNATURE);
  const time = stamped.length === 72 ? new DataView(stamped.buffer, stamped.byteOffset).getBigUint64(0) : MAX_TIME + 1n;
  if (time > MAX_TIME) throw new Problem("proof_invalid", "bad_cosignature", `the line by ${vkey.name} is no cosignature`);
  await checkSignature(vkey, stamped.slice(8), cosignedMessage(note.text, time), "bad_cosignature");
  return time;
}

function isMet(policy: Policy, name: string, cosigned: ReadonlySet<string>): boolean {
  const group = policy.groups.get(name);
  if (!group) return cosigned.has(name);
  return group.members.filter((one) => isMet(policy, one, cosigned)).length >= group.threshold;
}

/** One line. "A line defining a group can only reference names … on preceding lines." */
async function take(policy: Policy, [kind = "", ...rest]: string[]): Promise<void> {
  const [name = "", second = ""] = rest;
  if (kind === "log" && (rest.length === 1 || rest.length === 2)) {
    policy.logs.push(await newKey(name, policy.logs));
  } else if (kind === "witness" && (rest.length === 2 || rest.length === 3)) {
    await takeWitness(policy, name, second);
  } else if (kind === "group" && rest.length >= 2) {
    takeGroup(policy, name, second, rest.slice(2));
  } else if (kind === "quorum" && rest.length === 1) {
    if (policy.quorum) throw wrong("there is a quorum line already");
    if (name !== NONE) mustBeKnown(policy, name);
    policy.quorum = name;
  } else {
    throw wrong(`${[kind, ...rest].join(" ").slice(0, 80)} is not a log, witness, group or quorum line`);
  }
}

async function takeWitness(policy: Policy, name: string, text: string): Promise<void> {
  mustBeFree(policy, name);
  policy.witnesses.set(name, await newKey(text, [...policy.witnesses.values()], COSIGNATURE));
  if (policy.witnesses.size > MOST) throw wrong(`more than ${MOST} witnesses`);
}

function takeGroup(policy: Policy, name: string, how: string, members: string[]): void {
  mustBeFree(policy, name);
  for (const one of members) mustBeKnown(policy, one);
  if (policy.groups.size === MOST) throw wrong(`more than ${MOST} groups`);
  const taken = [...policy.groups.values()].flatMap((one) => one.members);
  if (new Set([...members, ...taken]).size < members.length + taken.length) throw wrong("each name can be a member of one group only, once");
  policy.groups.set(name, { threshold: thresholdOf(how, members.length), members });
}

function thresholdOf(how: string, members: number): number {
  const found = how === "all" ? members : how === "any" ? 1 : /^[1-9][0-9]{0,2}$/.test(how) ? Number(how) : 0;
  if (found < 1 || found > members) throw wrong(`${how.slice(0, 20)} of ${members} members is no threshold`);
  return found;
}

async function newKey(text: string, others: VerifierKey[], kind?: number): Promise<VerifierKey> {
  const { vkey, kind: found } = await parseTypedVkey(text);
  if (kind !== undefined && found !== kind) throw wrong("the key is not one that cosigns (type 0x04)");
  if (others.some((one) => isSameKey(one, vkey))) throw wrong("this public key stands on a line before");
  return vkey;
}

function mustBeKnown(policy: Policy, name: string): void {
  if (!policy.witnesses.has(name) && !policy.groups.has(name)) throw wrong(`${name} is not defined on a line before`);
}

function mustBeFree(policy: Policy, name: string): void {
  if (name === NONE || policy.witnesses.has(name) || policy.groups.has(name)) throw wrong(`the name ${name} is taken`);
}

function isSameKey(a: VerifierKey, b: VerifierKey): boolean {
  return toHex(a.public.raw) === toHex(b.public.raw);
}

function wrong(what: string): Problem {
  return new Problem("malformed", "malformed_policy", what);
}
