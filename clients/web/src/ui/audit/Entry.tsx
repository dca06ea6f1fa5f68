/** One entry: what it says, and its proof, walked through here step by step. The server is asked for bytes only. */

import { useMemo } from "preact/hooks";
import { fromBase64Url, toHex } from "../../core/bytes";
import type { Client } from "../../core/client";
import { Problem } from "../../core/problem";
import { parseVkey, type VerifierKey } from "../../core/proof/note";
import { PublicKey } from "../../core/proof/publickey";
import * as statement from "../../core/proof/statement";
import { t, tCode } from "../../messages";
import { sentence } from "../../messages/sentence";
import { Busy, Notice } from "../kit/Notice";
import { Button, Screen } from "../kit/Screen";
import { Time } from "../kit/Time";
import { useClient } from "../session";
import { askedAgain } from "./again";
import { Failed, useAsked } from "./asked";
import { ByteView, Members } from "./Bytes";
import { isBroken } from "./checking";
import type { Checkpoint } from "./documents";
import { PaperLine } from "./Paper";
import { Ladder, ProofSteps, SideState, SideSteps, type Side } from "./Proof";
import { seenHead, walk, type Walk } from "./steps";
import { part } from "./words";

interface Looked {
  raw: Uint8Array;
  vkey: VerifierKey;
  walked: Walk;
}

export function EntryScreen({ position }: { position: number }) {
  const client = useClient();
  const asked = useAsked(() => look(client, position), [client, position]);
  const title = t("audit.entry", { position });
  return (
    <Screen title={title} back={asked.value ? homeOf(asked.value.walked) : "/audit"} tools={<PrintEntry />}>
      <PaperLine />
      {asked.problem ? <NotLooked problem={asked.problem} again={asked.again} /> : asked.value ? <Shown position={position} looked={asked.value} /> : <Busy label={t("audit.fetching_proof")} />}
      <nav class="buttons" aria-label={t("audit.neighbours")}>
        {position > 0 && <Button to={`/audit/entry/${position - 1}`}>{t("audit.entry_before", { position: position - 1 })}</Button>}
        <Button to={`/audit/entry/${position + 1}`}>{t("audit.entry_after", { position: position + 1 })}</Button>
      </nav>
    </Screen>
  );
}

/** Evidence whose form is wrong is broken; a server that gives none leaves a gap. */
function NotLooked({ problem, again }: { problem: Problem; again: () => void }) {
  if (isBroken(problem)) {
    return <Notice tone="stop" title={t("audit.entry_broken")} live><p>{problem.detail}</p></Notice>;
  }
  return (
    <>
      <Notice tone="warn" title={t("audit.entry_gap")}><p>{t("audit.entry_gap_more")}</p></Notice>
      <Failed problem={problem} again={again} />
    </>
  );
}

function Shown({ position, looked }: { position: number; looked: Looked }) {
  const { walked, vkey, raw } = looked;
  const { statement: said, fields } = walked;
  const sides = useSides(looked, position);
  const wrong = walked.steps.find((one) => one.state === "broken");
  const trouble = sides.find((one) => one.state === "broken");
  return (
    <>
      {wrong ? (
        <Notice tone="stop" title={t("audit.entry_broken")} live>
          <p><strong>{t("audit.broken_at", { step: t(`audit.step_${wrong.name}`) })}</strong> {t(`audit.step_${wrong.name}_broken`)}</p>
          <p>{t("audit.entry_broken_more")}</p>
          <p class="soft small">{wrong.why}</p>
        </Notice>
      ) : (
        <Notice tone="ok" title={t("audit.entry_proved", { position, size: walked.receipt?.size ?? 0 })} live><p class="small">{t("audit.entry_proved_more")}</p></Notice>
      )}
      {!wrong && trouble && <Notice tone="stop" title={t(`audit.side_${trouble.name}_broken`)} live><p class="small">{trouble.why}</p></Notice>}
      {said && fields && (
        <section class="card">
          <h2>{tCode("event", String(fields["type"]))}</h2>
          {wrong && <Notice tone="warn" title={t("audit.says_unproved")} />}
          <p class="says">{sentence(fields, said.iss, said.sub)}.</p>
          <Facts walked={walked} sides={sides} />
        </section>
      )}
      <section class="card">
        <h2>{t("audit.proof")}</h2>
        <p class="soft small">{t("audit.proof_more")}</p>
        <ProofSteps walked={walked} vkey={vkey} />
        <Ladder walked={walked} />
      </section>
      <section class="card">
        <h2>{t("audit.sides")}</h2>
        <SideSteps sides={sides} />
      </section>
      {fields && <section class="card"><h2>{t("audit.members")}</h2><Members fields={fields} /></section>}
      <section class="card">
        <h2>{t("audit.bytes")}</h2>
        <ByteView raw={raw} statement={said} />
      </section>
    </>
  );
}

function Facts({ walked, sides }: { walked: Walk; sides: Side[] }) {
  const { statement: said, fields, receipt } = walked;
  if (!said || !fields) return null;
  const seen = sides.find((one) => one.name === "seen");
  return (
    <dl class="facts">
      <dt>{t("audit.signer")}</dt>
      <dd>{said.iss}</dd>
      <dt>{t("audit.stream")}</dt>
      <dd class="mono">{said.sub}</dd>
      <dt>{t("audit.claimed_time")}</dt>
      <dd><Time at={String(fields["occurred_at"])} seconds /></dd>
      {receipt && walked.ok && (
        <>
          <dt>{t("audit.proved_time")}</dt>
          <dd>
            {seen?.timeS !== undefined ? <>{t("audit.proved_between")} <Time at={seen.timeS * 1000} seconds /> {t("audit.and")} </> : <>{t("audit.proved_before")} </>}
            <Time at={receipt.timeS * 1000} seconds />
            {fields["seen"] === null && <>; {t("audit.never_met")}</>}
          </dd>
        </>
      )}
      <ESigned side={sides.find((one) => one.name === "again")} />
    </dl>
  );
}

/** How the signer was asked again, once that was looked at; what was checked stands with the other proofs. */
function ESigned({ side }: { side: Side | undefined }) {
  const { again } = side ?? {};
  if (!side || side.state === "waiting") return null;
  return (
    <>
      <dt>{t("audit.esignature")}</dt>
      <dd>
        {again && <>{tCode("meaning", again.said.meaning)}, {tCode("esignature", again.said.method)} <Time at={again.said.signedAt} seconds /> </>}
        <SideState side={side} />
      </dd>
    </>
  );
}

function homeOf({ statement: said, ok }: Walk): string {
  return ok && said?.sub.startsWith("chain/") ? `/audit/therapy/${part(said.sub.slice(6))}?view=timeline` : "/audit";
}

/** Bytes and receipt as the server has them now, and the walk through them under the pinned key. */
async function look(client: Client, position: number): Promise<Looked> {
  const key = client.profile.get()?.logKey;
  if (!key) throw new Problem("unauthentic", "not_enrolled", t("audit.no_pin"));
  const vkey = await parseVkey(key);
  const headers = { accept: "application/cose" };
  const [raw, receipt] = await Promise.all(
    [`/v1/entries/${position}`, `/v1/entries/${position}/receipt`].map(async (path) => {
      const answer = await client.request(path, { headers, cache: "no-store" });
      return new Uint8Array(await answer.arrayBuffer());
    }),
  );
  return { raw: raw as Uint8Array, vkey, walked: await walk(raw as Uint8Array, receipt as Uint8Array, position, vkey) };
}

/** What the proof of place does not say by itself: whose signature it is, what the device had seen, and how
 * its signer was asked again. */
function useSides(looked: Looked, position: number): Side[] {
  const client = useClient();
  const signer = useAsked(() => signature(client, looked), [client, looked]);
  const seen = useAsked(() => before(client, looked), [client, looked]);
  const again = useAsked(() => countersigned(client, looked, position), [client, looked]);
  const isAsked = looked.walked.fields?.["esignature"] !== undefined;
  return useMemo(
    () => [sideOf("signature", signer), sideOf("seen", seen), ...(isAsked ? [sideOf("again", again)] : [])],
    [signer.value, signer.problem, seen.value, seen.problem, again.value, again.problem],
  );
}

type Answered = { value: Omit<Side, "name"> | null; problem: Problem | null };

function sideOf(name: Side["name"], { value, problem }: Answered): Side {
  if (value) return { name, ...value };
  if (!problem) return { name, state: "waiting", value: "", why: "" };
  return { name, state: isBroken(problem) ? "broken" : "gap", value: "", why: problem.detail };
}

/** The signer's own signature. The key comes from an entry of the log, and its hash is the kid that was signed. */
async function signature(client: Client, { walked }: Looked): Promise<Omit<Side, "name">> {
  const said = walked.statement;
  if (!said) throw new Problem("fault", "no_statement", t("audit.no_statement"));
  const kid = toHex(said.kid);
  const { position, spki } = await keyOf(client, kid, said.iss);
  const key = await PublicKey.fromSpki(spki);
  await statement.verify(said, key);
  return { state: "ok", value: kid, why: "", position };
}

/** The signer's second signature, which is evidence inside the payload. */
async function countersigned(client: Client, { walked }: Looked, position: number): Promise<Omit<Side, "name">> {
  const again = await askedAgain(client, { ...walked, position });
  const who = walked.statement?.iss ?? "";
  if (!again) return { state: "ok", value: who, why: "" };
  if (again.state === "claim") return { state: "claim", value: who, why: "", again };
  return { state: again.state === "holds" ? "ok" : "revoked", value: who, why: "", again, position: again.added };
}

async function keyOf(client: Client, kid: string, signer: string): Promise<{ position: number; spki: Uint8Array }> {
  const position = signer === "ledger" ? 0 : (await client.read<{ position: number }>(`/v1/keys/${kid}`)).value.position;
  const { fields } = await client.entry(position);
  const administrators = Array.isArray(fields["administrators"]) ? fields["administrators"] : [];
  const given = [fields["key"], fields["event_key"], fields["log_key"], ...administrators.map((one) => (one as { key?: string }).key)];
  for (const text of given) {
    if (typeof text !== "string" || !/^[A-Za-z0-9_-]+$/.test(text)) continue;
    const spki = fromBase64Url(text);
    const key = await PublicKey.fromSpki(spki).catch(() => null);
    if (key && toHex(key.kid) === kid) return { position, spki };
  }
  throw new Problem("unauthentic", "unknown_key", t("audit.key_not_there", { position }));
}

/** The head that the device had seen when it signed: under the log's key, and the one that it names. */
async function before(client: Client, { walked, vkey }: Looked): Promise<Omit<Side, "name">> {
  const seen = walked.fields?.["seen"] as { size: number; root: string } | null | undefined;
  if (!seen) return { state: "ok", value: "", why: "" };
  const query = { after: seen.size - 1, limit: 1 };
  const { checkpoints } = await client.readPublic<{ checkpoints: Checkpoint[] }>("/v1/checkpoints", query);
  const note = checkpoints[0]?.note;
  if (!note) throw new Problem("not_found", "no_such_checkpoint", t("audit.no_head", { size: seen.size }));
  const head = await seenHead(note, seen, vkey);
  return { state: "ok", value: String(head.size), why: "", timeS: head.timeS };
}

function PrintEntry() {
  return <button type="button" class="tool print-text" onClick={() => print()}>{t("audit.print")}</button>;
}
