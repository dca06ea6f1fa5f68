import { Store } from "./store";

/**
 * The app's own versions. The service worker (`src/sw.ts`) fetches a new one in the background;
 * it waits until the person says so, and takes nothing along: what waits to be sent stays where
 * it is, in the database.
 *
 * - `none`: this is the newest that is known
 * - `ready`: a new version is fetched and checked; `applyUpdate` goes over to it
 * - `reload`: another page went over to it; this one should be loaded again when convenient
 * - `refused`: a new version was not what its build says of it, and this one goes on
 */
export type UpdateState = "none" | "ready" | "reload" | "refused";
export const update = new Store<UpdateState>("none");

/** How far the app would get with no network: not at all, all but the camera's reader, wholly. */
export type Readiness = "no" | "without_scanner" | "wholly";
export const readiness = new Store<Readiness>("no");

const SCRIPT = "/app/sw.js";
const SCOPE = "/"; // a label's link (/B/…) opens without a network, too
const CHECK_MS = 60 * 60 * 1000; // beyond what browsers do: a ward's screen is never closed

let registration: ServiceWorkerRegistration | undefined;
let asked = false;

/** Once, when the page is up. Where the browser or an insecure address has no workers: nothing. */
export function watchForUpdates(): void {
  if (import.meta.env.DEV || !("serviceWorker" in navigator)) return;
  const workers = navigator.serviceWorker;
  const controlled = workers.controller !== null; // false: the first worker is no new version
  workers.addEventListener("controllerchange", () => {
    if (controlled || asked) takenOver();
  });
  workers.addEventListener("message", (event: MessageEvent<unknown>) => {
    if ((event.data as { type?: unknown } | null)?.type === "complete") readiness.set("wholly");
  });
  void workers.register(SCRIPT, { scope: SCOPE, updateViaCache: "none" }).then(follow, () => undefined);
  void workers.ready.then(({ active }) => {
    if (readiness.get() === "no") readiness.set("without_scanner");
    active?.postMessage({ type: "complete" });
  });
}

/** Go over to the version that is ready; the page is loaded again. Does nothing without one. */
export function applyUpdate(): void {
  if (update.get() === "reload") location.reload();
  if (!registration?.waiting) return;
  asked = true;
  registration.waiting.postMessage({ type: "activate" });
}

function takenOver(): void {
  if (asked) location.reload();
  else update.set("reload");
}

function follow(found: ServiceWorkerRegistration): void {
  registration = found;
  if (found.waiting) update.set("ready");
  if (found.installing) watch(found.installing);
  found.addEventListener("updatefound", () => found.installing && watch(found.installing));
  const look = (): void => void found.update().catch(() => undefined); // with no network: later
  setInterval(look, CHECK_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
}

/** Only what comes while another version works is news. */
function watch(worker: ServiceWorker): void {
  const first = navigator.serviceWorker.controller === null;
  worker.addEventListener("statechange", () => {
    if (first) return;
    if (worker.state === "installed") update.set("ready");
    if (worker.state === "redundant" && update.get() === "none") update.set("refused");
  });
}
