/** Where the person is: the address after /app, or a scanned label's address /B/…. */

import { Store } from "../core/store";

const BASE = "/app";

/** `/app/courier/bags` -> `/courier/bags`; `/B/…` stays. A trailing slash does not count. */
function here(): string {
  const path = location.pathname.replace(/\/+$/, "") || "/";
  return path === BASE ? "/" : path.startsWith(`${BASE}/`) ? path.slice(BASE.length) : path;
}

export const path = new Store<string>(here());

addEventListener("popstate", () => path.set(here()));

/** The address that a link to a screen carries. */
export function href(to: string): string {
  return `${BASE}${to}`;
}

/** Go to a screen; `replace` leaves no way back to this one. */
export function go(to: string, how: { replace?: boolean } = {}): void {
  history[how.replace ? "replaceState" : "pushState"](null, "", href(to));
  path.set(here());
  scrollTo(0, 0);
}

/** Plain clicks on links inside the app stay inside it; all others are the browser's. */
export function follow(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest?.("a");
  if (!link || link.origin !== location.origin || !link.pathname.startsWith(`${BASE}/`)) return;
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.target || link.hasAttribute("download")) return;
  event.preventDefault();
  go(link.pathname.slice(BASE.length) + link.search);
}

/** An address that a person or a damaged label mangled is shown as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Match `/audit/:coi` against a path: the named parts, or null. */
export function match(pattern: string, at: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = at.split("/");
  if (wanted.length !== given.length) return null;
  const parts: Record<string, string> = {};
  for (const [index, name] of wanted.entries()) {
    const value = given[index] ?? "";
    if (name.startsWith(":")) parts[name.slice(1)] = decoded(value);
    else if (name !== value) return null;
  }
  return parts;
}
