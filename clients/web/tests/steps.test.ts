import { beforeAll, describe, expect, it } from "vitest";
import { toHex, utf8, type Bytes } from "../src/core/bytes";
import { encode } from "../src/core/canonical";
import { dumps, type Cbor } from "../src/core/proof/cbor";
import { leafHash, nodeHash } from "../src/core/proof/merkle";
import type { VerifierKey } from "../src/core/proof/note";
import { PublicKey } from "../src/core/proof/publickey";
import { SigningKey } from "../src/core/proof/signingkey";
import { sign, sigStructure } from "../src/core/proof/statement";
import { walk } from "../src/ui/audit/steps";

const ORIGIN = "ledger.example/steps";
const SIZE = 5; // an uneven tree: some paths skip a level

let vkey: VerifierKey;
let leaves: Bytes[];
let receipts: Bytes[];

async function newKey(): Promise<SigningKey> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  return new SigningKey(pair.privateKey, await PublicKey.fromSpki(spki));
}

/** RFC 9162 §2.1.3.1, the slow way: as the definition says it. */
async function path(index: number, nodes: Bytes[]): Promise<Bytes[]> {
  if (nodes.length <= 1) return [];
  let split = 1;
  while (split * 2 < nodes.length) split *= 2;
  const [left, right] = [nodes.slice(0, split), nodes.slice(split)];
  if (index < split) return [...(await path(index, left)), await tree(right)];
  return [...(await path(index - split, right)), await tree(left)];
}

async function tree(nodes: Bytes[]): Promise<Bytes> {
  if (nodes.length === 1) return nodes[0] as Bytes;
  let split = 1;
  while (split * 2 < nodes.length) split *= 2;
  return nodeHash(await tree(nodes.slice(0, split)), await tree(nodes.slice(split)));
}

async function receiptFor(index: number, log: SigningKey): Promise<Bytes> {
  const hashes = await Promise.all(leaves.map((one) => leafHash(one)));
  const claims = new Map<Cbor, Cbor>([[1, ORIGIN], [2, ORIGIN], [6, 1_790_000_000], [-65537, SIZE]]);
  const header = dumps(new Map<Cbor, Cbor>([[1, log.public.alg], [4, log.public.kid], [15, claims], [395, 1]]));
  const signature = await log.sign(sigStructure(header, await tree(hashes)));
  const inclusion = new Map<Cbor, Cbor>([[-1, [dumps([SIZE, index, await path(index, hashes)])]]]);
  return Uint8Array.from([0xd2, ...dumps([header, new Map<Cbor, Cbor>([[396, inclusion]]), null, signature])]);
}

beforeAll(async () => {
  const [log, person] = [await newKey(), await newKey()];
  vkey = { name: ORIGIN, public: log.public };
  const say = (n: number) => sign(person, { iss: "nora", sub: "chain/x:C1", aud: ORIGIN, cti: new Uint8Array(16).fill(n) }, encode({ type: "Packed", n }));
  leaves = await Promise.all(Array.from({ length: SIZE }, (_, n) => say(n)));
  receipts = await Promise.all(leaves.map((_, n) => receiptFor(n, log)));
});

describe("the walk through a proof", () => {
  it("arrives for every entry, and its rungs end at the root that was signed", async () => {
    for (const [position, raw] of leaves.entries()) {
      const walked = await walk(raw, receipts[position] as Bytes, position, vkey);
      expect(walked.steps.map((one) => one.state)).toEqual(Array(8).fill("ok"));
      expect(walked.ok).toBe(true);
      const root = walked.steps.find((one) => one.name === "root")?.value;
      expect(walked.rungs.at(-1)?.result).toBe(root);
      expect(root).toBe(toHex(await tree(await Promise.all(leaves.map((one) => leafHash(one))))));
    }
  });

  it("breaks for every altered byte of the statement, and says where", async () => {
    const raw = leaves[2] as Bytes;
    for (let at = 0; at < raw.length; at++) {
      const altered = raw.slice();
      altered[at] = (altered[at] ?? 0) ^ 1;
      const walked = await walk(altered, receipts[2] as Bytes, 2, vkey);
      expect(walked.ok, `byte ${at}`).toBe(false);
      expect(walked.steps.filter((one) => one.state === "broken")).toHaveLength(1);
      expect(walked.steps).toHaveLength(8);
    }
  });

  it("breaks for every altered byte of the receipt", async () => {
    const data = receipts[2] as Bytes;
    for (let at = 0; at < data.length; at++) {
      const altered = data.slice();
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect((await walk(leaves[2] as Bytes, altered, 2, vkey)).ok, `byte ${at}`).toBe(false);
    }
  });

  it("takes no other log's key, no other place, no other statement", async () => {
    const [raw, receipt] = [leaves[2] as Bytes, receipts[2] as Bytes];
    const wrong = async (...given: Parameters<typeof walk>) => (await walk(...given)).steps.find((one) => one.state === "broken")?.name;
    expect(await wrong(raw, receipt, 2, { name: "elsewhere.example/log", public: vkey.public })).toBe("receipt");
    expect(await wrong(raw, receipt, 2, { name: ORIGIN, public: (await newKey()).public })).toBe("receipt");
    expect(await wrong(raw, receipt, 3, vkey)).toBe("place");
    expect(await wrong(raw, receipt, 2, vkey, "ab".repeat(32))).toBe("id");
    expect(await wrong(leaves[1] as Bytes, receipt, 2, vkey)).toBe("log");
    expect(await wrong(utf8("no statement"), receipt, 2, vkey)).toBe("bytes");
  });
});
