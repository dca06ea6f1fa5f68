/** The little of Node that tests use. All of its types would let the app's own code use them, too. */
declare module "node:fs" {
  export function existsSync(path: string): boolean;
  export function readdirSync(path: string, options?: { recursive: true; encoding: "utf8" }): string[];
  export function readFileSync(path: string): Uint8Array;
  export function readFileSync(path: string, encoding: "utf8"): string;
  export function statSync(path: string): { isDirectory(): boolean };
}
declare module "node:path" {
  export function join(...parts: string[]): string;
  export function resolve(...parts: string[]): string;
}
declare module "node:readline" {
  export function createInterface(options: { input: unknown }): AsyncIterable<string>;
}
declare module "node:zlib" {
  export function gzipSync(data: string | Uint8Array, options?: { level: number }): Uint8Array;
}
declare const process: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: unknown;
  readonly stdout: { write(text: string): boolean };
  exit(code: number): never;
};
interface ImportMeta {
  readonly dirname: string;
}
