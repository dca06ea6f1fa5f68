/**
 * The core behind lines of JSON, so that Python's tests can ask it: each line is a list of
 * questions, each answer `{"ok": …}` or `{"code": …}`. Bytes are hex.
 */
import "fake-indexeddb/auto";
import { createInterface } from "node:readline";
import { auditBundle } from "../src/core/bundle/audit";
import { concat, fromBase45, fromBase64, fromHex, toBase45, toHex } from "../src/core/bytes";
import { decode, encode, type Json, type JsonObject } from "../src/core/canonical";
import { Client } from "../src/core/client";
import { readRequest, requestOf } from "../src/core/enrolment";
import { checkAssertion } from "../src/core/esignature";
import { checkMembers, checkTime } from "../src/core/events/check";
import * as passkey from "../src/core/passkey";
import { commit, normalise } from "../src/core/patients";
import { verifyAssertion } from "../src/core/proof/assertion";
import { openCheckpoint } from "../src/core/proof/checkpoint";
import { verifyCredential } from "../src/core/proof/credential";
import { verifyConsistency, verifyInclusion } from "../src/core/proof/merkle";
import { parseVkey, verifyNote } from "../src/core/proof/note";
import { PublicKey } from "../src/core/proof/publickey";
import { verifyReceipt } from "../src/core/proof/receipt";
import { split } from "../src/core/proof/sequence";
import { SigningKey } from "../src/core/proof/signingkey";
import * as statement from "../src/core/proof/statement";
import { parsePolicy } from "../src/core/proof/witnesses";

type Text =
  | "agent" | "aud" | "authenticator" | "base" | "challenge" | "client" | "credential" | "cti"
  | "data" | "device" | "entry" | "field" | "iss" | "key" | "leaf" | "name" | "note" | "op" | "origin" | "passphrase"
  | "payload" | "pkcs8" | "policy" | "raw" | "root" | "root1" | "root2" | "rp" | "signature" | "spki" | "stream"
  | "sub" | "text" | "vkey";
type Asked = Record<Text, string> & { proof: string[]; value: JsonObject; old: number; size: number; index: number };
const clients = new Map<string, Client>();

const OPS: Record<string, (asked: Asked) => Promise<unknown> | unknown> = {
  verify: async ({ raw, spki }) => statement.verify(statement.parse(fromHex(raw)), await PublicKey.fromSpki(fromHex(spki))),
  parse: ({ raw }) => void statement.parse(fromHex(raw)),
  sign: async ({ pkcs8, spki, iss, sub, aud, cti, payload }) => {
    const key = new SigningKey(await secret(pkcs8, spki), await PublicKey.fromSpki(fromHex(spki)));
    return toHex(await statement.sign(key, { iss, sub, aud, cti: fromHex(cti) }, fromHex(payload)));
  },
  receipt: async ({ raw, entry, vkey }) => {
    const { index, size, root } = await verifyReceipt(fromHex(raw), fromHex(entry), await parseVkey(vkey));
    return [index, size, toHex(root)];
  },
  checkpoint: async ({ note, vkey }) => {
    const { size, root, timeS } = await openCheckpoint(fromHex(note), await parseVkey(vkey));
    return [size, toHex(root), timeS];
  },
  note: async ({ note, vkey }) => (await verifyNote(fromHex(note), await parseVkey(vkey))).text,
  vkey: async ({ vkey }) => toHex((await parseVkey(vkey)).public.kid),
  consistency: ({ old, root1, size, root2, proof }) =>
    verifyConsistency(old, fromHex(root1), size, fromHex(root2), proof.map(fromHex)),
  inclusion: ({ leaf, index, size, proof, root }) =>
    verifyInclusion(fromHex(leaf), index, size, proof.map(fromHex), fromHex(root)),
  decode: ({ data }) => decode(fromHex(data)),
  encode: ({ value }) => toHex(encode(value)),
  normalise: ({ field, text }) => normalise(field, text),
  commit: ({ field, text, key }) => commit(field, text, fromHex(key)),
  base45: ({ data }) => toBase45(fromHex(data)),
  unbase45: ({ text }) => toHex(fromBase45(text)),
  unbase64: ({ text }) => toHex(fromBase64(text)),
  split: ({ data }) => split(fromHex(data)).map(toHex),
  event: ({ value }) => checked(value),
  credential: async ({ text, vkey }) => {
    const { statement: id, root, ...rest } = await verifyCredential(text, await parseVkey(vkey));
    return { ...rest, statement: toHex(id), root: toHex(root) };
  },
  request: ({ name, spki }) => requestOf(name, fromHex(spki)),
  read_request: ({ text }) => readRequest(text),
  passkey_request: ({ name, credential, spki, rp }) =>
    passkey.requestOf({ name, credential: fromHex(credential), spki: fromHex(spki), rpId: rp }),
  read_passkey_request: ({ text }) => passkey.readRequest(text),
  assertion: async ({ authenticator, client, signature, challenge, spki, rp }) => verifyAssertion(
    { authenticatorData: fromHex(authenticator), clientData: fromHex(client), signature: fromHex(signature) },
    fromHex(challenge), { key: await PublicKey.fromSpki(fromHex(spki)), rpId: rp },
  ),
  esignature: async ({ payload, spki, rp }) =>
    checkAssertion(decode(fromHex(payload)), { key: await PublicKey.fromSpki(fromHex(spki)), rpId: rp }),

  unchecked: async ({ data, vkey }) => ({ ...(await auditBundle(fromHex(data), vkey)).unchecked }),
  bundle: async ({ data, vkey, policy, note }) => {
    const { steps, holdings } = await auditBundle(fromHex(data), vkey, { policy, note });
    const by = <T>(of: (step: (typeof steps)[number]) => T): Record<number, T> => Object.fromEntries(steps.map((step) => [step.number, of(step)]));
    return { ok: by((step) => step.ok), problems: by((step) => step.problems), details: by((step) => step.detail), holdings };
  },
  /** By step: with what a reader brings. */
  audit: async ({ data, vkey, policy, note }) => {
    const report = await auditBundle(fromHex(data), vkey, { policy, note });
    return { ok: Object.fromEntries(report.steps.map((step) => [step.number, step.ok])), witnessed: report.witnessed };
  },
  policy: async ({ text }) => {
    const { logs, witnesses, groups, quorum } = await parsePolicy(text);
    return [logs.length, [...witnesses.keys()], [...groups].map(([name, one]) => [name, one.threshold, one.members]), quorum];
  },

  // A whole device, against a ledger that answers over HTTP.
  open: async ({ device, base }) => {
    clients.set(device, await Client.open({ database: device, base, iterations: 1000 }));
  },
  close: ({ device }) => the(device).close(),
  request_of: ({ device }) => the(device).enrolmentRequest(),
  make_key: ({ device, passphrase }) => the(device).makeKey(passphrase, device),
  finish: ({ device, agent, origin, vkey }) => the(device).finishEnrolment({ agent, origin, logKey: vkey }),
  offered: ({ device }) => the(device).offeredLog(),
  record: async ({ device, stream, value }) => shown(await the(device).record(value as never, stream)),
  decide: ({ device, stream, value, index }) => the(device).decide(value as never, stream, index),
  flush: ({ device }) => the(device).flush(),
  held: async ({ device }) => (await the(device).held()).map(shown),
  state: ({ device }) => {
    const { waiting, reach, lock, alarm } = the(device);
    return { waiting: waiting.get().length, reach: reach.get(), lock: lock.get(), alarm: alarm.get()?.code ?? null };
  },
  read: ({ device, text }) => the(device).read(text),
  entry: async ({ device, index }) => {
    const { raw, receipt: _, ...rest } = await the(device).entry(index);
    return { ...rest, raw: toHex(raw) };
  },
  export: async ({ device }) => toHex(new Uint8Array(await (await the(device).exportOutbox()).arrayBuffer())),
  import: ({ device, data }) => the(device).importStatements(concat(fromHex(data))),
  sign_in: ({ device }) => the(device).signIn(),
};

function the(device: string): Client {
  const found = clients.get(device);
  if (!found) throw new Error(`no device ${device}`);
  return found;
}

function shown({ raw, receipt: _, ...rest }: Awaited<ReturnType<Client["record"]>>): unknown {
  return { ...rest, raw: toHex(raw) };
}

/** What `drafts.ts` checks, on a whole payload. */
function checked({ type, v, occurred_at, seen: _, seq: __, prev: ___, ...members }: JsonObject): void {
  checkTime(String(type), String(occurred_at));
  checkMembers(String(type), members, v ?? null);
}

function secret(pkcs8: string, spki: string): Promise<CryptoKey> {
  const how = spki.startsWith("302a") ? "Ed25519" : { name: "ECDSA", namedCurve: "P-256" };
  return crypto.subtle.importKey("pkcs8", fromHex(pkcs8), how, false, ["sign"]);
}

async function answered({ op, ...asked }: Asked): Promise<JsonObject> {
  try {
    const value = await OPS[op]?.({ op, ...asked });
    return { ok: (value ?? null) as Json };
  } catch (error) {
    const { code, detail } = error as { code?: string; detail?: string };
    return { code: typeof code === "string" ? code : "crashed", detail: detail ?? String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answers: JsonObject[] = [];
  for (const asked of JSON.parse(line) as Asked[]) answers.push(await answered(asked));
  process.stdout.write(`${JSON.stringify(answers)}\n`);
}
for (const client of clients.values()) client.close();
process.exit(0);
