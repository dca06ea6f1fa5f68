/** What the core weighs, minified and zipped, when it is first loaded. */
import { gzipSync } from "node:zlib";
import { resolve } from "node:path";
import { build } from "vite";
import { expect, it } from "vitest";

const MOST = 23_500; // bytes; everything else of a first load has 37,000

it("loads little before it is used: what only signers, scanners and old browsers need comes later", async () => {
  const built = await build({
    root: resolve(import.meta.dirname, "../.."),
    configFile: false,
    logLevel: "error",
    build: {
      target: "es2022", write: false, modulePreload: { polyfill: false },
      rollupOptions: { input: "src/core/client.ts", preserveEntrySignatures: "strict" },
    },
  });
  const output = "output" in built ? built.output : [];
  const chunks = new Map(output.flatMap((one) => (one.type === "chunk" ? [[one.fileName, one] as const] : [])));
  const first = new Set<string>();
  const follow = (name: string): void => {
    if (first.has(name)) return;
    first.add(name);
    chunks.get(name)?.imports.forEach(follow);
  };
  for (const chunk of chunks.values()) if (chunk.isEntry) follow(chunk.fileName);
  const weigh = (names: Iterable<string>) => [...names].reduce((sum, name) => sum + gzipSync(chunks.get(name)?.code ?? "", { level: 9 }).length, 0);
  console.info(`first ${weigh(first)} bytes, all ${weigh(chunks.keys())}`);
  expect(weigh(first)).toBeLessThan(MOST);
  expect(first.size).toBeLessThan(chunks.size);
}, 60_000);
