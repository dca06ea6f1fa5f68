import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Plugin } from "vite";

const SLOT = "__PRECACHE__"; // the global that src/sw.ts reads
const WORKER = "sw.js";
const LIST = "files.json";

/**
 * After a build: tells the service worker which files there are, then names every file of the
 * build with its SHA-256 in `files.json`. That list is RFC 8785 JSON, so its own SHA-256 names the
 * build, and `AppPublished` in the log can say which build people should be served.
 */
export function precache(version: string): Plugin {
  return {
    name: "unbroken-precache",
    apply: "build",
    writeBundle: {
      order: "post",
      sequential: true,
      handler(options) {
        const folder = options.dir ?? "dist";
        tellWorker(folder);
        const list = { files: Object.fromEntries(digests(folder)), v: 1, version };
        writeFileSync(join(folder, LIST), JSON.stringify(list));
      },
    },
  };
}

function tellWorker(folder: string): void {
  const path = join(folder, WORKER);
  const code = readFileSync(path, "utf8");
  if (code.split(SLOT).length !== 2) throw new Error(`${WORKER} must name ${SLOT} once`);
  const files = digests(folder).filter(([name]) => name !== WORKER);
  const build = sha256(JSON.stringify(files)).slice(0, 16);
  writeFileSync(path, code.replace(SLOT, () => JSON.stringify({ build, files })));
}

/** Path and SHA-256 of each file but the list itself, in the order that RFC 8785 asks for. */
function digests(folder: string): [string, string][] {
  return filesIn(folder)
    .map((path) => relative(folder, path).split(sep).join("/"))
    .filter((name) => name !== LIST)
    .sort((one, other) => (one < other ? -1 : 1))
    .map((name) => [name, sha256(readFileSync(join(folder, name)))]);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((item) => {
    const path = join(folder, item.name);
    return item.isDirectory() ? filesIn(path) : [path];
  });
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
