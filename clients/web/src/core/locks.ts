/** One at a time, across the tabs of this origin where the browser has Web Locks. */

const chains = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while nobody else holds `name`. A tab that dies lets go. Without Web Locks the
 * order holds within this tab only; the outbox's transactions keep the rest (see `outbox.ts`).
 */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (locks) return (await locks.request(name, work)) as T;
  const before = chains.get(name) ?? Promise.resolve();
  const mine = before.then(work, work);
  chains.set(name, mine.catch(() => undefined));
  return mine;
}
