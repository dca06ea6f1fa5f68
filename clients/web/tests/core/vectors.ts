/** Where the published test vectors are; a set that is not there is skipped visibly. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const BASE = process.env["UNBROKEN_VECTORS"] ?? resolve(import.meta.dirname, "../../../../../shared/vectors");

export function has(name: string): boolean {
  return existsSync(join(BASE, name));
}

export function text(path: string): string {
  return readFileSync(join(BASE, path), "utf8");
}

export function bytes(path: string): Uint8Array {
  return Uint8Array.from(readFileSync(join(BASE, path)));
}

/** Every file below, in order. */
export function files(path: string): string[] {
  const names = readdirSync(join(BASE, path)).sort();
  return names.flatMap((name) => {
    const one = join(path, name);
    return statSync(join(BASE, one)).isDirectory() ? files(one) : [one];
  });
}
