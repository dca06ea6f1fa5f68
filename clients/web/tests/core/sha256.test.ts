/** SHA-256 at once gives what WebCrypto gives (whose own vectors are NIST's), over one part or several. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex, utf8 } from "../../src/core/bytes";
import { sha256 } from "../../src/core/proof/hash";
import { sha256Sync } from "../../src/core/proof/sha256";

test("the examples of FIPS 180", () => {
  expect(toHex(sha256Sync())).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(toHex(sha256Sync(utf8("abc")))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("any bytes, parted anywhere", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(300), async (data, at) => {
    expect(sha256Sync(data.subarray(0, at), data.subarray(at))).toEqual(await sha256(data));
  }), { numRuns: 200 });
});

test("every length around a block", async () => {
  for (let length = 0; length < 200; length++) {
    const data = new Uint8Array(length).fill(length);
    expect(sha256Sync(data)).toEqual(await sha256(data));
  }
});
