/**
 * Small settings of this device, by key: never a secret, never what a patient is. A browser that
 * keeps nothing (cookies blocked, no room) works with the defaults: that is no reason to fail.
 */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Null forgets it. */
export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // the default next time
  }
}
