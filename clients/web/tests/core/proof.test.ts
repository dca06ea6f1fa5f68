/** Laws of the formats, and the worked example of docs/formats.md. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as b from "../../src/core/bytes";
import { decode, encode, type JsonObject } from "../../src/core/canonical";
import { dumps, loads, type Cbor } from "../../src/core/proof/cbor";
import { openCheckpoint } from "../../src/core/proof/checkpoint";
import { consistencyProof, leafHash, nodeHash, root, verifyConsistency, verifyInclusion } from "../../src/core/proof/merkle";
import { parseVkey, vkeyText } from "../../src/core/proof/note";
import { ORDER, PublicKey, toNumber } from "../../src/core/proof/publickey";
import { parseReceipt, verifyReceipt } from "../../src/core/proof/receipt";
import { split } from "../../src/core/proof/sequence";
import { SigningKey } from "../../src/core/proof/signingkey";
import * as statement from "../../src/core/proof/statement";
import { tilePath, tileReader, tileWidth } from "../../src/core/proof/tiles";
import { sha256 } from "../../src/core/proof/hash";
import { example } from "./example";
import { keyOf, Ledger } from "./ledger";
import { codeOf } from "./stage";

const blobs = fc.uint8Array({ maxLength: 200 });
const names = fc.string({ unit: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)), maxLength: 12 });
const texts = fc.string({ unit: "grapheme", maxLength: 20 });
const integers = fc.maxSafeInteger();
const values = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: "small" }, fc.constant(null), fc.boolean(), integers, texts, fc.array(tie("any"), { maxLength: 4 }), fc.dictionary(names, tie("any"), { maxKeys: 4, noNullPrototype: true })),
})).any;
const objects = fc.dictionary(names, values, { maxKeys: 6, noNullPrototype: true }) as fc.Arbitrary<JsonObject>;

describe("texts for bytes", () => {
  it("each is read back as what was written", () => {
    fc.assert(
      fc.property(blobs, (data) => {
        expect(b.fromHex(b.toHex(data))).toEqual(data);
        expect(b.fromBase64(b.toBase64(data))).toEqual(data);
        expect(b.fromBase64Url(b.toBase64Url(data))).toEqual(data);
        expect(b.fromBase45(b.toBase45(data))).toEqual(data);
      }),
    );
  });

  it("none has a second spelling: what is read is written again as it was", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."ABCabc019+/=-_ $%*.:"), maxLength: 9 });
    const pairs = [[b.fromBase64, b.toBase64], [b.fromBase64Url, b.toBase64Url], [b.fromBase45, b.toBase45], [b.fromHex, b.toHex]] as const;
    fc.assert(
      fc.property(letters, fc.constantFrom(...pairs), (text, [read, write]) => {
        let data: b.Bytes;
        try {
          data = read(text);
        } catch {
          return;
        }
        expect(write(data)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it("base45 is RFC 9285's", () => {
    expect(b.toBase45(b.utf8("Hello!!"))).toBe("%69 VD92EX0");
    expect(b.toBase45(b.utf8("base-45"))).toBe("UJCLQE7W581");
    for (const bad of ["GGW", ":::", "A", "a00"]) expect(() => b.fromBase45(bad)).toThrow("bad_base45");
  });

  it("compare orders as Python does", () => {
    fc.assert(
      fc.property(blobs, blobs, (x, y) => {
        const byHex = b.toHex(x) < b.toHex(y) ? -1 : b.toHex(x) > b.toHex(y) ? 1 : 0;
        expect(Math.sign(b.compare(x, y))).toBe(byHex);
        expect(b.equal(x, y)).toBe(byHex === 0);
      }),
    );
  });
});

describe("canonical JSON", () => {
  it("reads names that look like numbers in the order of their digits", () => {
    expect(decode(b.utf8('{"10":1,"9":2,"a":"\\u0001"}'))).toEqual({ 9: 2, 10: 1, a: "\u0001" });
  });

  it("reads back what it wrote, and writes it again as it was", () => {
    fc.assert(
      fc.property(objects, (value) => {
        const data = encode(value);
        expect(b.equal(encode(decode(data)), data)).toBe(true);
      }),
    );
  });

  it.each([
    [' {"a":1}', "not_canonical"],
    ['{"a": 1}', "not_canonical"],
    ['{"b":1,"a":2}', "not_canonical"],
    ['{"a":1,"a":1}', "not_canonical"],
    ['{"a":1.5}', "not_canonical"],
    ['{"a":1e2}', "not_canonical"],
    ['{"a":-0}', "not_canonical"],
    ['{"a":9007199254740992}', "not_canonical"],
    ['{"a":"\\u0041"}', "not_canonical"],
    ['{"a":"\\/"}', "not_canonical"],
    ['{"a":"\\ud800"}', "not_canonical"],
    ['{"10":1,"9":2,"a":[{"c":1,"b":2}]}', "not_canonical"],
    ['{"9":2,"10":1}', "not_canonical"],
    ['{"ä":1}', "not_canonical"],
    ['\ufeff{"a":1}', "malformed_json"],
    ["[1]", "malformed_json"],
    ["", "malformed_json"],
    [`{"a":${"[".repeat(40)}${"]".repeat(40)}}`, "not_canonical"],
  ])("refuses %s", async (text, code) => {
    expect(await codeOf(() => decode(b.utf8(text)))).toBe(code);
  });

  it.each([
    [{ a: 0.5 }, "float_in_payload"],
    [{ a: 2 ** 53 }, "integer_out_of_range"],
    [{ a: Number.NaN }, "float_in_payload"],
    [{ a: "\ud800" }, "not_json"],
    [{ ä: 1 }, "not_json"],
    [{ a: () => 1 }, "not_json"],
  ])("does not write %o", async (value, code) => {
    expect(await codeOf(() => encode(value))).toBe(code);
  });

  it.each(['{"a":"\\ud800"}', '{"a":"\\u001F"}', '{"a":"\\u0001x","\\u0041":1}', '{"a":1e21}', '{"a":{"b":0.5}}', '{"a":[{"c":1,"b":2}]}', '{"9":1,"10":1}', `{"a":${"[".repeat(60_000)}${"]".repeat(60_000)}}`])(
    "refuses what the engine's own writer would write so: %.40s",
    async (text) => expect(await codeOf(() => decode(b.utf8(text)))).toBe("not_canonical"),
  );

  it("has no second way: a text is read if, and only if, it is what its value is written as", () => {
    const letters = fc.constantFrom(...'{}[]":,\\u0019.eEabé\ud800\udc00 -');
    fc.assert(
      fc.property(objects, fc.nat(), fc.nat(2), letters, (value, at, cut, letter) => {
        const whole = b.fromUtf8(encode(value));
        const place = at % whole.length;
        const text = b.fromUtf8(b.utf8(whole.slice(0, place) + letter + whole.slice(place + cut))); // no half of a pair
        let [again, read]: [string | null, string | null] = [null, null];
        try {
          again = b.fromUtf8(encode(JSON.parse(text)));
        } catch { /* no value of ours */ }
        try {
          read = b.fromUtf8(encode(decode(b.utf8(text))));
        } catch { /* refused */ }
        expect(read).toBe(again === text && /^\{/.test(text) ? text : null);
      }),
      { numRuns: 4000 },
    );
  });

  it("keeps a member called __proto__ a member", () => {
    const data = b.utf8('{"__proto__":{"a":1},"b":2}');
    expect(b.equal(encode(decode(data)), data)).toBe(true);
  });
});

describe("CBOR", () => {
  const items: fc.Arbitrary<Cbor> = fc.letrec<{ any: Cbor }>((tie) => ({
    any: fc.oneof(
      { depthSize: "small" }, integers, texts, blobs.map((data) => Uint8Array.from(data)), fc.constantFrom(null, true, false),
      fc.array(tie("any"), { maxLength: 4 }),
      fc.uniqueArray(fc.tuple(fc.oneof(integers, names), tie("any")), { maxLength: 4, selector: ([name]) => name }).map((members) => new Map<Cbor, Cbor>(members)),
    ),
  })).any;

  it("reads back what it wrote", () => {
    fc.assert(
      fc.property(items, (item) => {
        expect(loads(dumps(item))).toEqual(item);
      }),
    );
  });

  it("whatever it reads, it would write the same bytes", () => {
    fc.assert(
      fc.property(items, fc.nat(), fc.nat(255), (item, at, byte) => {
        const data = dumps(item);
        data[at % data.length] = byte;
        let read: Cbor;
        try {
          read = loads(data);
        } catch {
          return;
        }
        expect(b.toHex(dumps(read))).toBe(b.toHex(data));
      }),
      { numRuns: 3000 },
    );
  });

  it.each(["1800", "190017", "1a00000017", "1b0000000000000017", "5f41004100ff", "9fff", "a201010102", "c100", "f90000", "fb0000000000000000", "0000", "62c328", "1b0020000000000000", "", "81", "f7"])(
    "refuses %s",
    async (hex) => expect(await codeOf(() => loads(b.fromHex(hex)))).toBe("malformed_cbor"),
  );

  it("a sequence is taken apart where its items end, and no item is decoded", () => {
    fc.assert(
      fc.property(fc.array(items, { maxLength: 5 }), (all) => {
        const parts = all.map(dumps);
        expect(split(b.concat(...parts)).map(b.toHex)).toEqual(parts.map(b.toHex));
      }),
    );
    expect(() => split(b.fromHex("018201"))).toThrow("byte 1");
  });
});

describe("statements", () => {
  const claims = { iss: "kit", sub: "chain/isbt128:CHA999926000001", aud: "ledger.example/unbroken" };
  const zeroToFifteen = Uint8Array.from({ length: 16 }, (_, at) => at);

  it("the worked example is parsed, verified and made again, byte for byte", async () => {
    const parsed = statement.parse(example.statement);
    await statement.verify(parsed, await PublicKey.fromRaw(example.courier));
    expect(b.toHex(await sha256(example.statement))).toBe(example.id);
    const key = await keyOf(Uint8Array.from({ length: 32 }, (_, at) => at));
    const raw = await statement.sign(key, { ...claims, cti: zeroToFifteen }, encode(decode(parsed.payload)));
    expect(b.toHex(raw)).toBe(b.toHex(example.statement));
  });

  it("every one flipped bit is refused, by the parser or by the key", async () => {
    const key = await PublicKey.fromRaw(example.courier);
    let refused = 0;
    for (let bit = 0; bit < example.statement.length * 8; bit += 3) {
      const mutated = Uint8Array.from(example.statement);
      mutated[bit >> 3] = (mutated[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const verdict = await codeOf(async () => statement.verify(statement.parse(mutated), key));
      expect([verdict, bit]).not.toEqual(["nothing was refused", bit]);
      refused++;
    }
    expect(refused).toBeGreaterThan(1000);
  });

  it("whatever bytes are read, the same are written of what they say", () => {
    const again = ({ alg, contentType, kid, iss, sub, aud, cti, payload, signature }: statement.Statement): b.Bytes => {
      const said: Cbor = new Map<Cbor, Cbor>([[1, alg], [3, contentType], [4, kid], [15, new Map<Cbor, Cbor>([[1, iss], [2, sub], [3, aud], [7, cti]])]]);
      return b.concat(Uint8Array.of(0xd2), dumps([dumps(said), new Map(), payload, signature]));
    };
    const changes = fc.array(fc.tuple(fc.nat(example.statement.length - 1), fc.constantFrom(0, 1), fc.uint8Array({ maxLength: 3 })), { maxLength: 2 });
    let read = 0;
    fc.assert(
      fc.property(changes, (made) => {
        let raw = b.concat(example.statement);
        for (const [at, gone, put] of made) raw = b.concat(raw.subarray(0, at), put, raw.subarray(at + (gone || put.length)));
        let found: statement.Statement;
        try {
          found = statement.parse(raw);
        } catch {
          return;
        }
        read++;
        expect(b.toHex(again(found))).toBe(b.toHex(raw));
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(100);
  });

  it.each([
    ["of the header", (said: Cbor[]) => dumps(new Map([said[1], said[0], said[2], said[3]] as [Cbor, Cbor][]))],
    ["of the claims", (said: Cbor[]) => dumps(new Map([...said.slice(0, 3), [15, new Map([...(said[3] as unknown as [Cbor, Map<Cbor, Cbor>])[1]].reverse())]] as [Cbor, Cbor][]))],
  ])("another order %s is refused", async (_, turned) => {
    const parsed = statement.parse(example.statement);
    const header = turned([...(loads(parsed.protected) as Map<Cbor, Cbor>)] as unknown as Cbor[]);
    const raw = b.concat(Uint8Array.of(0xd2), dumps([header, new Map(), parsed.payload, parsed.signature]));
    expect(await codeOf(() => statement.parse(raw))).toBe("malformed_cbor");
  });

  it("P-256 signs with low S, and the twin is refused", async () => {
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
    const key = new SigningKey(pair.privateKey, await PublicKey.fromSpki(spki));
    for (let count = 0; count < 16; count++) {
      const cti = crypto.getRandomValues(new Uint8Array(16));
      const parsed = statement.parse(await statement.sign(key, { ...claims, cti }, encode({ a: count })));
      await statement.verify(parsed, key.public);
      const s = ORDER - toNumber(parsed.signature.subarray(32));
      const twin = b.concat(parsed.signature.subarray(0, 32), b.fromHex(s.toString(16).padStart(64, "0")));
      expect(await codeOf(statement.verify({ ...parsed, signature: twin }, key.public))).toBe("high_s");
    }
  });

  it("a key of low order, or in a second encoding, is no key", async () => {
    const points = ["00".repeat(32), `01${"00".repeat(31)}`, `ec${"ff".repeat(30)}7f`, "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", `ee${"ff".repeat(30)}7f`, `f0${"ff".repeat(31)}`];
    for (const point of points) expect(await codeOf(PublicKey.fromRaw(b.fromHex(point)))).toBe("low_order_point");
    expect(await codeOf(PublicKey.fromSpki(b.fromHex("3000")))).toBe("unsupported_key");
  });
});

describe("receipts and checkpoints", () => {
  it("the worked example's receipt proves its statement, under the printed key", async () => {
    const vkey = await parseVkey(example.vkey);
    expect(await vkeyText(vkey)).toBe(example.vkey);
    const found = await verifyReceipt(example.receipt, example.statement, vkey);
    expect([found.index, found.size, found.timeS]).toEqual([1, 2, 1772357460]);
    expect(b.toBase64(found.root)).toBe("7/o6JQBZZQHY+4laRjn7rXKLna7TiHYDZ6iHel7oXEo=");
  });

  it("every one flipped bit of it is refused", async () => {
    const vkey = await parseVkey(example.vkey);
    for (let bit = 0; bit < example.receipt.length * 8; bit++) {
      const mutated = Uint8Array.from(example.receipt);
      mutated[bit >> 3] = (mutated[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect([await codeOf(verifyReceipt(mutated, example.statement, vkey)), bit]).toEqual(["bad_receipt", bit]);
    }
    expect(await codeOf(() => parseReceipt(example.receipt.subarray(0, -1)))).toBe("malformed_receipt");
  });

  it("a checkpoint opens with its log's key; every flipped bit of it is refused", async () => {
    const ledger = await Ledger.open();
    const note = await ledger.checkpoint();
    const vkey = await parseVkey(ledger.vkey);
    expect((await openCheckpoint(note, vkey)).size).toBe(1);
    for (let at = 0; at < note.length; at++) {
      const mutated = Uint8Array.from(note);
      mutated[at] = (mutated[at] ?? 0) ^ 1;
      expect([await codeOf(openCheckpoint(mutated, vkey)), at]).toEqual(["bad_checkpoint", at]);
    }
  });

  it("a verifier key with another name, kind or check is none", async () => {
    const [name, check, material] = example.vkey.split("+");
    for (const bad of [`other+${check}+${material}`, `${name}+00000000+${material}`, `${name}+${check}+AA${material?.slice(2)}`, "x", ""]) {
      expect(await codeOf(parseVkey(bad))).toBe("malformed_vkey");
    }
  });
});

describe("the tree", () => {
  const leaves = Array.from({ length: 70 }, (_, at) => b.utf8(`entry ${at}`));
  const hashes = Promise.all(leaves.map(leafHash));
  const readerOf = (size: number) =>
    tileReader(async (level, index) => {
      const row = level === 0 ? (await hashes).slice(0, size) : [];
      return b.concat(...row.slice(index * 256, index * 256 + tileWidth(level, index, size)));
    });

  it("every tree extends every smaller one, and no proof serves another pair", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 70 }), fc.nat(), async (x, y, flip) => {
        const [old, size] = [Math.min(x, y), Math.max(x, y)];
        const [before, after] = [await root(old, readerOf(old)), await root(size, readerOf(size))];
        const proof = await consistencyProof(old, size, readerOf(size));
        await verifyConsistency(old, before, size, after, proof);
        const other = Uint8Array.from(before);
        other[flip % 32] = (other[flip % 32] ?? 0) ^ 1;
        expect(await codeOf(verifyConsistency(old, other, size, after, proof))).toBe("bad_consistency_proof");
        if (old < size) expect(await codeOf(verifyConsistency(old, before, size, after, proof.slice(1)))).toBe("bad_consistency_proof");
      }),
      { numRuns: 60 },
    );
  });

  it("counts beyond 32 bits: a proof in a tree of 2^40 entries", async () => {
    const [leaf, size] = [await sha256(), 2 ** 40];
    const proof = Array.from({ length: 40 }, (_, at) => Uint8Array.from({ length: 32 }, () => at));
    let top = leaf;
    for (const sibling of proof) top = await nodeHash(top, sibling);
    await verifyInclusion(leaf, 0, size, proof, top);
    expect(await codeOf(verifyInclusion(leaf, 2 ** 33, size, proof, top))).toBe("bad_inclusion_proof");
  });

  it("tiles have the paths that the specification prints", () => {
    expect(tilePath(0, 1234067)).toBe("tile/0/x001/x234/067");
    expect(tilePath(1, 0, 17)).toBe("tile/1/000.p/17");
    expect([tileWidth(0, 273, 70_000), tileWidth(1, 1, 70_000), tileWidth(2, 0, 70_000)]).toEqual([112, 17, 1]);
  });
});
