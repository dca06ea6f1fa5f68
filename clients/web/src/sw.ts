/**
 * The service worker: the app opens with no network, from the files of one build.
 *
 * - Installed, it has fetched every file of its build but the scanner's wasm, and compared each
 *   with the SHA-256 that the build gave it: a half-deployed or altered build is never taken.
 * - Pages come from here, never newer than their files. A new version waits until a page says
 *   "activate"; open pages of the version before still find their files.
 * - It touches nothing but the app: no /v1, no /log, no database. What waits to be sent lies in
 *   IndexedDB, which belongs to the pages.
 */
declare const self: ServiceWorkerGlobalScope;
declare const __PRECACHE__: { build: string; files: [path: string, sha256: string][] };
export {};

const BASE = "/app/";
const PAGE = `${BASE}index.html`;
const PREFIX = "unbroken-app-";
const ORDER = "unbroken-order"; // which builds were at work, the newest last
const ORDER_AT = `${BASE}order`; // nothing is served from here
const { build, files } = __PRECACHE__; // put in by plugins/precache.ts
const NAME = PREFIX + build;
const DIGESTS = new Map(files.map(([path, sha256]) => [BASE + path, sha256]));
const isLater = (path: string): boolean => path.endsWith(".wasm");

self.addEventListener("install", (event) => {
  event.waitUntil(keep([...DIGESTS.keys()].filter((path) => !isLater(path))));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOlder().then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => {
  const type = (event.data as { type?: unknown } | null)?.type;
  if (type === "activate") event.waitUntil(self.skipWaiting());
  if (type === "complete") event.waitUntil(complete(event.source));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && !DIGESTS.has(url.pathname)) {
    if (isPage(url.pathname)) event.respondWith(page(request));
  } else if (DIGESTS.has(url.pathname) || url.pathname.startsWith(`${BASE}assets/`)) {
    event.respondWith(file(request, url.pathname));
  }
});

/** Where the server, too, answers with the shell: the app, and what a label's link leads to. */
function isPage(path: string): boolean {
  return path === "/" || path === "/app" || /^\/([Bb]|app)\//.test(path);
}

async function page(request: Request): Promise<Response> {
  return (await caches.match(PAGE, { cacheName: NAME, ignoreVary: true })) ?? fetch(request);
}

/** From this build's cache, or that of the version before, whose pages may still be open. */
async function file(request: Request, path: string): Promise<Response> {
  const kept = await caches.match(path, { cacheName: NAME, ignoreVary: true });
  if (kept) return kept;
  if (DIGESTS.has(path)) return keepOne(await caches.open(NAME), path);
  return (await caches.match(path, { ignoreVary: true })) ?? fetch(request);
}

async function keep(paths: string[]): Promise<void> {
  const cache = await caches.open(NAME);
  await Promise.all(paths.map((path) => keepOne(cache, path)));
}

async function keepOne(cache: Cache, path: string): Promise<Response> {
  const before = await caches.match(path, { ignoreVary: true });
  const found = before && (await isOfThisBuild(before, path)) ? before : await fetched(path);
  await cache.put(path, found.clone());
  return found;
}

async function fetched(path: string): Promise<Response> {
  const found = await fetch(path, { cache: "no-cache" });
  if (await isOfThisBuild(found, path)) return found;
  throw new Error(`${path} is not the file of build ${build}`);
}

async function isOfThisBuild(found: Response, path: string): Promise<boolean> {
  const digest = await crypto.subtle.digest("SHA-256", await found.clone().arrayBuffer());
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return found.ok && hex === DIGESTS.get(path);
}

/** The scanner's wasm too, once a page is up: from then on, scanning needs no network. */
async function complete(asker: Client | ServiceWorker | MessagePort | null): Promise<void> {
  await keep([...DIGESTS.keys()].filter(isLater));
  asker?.postMessage({ type: "complete", build });
}

/**
 * Keeps this build and the one that was at work before it, whose pages may still be open: by what was at
 * work, since a build that comes back (A, B, then A again) has its old cache, made before B's. One that
 * is newer than this and not at work yet stays, too.
 */
async function forgetOlder(): Promise<void> {
  const order = await caches.open(ORDER);
  const all = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  const known = (await (await order.match(ORDER_AT))?.json()) as string[] | undefined;
  const before = known ?? all.filter((name) => name !== NAME).slice(-1);
  const worked = [...before.filter((name) => name !== NAME), NAME].slice(-2);
  const newer = all.slice(all.indexOf(NAME) + 1).filter((name) => !before.includes(name));
  const gone = all.filter((name) => !worked.includes(name) && !newer.includes(name));
  await Promise.all(gone.map((name) => caches.delete(name)));
  await order.put(ORDER_AT, Response.json(worked));
}
