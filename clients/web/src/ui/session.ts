/** The one client of this page, who is signed in, and what that opens. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Client } from "../core/client";
import { remember, remembered } from "../core/memory";
import { Store } from "../core/store";
import type { SessionSeen } from "../core/types";
import { forgetWhere, recallWhere } from "./courier/where";

const TheClient = createContext<Client | null>(null);
export const ClientProvider = TheClient.Provider;

/** The page's client. Only below `ClientProvider`. */
export function useClient(): Client {
  const client = useContext(TheClient);
  if (!client) throw new Error("no client above this component");
  return client;
}

const KEPT = "unbroken.session";
const PERSON = "unbroken.person"; // whose device this was when the app last ran
const VOIDED_MS = 10 * 60_000; // a ward's screen is never closed

/** Who the ledger last said this is; kept, so that a cold start without a network shows the right tiles. */
export const session = new Store<SessionSeen | null>(null);

/** How many times this device became another person's since the page was loaded: then every screen is
 * drawn anew, and nothing that was on it is left. */
export const persons = new Store<number>(0);

/** Keep what each sign-in tells. A session that ends changes nothing: the person is still the same. */
export function followSession(client: Client): void {
  session.set(kept());
  recallWhere();
  followPerson(client);
  client.session.subscribe(() => {
    const seen = client.session.get();
    if (!seen) return;
    remember(KEPT, JSON.stringify(seen));
    session.set(seen);
    void keepVoided(client);
  });
  setInterval(() => void (client.session.get() && keepVoided(client)), VOIDED_MS);
}

/** What the one before did here (who they were, for whom they acted) is not the next one's. */
function followPerson({ profile }: Pick<Client, "profile">): void {
  const look = () => {
    const agent = profile.get()?.agent;
    const before = remembered(PERSON) ?? session.get()?.agent ?? agent;
    if (!agent) return;
    if (session.get()?.agent !== agent) forget();
    remember(PERSON, agent);
    if (before === agent) return;
    forgetWhere();
    persons.set(persons.get() + 1);
  };
  look();
  profile.subscribe(look);
}

/** A label that was declared void must stop a courier in a basement, too. */
async function keepVoided(client: Client): Promise<void> {
  try {
    await client.refreshVoided();
  } catch {
    // the older list stays, and whoever relies on it is told of when it is
  }
}

export function forget(): void {
  remember(KEPT, null);
  session.set(null);
}

/** True if the person has one of these roles anywhere. It opens tiles only; the ledger decides. */
export function hasRole(seen: SessionSeen | null, ...wanted: string[]): boolean {
  return Object.values(seen?.roles ?? {}).some((roles) => roles.some((role) => wanted.includes(role)));
}

/** The sites where the person has one of these roles, in order. */
export function sitesOf(seen: SessionSeen | null, ...wanted: string[]): string[] {
  const entries = Object.entries(seen?.roles ?? {});
  return entries.filter(([, roles]) => roles.some((role) => wanted.includes(role))).map(([site]) => site);
}

function kept(): SessionSeen | null {
  try {
    return JSON.parse(remembered(KEPT) ?? "null") as SessionSeen | null;
  } catch {
    return null;
  }
}
