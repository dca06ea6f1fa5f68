/** Loaded once this device's key is open: the alarms that its person may know of, until it is locked. */

import type { Told } from "../../alarms/alarm";
import { follow } from "../../alarms/following";
import { heard, NOTHING } from "../../alarms/heard";
import type { Client } from "../../core/client";
import { extend } from "../../messages";
import { Feedback } from "../../scan/feedback";
import { isLoud } from "./loud";

const feedback = new Feedback(() => false);

/** Follows for whoever's key is open, now and later. */
export async function startAlarms(client: Client): Promise<void> {
  await extend("alarms");
  let leaving: AbortController | null = null;
  let whose: string | null = null;
  const look = () => {
    const agent = client.lock.get() === "open" ? (client.profile.get()?.agent ?? null) : null;
    if (agent === whose) return;
    whose = agent;
    leaving?.abort();
    leaving = agent === null ? null : new AbortController();
    heard.set(NOTHING); // of the one before, nothing stays
    if (leaving) void follow(client, leaving.signal, call);
  };
  look();
  client.lock.subscribe(look);
  client.profile.subscribe(look);
}

/** To be called from a press, so that the browser lets it sound later. */
export function primeAlarms(): void {
  feedback.prime();
  feedback.tell("alarm");
}

/** Only with consent: a phone that shouts in a ward is switched off for good. */
function call(_: Told): void {
  if (isLoud()) feedback.tell("alarm");
}
