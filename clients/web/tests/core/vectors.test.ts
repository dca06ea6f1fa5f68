/** Verdicts of others: Wycheproof, the Merkle probes of transparency-dev, what C2SP prints, RFC 8785. */
import { describe, expect, it } from "vitest";
import { equal, fromBase64, fromHex, toHex, utf8 } from "../../src/core/bytes";
import { encode } from "../../src/core/canonical";
import { cosignedMessage, parseCheckpoint } from "../../src/core/proof/checkpoint";
import * as slow from "../../src/core/proof/ed25519";
import { verifyConsistency, verifyInclusion } from "../../src/core/proof/merkle";
import { parseNote, parseVkey, verifyNote, vkeyText } from "../../src/core/proof/note";
import { ED25519, ED25519_FULL, ES256, lowered, ORDER, PublicKey, toNumber } from "../../src/core/proof/publickey";
import { codeOf } from "./stage";
import { bytes, files, has, text } from "./vectors";

interface Case {
  tcId: number;
  msg: string;
  sig: string;
  result: "valid" | "invalid";
}
interface Group {
  publicKeyDer: string;
  tests: Case[];
}

function wycheproof(name: string): Group[] {
  return (JSON.parse(text(`wycheproof/testvectors_v1/${name}.json`)) as { testGroups: Group[] }).testGroups;
}

async function verdict(key: PublicKey, alg: number, signature: Uint8Array, message: string): Promise<string> {
  const found = await codeOf(key.verify(alg, signature, fromHex(message)));
  return found === "nothing was refused" ? "valid" : found;
}

describe.skipIf(!has("wycheproof"))("Wycheproof", () => {
  it("all 151 Ed25519 cases get the published verdict, from WebCrypto and from our own verifier", async () => {
    const counted = { valid: 0, invalid: 0 };
    for (const group of wycheproof("ed25519_test")) {
      const key = await PublicKey.fromSpki(fromHex(group.publicKeyDer));
      for (const one of group.tests) {
        const signature = fromHex(one.sig);
        const valid = one.result === "valid";
        for (const alg of [ED25519, ED25519_FULL]) {
          expect([(await verdict(key, alg, signature, one.msg)) === "valid", one.tcId]).toEqual([valid, one.tcId]);
        }
        expect([await slow.verify(key.raw, signature, fromHex(one.msg)), one.tcId]).toEqual([valid, one.tcId]);
        counted[one.result]++;
      }
    }
    expect(counted).toEqual({ valid: 88, invalid: 63 });
  }, 60_000);

  it("all 262 P-256 cases get the published verdict, but for the low-S rule", async () => {
    const counted = { valid: 0, "valid, high S": 0, invalid: 0 };
    for (const group of wycheproof("ecdsa_secp256r1_sha256_p1363_test")) {
      const key = await PublicKey.fromSpki(fromHex(group.publicKeyDer));
      for (const one of group.tests) {
        let found = await verdict(key, ES256, fromHex(one.sig), one.msg);
        const high = found === "high_s";
        if (high) found = beyond(fromHex(one.sig)) ? "invalid" : await verdict(key, ES256, lowered(fromHex(one.sig)), one.msg);
        expect([found === "valid", one.tcId]).toEqual([one.result === "valid", one.tcId]);
        counted[one.result === "valid" && high ? "valid, high S" : one.result]++;
      }
    }
    expect(counted).toEqual({ valid: 103, "valid, high S": 70, invalid: 89 });
  }, 60_000);
});

/** S at or above the order has no lower twin. */
function beyond(signature: Uint8Array): boolean {
  return toNumber(signature.subarray(32)) >= ORDER;
}

interface Probe {
  leafHash: string;
  leafIdx: number;
  treeSize: number;
  root: string;
  root1: string;
  root2: string;
  size1: number;
  size2: number;
  start: number;
  end: number;
  proof: string[] | null;
  wantErr: boolean;
}

async function probed(kind: string, check: (probe: Probe) => Promise<unknown>): Promise<[number, number]> {
  const counted: [number, number] = [0, 0];
  for (const path of files(`transparency-dev-merkle/testdata/${kind}`)) {
    const probe = JSON.parse(text(path)) as Probe;
    const accepted = (await codeOf(check(probe))) === "nothing was refused";
    expect([accepted, path]).toEqual([!probe.wantErr, path]);
    counted[accepted ? 0 : 1]++;
  }
  return counted;
}

const hashed = (letters: string | null) => fromBase64(letters ?? "");
const proofOf = ({ proof }: Probe) => (proof ?? []).map(hashed);

describe.skipIf(!has("transparency-dev-merkle"))("The Merkle probes", () => {
  it("all 98 of inclusion get the published verdict", async () => {
    const check = (one: Probe) => verifyInclusion(hashed(one.leafHash), one.leafIdx, one.treeSize, proofOf(one), hashed(one.root));
    expect(await probed("inclusion", check)).toEqual([6, 92]);
  });

  it("all 98 of consistency get the published verdict", async () => {
    const check = (one: Probe) => verifyConsistency(one.size1, hashed(one.root1), one.size2, hashed(one.root2), proofOf(one));
    expect(await probed("consistency", check)).toEqual([6, 92]);
  });

  it("all 204 of subtree inclusion get the published verdict", async () => {
    const check = async (one: Probe) => {
      const size = one.end - one.start;
      const width = 2 ** Math.ceil(Math.log2(Math.max(size, 1)));
      if (size <= 0 || one.start % width) throw new Error("a subtree starts at a multiple of its rounded-up size");
      await verifyInclusion(hashed(one.leafHash), one.leafIdx - one.start, size, proofOf(one), hashed(one.root));
    };
    expect(await probed("subtreeinclusion", check)).toEqual([12, 192]);
  });
});

describe.skipIf(!has("c2sp-spec-examples"))("What C2SP prints", () => {
  const read = (name: string) => bytes(`c2sp-spec-examples/${name}`);
  const vkey = () => parseVkey(text("c2sp-spec-examples/signed-note-example.vkey").trim());

  it("a note verifies with the published key, which is written again as it was", async () => {
    const note = await verifyNote(read("signed-note-example.txt"), await vkey());
    expect(note.text).toBe("This is an example message.\n");
    expect(await vkeyText(await vkey())).toBe(text("c2sp-spec-examples/signed-note-example.vkey").trim());
  });

  it("the note fails when one letter changes", async () => {
    const changed = utf8(text("c2sp-spec-examples/signed-note-example.txt").replace("example m", "Example m"));
    expect(await codeOf(verifyNote(changed, await vkey()))).toBe("bad_note");
  });

  it("a cosigned checkpoint has the form that we read, and its message is the one that we build", () => {
    const note = parseNote(read("checkpoint-with-cosignature-example.txt"));
    const head = parseCheckpoint(note.text);
    expect([head.origin, head.size, head.root.length]).toEqual(["example.com/behind-the-sofa", 20852163, 32]);
    const [log, witness] = note.signatures;
    expect([log?.signature.length, witness?.signature.length]).toEqual([64, 72]);
    const printed =
      "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    expect(equal(cosignedMessage(note.text, 1679315147n), utf8(printed))).toBe(true);
  });
});

describe.skipIf(!has("rfc8785-json-canonicalization"))("RFC 8785's own files", () => {
  it("each that holds what we write is written as published; the others are refused", () => {
    const verdicts: Record<string, string> = {};
    for (const path of files("rfc8785-json-canonicalization/testdata/input")) {
      const name = path.split("/").at(-1) ?? "";
      const wanted = bytes(path.replace("/input/", "/output/"));
      try {
        const again = encode(JSON.parse(text(path)));
        verdicts[name] = toHex(again) === toHex(wanted) ? "equal" : "different";
      } catch (error) {
        verdicts[name] = (error as { code: string }).code;
      }
    }
    expect(verdicts).toEqual({
      "arrays.json": "equal",
      "french.json": "not_json",
      "structures.json": "equal",
      "unicode.json": "equal",
      "values.json": "float_in_payload",
      "weird.json": "not_json",
    });
  });
});
