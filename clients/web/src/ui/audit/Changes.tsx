/** What changed between two moments, as everybody or as one person was shown it; each change at its entry. */

import { useState } from "preact/hooks";
import { language, t, tCode } from "../../messages";
import { sentence } from "../../messages/sentence";
import { Icon, type IconName } from "../kit/Icon";
import { Badge, Notice } from "../kit/Notice";
import { localTime, Time } from "../kit/Time";
import { useClient } from "../session";
import { useStore } from "../store";
import { changesBetween, type When } from "./asking";
import { Shown, useAsked } from "./asked";
import type { Verdict } from "./checking";
import { Entry } from "./Custody";
import type { Change, Changes, Told } from "./documents";
import { about, byEntry, said, turnOf, type Made, type Turn } from "./points";
import type { Stage } from "./Therapy";
import { Unproved } from "./Timeline";

const SIGNS: Readonly<Record<Turn, IconName>> = { worse: "stop", better: "ok", begun: "next", ended: "info", changed: "next" };
const START = "0", NOW = "now";
const EPOCH = "1970-01-02"; // before the first entry the ledger had no time

/** The last change before the moment that the slider shows; whoever moves it begins anew there. */
export function ChangesView({ stage }: { stage: Stage }) {
  const [seenBy, setSeenBy] = useState("");
  return <Between key={stage.moment.before ?? NOW} stage={stage} seenBy={seenBy} onSeenBy={setSeenBy} />;
}

function Between({ stage, seenBy, onSeenBy }: { stage: Stage; seenBy: string; onSeenBy: (value: string) => void }) {
  const client = useClient();
  const entries = stage.lines.map((one) => one.told);
  const before = entries[stage.moment.counted - 2];
  const [from, setFrom] = useState(before ? String(before.position + 1) : START);
  const [to, setTo] = useState(stage.moment.before === null ? NOW : String(stage.moment.before));
  const asked = useAsked(() => changesBetween(client, stage.coi, whenOf(from), whenOf(to), seenBy), [client, stage.coi, from, to, seenBy]);
  return (
    <>
      <div class="between card">
        <Pick id="change-from" label={t("audit.change_from")} value={from} entries={entries} onValue={setFrom} />
        <Pick id="change-to" label={t("audit.change_to")} value={to} entries={entries} onValue={setTo} />
        <SeenBy entries={entries} value={seenBy} onValue={onSeenBy} />
      </div>
      <Shown asked={asked}>{(found) => <Found found={found} stage={stage} busy={asked.busy} />}</Shown>
    </>
  );
}

function whenOf(value: string): When {
  if (value === NOW) return null;
  return /^\d+$/.test(value) ? { before: Number(value) } : { at: value };
}

/** An entry after which it stood so, or any time of the clock. */
function Pick(props: { id: string; label: string; value: string; entries: Told[]; onValue: (value: string) => void }) {
  const spoken = useStore(language);
  const { id, value, entries, onValue } = props;
  const timed = value !== NOW && !/^\d+$/.test(value);
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select id={id} value={timed ? "" : value} onChange={(event) => event.currentTarget.value && onValue(event.currentTarget.value)}>
        {timed && <option value="">{localTime(new Date(value), spoken, true)}</option>}
        <option value={START}>{t("audit.before_all")}</option>
        {entries.map((one) => (
          <option key={one.position} value={String(one.position + 1)}>
            {t("audit.change_after", { position: one.position, type: tCode("event", one.type), when: localTime(new Date(one.recorded_at), spoken) })}
          </option>
        ))}
        <option value={NOW}>{t("audit.to_now")}</option>
      </select>
      <details class="any-time">
        <summary>{t("audit.any_time")}</summary>
        <label class="small" for={`${id}-time`}>{t("audit.any_time_label", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}</label>
        <input id={`${id}-time`} type="datetime-local" step={1} onChange={(event) => timeOf(event.currentTarget.value, onValue)} />
      </details>
    </div>
  );
}

function timeOf(text: string, onValue: (value: string) => void): void {
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) onValue(at.toISOString());
}

function SeenBy({ entries, value, onValue }: { entries: Told[]; value: string; onValue: (value: string) => void }) {
  const people = [...new Set(entries.map((one) => one.signer))].filter((name) => name !== "ledger").sort();
  return (
    <div class="field">
      <label for="seen-by">{t("audit.seen_by")}</label>
      <select id="seen-by" value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        <option value="">{t("audit.seen_by_all")}</option>
        {people.map((name) => <option key={name} value={name}>{name}</option>)}
      </select>
      <span class="hint">{t("audit.seen_by_more")}</span>
    </div>
  );
}

function Found({ found, stage, busy }: { found: Changes; stage: Stage; busy: boolean }) {
  const made = byEntry(found.changes);
  const told = new Map(stage.lines.map((one) => [one.told.position, one.told]));
  return (
    <div class={busy ? "found stale" : "found"} aria-busy={busy}>
      <p class="soft small" role="status">
        {t("audit.change_count", { count: found.changes.length })} {found.start.position || found.start.at > EPOCH ? <Time at={found.start.at} seconds /> : t("audit.before_all")} – <Time at={found.end.at} seconds />
      </p>
      <p class="soft small">{t("audit.change_word")}</p>
      {found.seen_by !== null && <Sight found={found} who={found.seen_by} />}
      {!made.length && <Notice tone="info" title={t("audit.change_none")} />}
      <ol class="changes">
        {made.map((one) => <Step key={one.position ?? one.at} made={one} told={told.get(one.position ?? -1)} verdict={stage.verdicts.get(one.position ?? -1)} />)}
      </ol>
    </div>
  );
}

/** Whether it was shown at all: a courier reads a therapy only while its bag is theirs. */
function Sight({ found, who }: { found: Changes; who: string }) {
  const { start, end } = found;
  if (start.shown && end.shown) return <p class="soft small">{t("audit.sight_both", { who })}</p>;
  const key = start.shown ? "audit.sight_ended" : end.shown ? "audit.sight_began" : "audit.sight_never";
  return <Notice tone="warn" title={t(key, { who })}><p>{t("audit.sight_more")}</p></Notice>;
}

function Step({ made, told, verdict }: { made: Made; told: Told | undefined; verdict: Verdict | undefined }) {
  const unproved = told && verdict && verdict.state !== "proved" ? <Unproved told={told} verdict={verdict} /> : null;
  return (
    <li class="card change-step">
      <p class="head">
        {made.position === null ? <Badge tone="wait">{t("audit.change_time")}</Badge> : <Entry position={made.position} />}
        {told && !unproved && <strong>{tCode("event", told.type)}</strong>}
        <span class="soft small"><Time at={made.at} seconds /></span>
      </p>
      {unproved}
      {told && !unproved && <p>{sentence(told.event, told.signer, told.stream)}.</p>}
      {!told && made.position !== null && <p class="soft">{t("audit.change_elsewhere")}</p>}
      <Rows changes={made.facts} />
      {made.gates.length > 0 && (
        <details open={!made.facts.length || made.gates.some((one) => turnOf(one) === "worse")}>
          <summary>{t("audit.change_gates", { count: made.gates.length })}</summary>
          <Rows changes={made.gates} />
        </details>
      )}
    </li>
  );
}

function Rows({ changes }: { changes: Change[] }) {
  if (!changes.length) return null;
  return (
    <ul class="turns">
      {changes.map((one) => <Row key={one.point} change={one} />)}
    </ul>
  );
}

function Row({ change }: { change: Change }) {
  const turn = turnOf(change);
  const { point, before, after } = change;
  return (
    <li class={`turn ${turn}`}>
      <Icon name={SIGNS[turn]} />
      <span class="what">{about(point)} <span class="visually-hidden">{t(`audit.turn_${turn}`)}</span></span>
      <span class="was">{before === null ? <span class="soft">–</span> : <del>{said(point, before)}</del>}</span>
      <span class="is">{after === null ? <span class="soft">{t("audit.change_gone")}</span> : <ins>{said(point, after)}</ins>}</span>
    </li>
  );
}
