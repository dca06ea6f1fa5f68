/**
 * The page's only Trusted Types policy (the server sends `require-trusted-types-for 'script'`):
 * text never becomes markup or code, and a worker is loaded from the app's own files only.
 * Imported first, for its effect.
 */
interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): unknown;
}

export function ownScript(url: string, page: string): string {
  const { origin, pathname } = new URL(url, page);
  if (origin === new URL(page).origin && pathname.startsWith("/app/")) return url;
  throw new TypeError(`${url} is not a script of this app`);
}

const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
trustedTypes?.createPolicy("default", { createScriptURL: (url) => ownScript(url, location.href) });
