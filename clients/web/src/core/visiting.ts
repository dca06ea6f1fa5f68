/**
 * How a browser becomes somebody of `make demo`: what a new device does anyway (`device.ts`), with an
 * administrator who approves at once. Only the demo's own server answers under `/demo/`.
 */
import type { Client } from "./client";
import { document as documentOf } from "./remote";
import { Problem } from "./problem";
import type { Party } from "./events/types";

/** Somebody of the demo, as its server says them. */
export interface Visitor {
  agent: string;
  to: string; // the screen where they work
  task: string;
  at: Party | null;
  approver: string;
  organisation: string;
  passphrase: string;
  reads_wristbands: boolean;
}

/** `anew`: this visit enrolled the browser; `position` of the entry that added its key. */
export type Visit =
  | { kind: "ready"; visitor: Visitor; anew: boolean; position: number | null }
  | { kind: "none" | "nobody" }
  | { kind: "other"; agent: string };

/** Become `agent`. Throws `Problem` with what the server says; what was half done is finished next time. */
export async function visit(client: Client, agent: string): Promise<Visit> {
  const visitor = await whoIs(agent);
  if (typeof visitor === "string") return { kind: visitor };
  const before = client.profile.get()?.agent ?? (client.lock.get() === "empty" ? null : client.enrolmentRequest().name);
  if (before !== null && before !== agent) return { kind: "other", agent: before };
  if (client.lock.get() === "empty") await client.makeKey(visitor.passphrase, agent);
  if (client.lock.get() === "locked") await client.unlock(visitor.passphrase);
  if (client.profile.get()) {
    await client.signIn();
    return { kind: "ready", visitor, anew: false, position: null };
  }
  return { kind: "ready", visitor, anew: true, position: await enrol(client, visitor) };
}

/** Whether the browser keeps what an earlier demo at this address left: another log by the same name. */
export async function isOfEarlierDemo(client: Client): Promise<boolean> {
  const [kept, offered] = [client.profile.get(), await client.offeredLog()];
  return kept !== null && kept.origin === offered.origin && kept.logKey !== offered.logKey;
}

async function whoIs(agent: string): Promise<Visitor | "none" | "nobody"> {
  const answer = await fetch(`/demo/person/${encodeURIComponent(agent)}`);
  if (answer.ok) return (await answer.json()) as Visitor;
  const { code } = (await answer.json().catch(() => ({}))) as { code?: string };
  return code === "no_such_agent" ? "nobody" : "none";
}

async function enrol(client: Client, visitor: Visitor): Promise<number | null> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ request: client.enrolmentRequest().text });
  const answer = await fetch("/demo/approve", { method: "POST", headers, body });
  const said = await documentOf(answer);
  if (!answer.ok) throw new Problem("refused", String(said["code"]), String(said["detail"]));
  if (typeof said["patient_keys"] === "string") await client.takePatientKeys(said["patient_keys"]);
  await client.finishEnrolment({ agent: visitor.agent, ...(await client.offeredLog()) });
  return typeof said["position"] === "number" ? said["position"] : null;
}
