/** A device that becomes another person's. */
import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import type { Client } from "../src/core/client";
import { Store } from "../src/core/store";
import type { Profile, SessionSeen } from "../src/core/types";

const shelf = new Map<string, string>();
Object.assign(globalThis, {
  localStorage: {
    getItem: (key: string) => shelf.get(key) ?? null,
    setItem: (key: string, value: string) => void shelf.set(key, value),
    removeItem: (key: string) => void shelf.delete(key),
  },
});
const { followSession, persons, session } = await import("../src/ui/session");
const { actFor, acting, meet, met } = await import("../src/ui/courier/where");

const VAN = { site: "swift-depot", department: "van-2" };
const profileOf = (agent: string): Profile => ({ agent, origin: "o", logKey: "k", kid: "00", alg: "Ed25519" });
const seenAs = (agent: string): SessionSeen => ({ agent, organisation: "swift", roles: {}, expires_at: "" });

/** A device of this person, on which they acted for the van. */
function device(agent: string) {
  const profile = new Store<Profile | null>(profileOf(agent));
  const seen = new Store<SessionSeen | null>(null);
  followSession({ profile, session: seen, refreshVoided: async () => 0 } as unknown as Client);
  seen.set(seenAs(agent));
  actFor(VAN);
  meet(VAN);
  return { profile, seen };
}

beforeEach(() => shelf.clear());

test("forgets for whom the one before acted and whom they met, and draws every screen anew", () => {
  const { profile, seen } = device("kit");
  const before = persons.get();
  seen.set(seenAs("mia")); // as a device is enrolled: she is signed in, then the key is hers
  profile.set(profileOf("mia"));
  expect([acting.get(), met.get(), session.get()?.agent]).toEqual([null, [], "mia"]);
  expect([...shelf.keys()].sort()).toEqual(["unbroken.person", "unbroken.session"]);
  expect(persons.get()).toBe(before + 1);
});

test("forgets it, too, when that happened while the app was closed", () => {
  device("kit");
  const seen = new Store<SessionSeen | null>(null);
  followSession({ profile: new Store(profileOf("mia")), session: seen } as unknown as Client);
  expect([acting.get(), session.get()]).toEqual([null, null]);
});

test("keeps it for the same person, who was locked out or whose session ended", () => {
  const { seen } = device("kit");
  const before = persons.get();
  seen.set(null);
  seen.set(seenAs("kit"));
  expect([acting.get(), persons.get()]).toEqual([VAN, before]);
});

test("brings it back when the app starts, from what this device remembers by then", () => {
  device("kit");
  acting.set(null); // as before anything was read
  followSession({ profile: new Store(profileOf("kit")), session: new Store(null) } as unknown as Client);
  expect([acting.get(), met.get()]).toEqual([VAN, [VAN]]);
});
