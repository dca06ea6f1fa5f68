/** Follows the alarms that this person may know of for as long as they are signed in. */

import { after, calls, inOrder, type Alarm, type Told } from "./alarm";
import { events } from "./events";
import { heard } from "./heard";

const SILENT_MS = 45_000; // three heartbeats
const AGAIN_MS = 1_000;
const AT_MOST_MS = 30_000; // between two attempts

/** What is needed of a client. */
export interface Asked {
  request(path: string, init?: RequestInit): Promise<Response>;
}

interface Page {
  last_event: number;
  alarms: Alarm[];
  next_cursor: string | null;
}

/** Until `signal` says so: what stands, then what becomes of it; and again when the connection breaks.
 * `call` is told of what begins; `pause` waits before another attempt. */
export async function follow(
  client: Asked, signal: AbortSignal, call: (told: Told) => void, pause: (ms: number) => Promise<unknown> = asleep,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const last = await standing(client, signal);
      failures = 0;
      await listen(client, last, signal, call);
    } catch {
      // the network, the session, the server: what was heard stays, and says how old it is
    }
    if (signal.aborted) return;
    heard.set({ ...heard.get(), link: "lost" });
    await pause(Math.min(AGAIN_MS * 2 ** failures, AT_MOST_MS));
    failures += 1;
  }
}

/** Takes all that stands; the event that this is as of. */
async function standing(client: Asked, signal: AbortSignal): Promise<number> {
  const alarms: Alarm[] = [];
  let last: number | null = null;
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await (await client.request(`/v1/alarms?open=true&limit=1000${query}`, { signal })).json()) as Page;
    last ??= page.last_event; // of the first page: what came since is told again
    alarms.push(...page.alarms);
    cursor = page.next_cursor;
  } while (cursor !== null);
  heard.set({ alarms: inOrder(alarms), link: "open", asOf: Date.now() });
  return last;
}

async function listen(client: Asked, last: number, signal: AbortSignal, call: (told: Told) => void): Promise<void> {
  const headers = { accept: "text/event-stream" };
  const { body } = await client.request(`/v1/alarms/feed?after=${last}`, { signal, headers });
  if (!body) return;
  for await (const told of events<Told>(body, SILENT_MS)) {
    heard.set({ alarms: after(heard.get().alarms, told), link: "open", asOf: Date.now() });
    if (calls(told)) call(told);
  }
}

/** Without a network, until there is one: to try would be noise. */
function asleep(ms: number): Promise<unknown> {
  return new Promise((resolve) => {
    if (navigator.onLine) setTimeout(resolve, ms);
    else addEventListener("online", resolve, { once: true });
  });
}
