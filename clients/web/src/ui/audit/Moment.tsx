/** The moment that is looked at: a slider over the entries, one step an entry, and any time of the clock. */

import { useState } from "preact/hooks";
import { language, t, tCode } from "../../messages";
import { sentence } from "../../messages/sentence";
import { Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";
import { localTime, Time } from "../kit/Time";
import { useClient } from "../session";
import { useStore } from "../store";
import { positionAt } from "./asking";
import { asProblem } from "../../core/problem";
import type { Told } from "./documents";
import type { Line } from "./story";
import type { View } from "./Tabs";

/** `counted` entries of this therapy count; `before`: the position that the ledger is asked about; null: now. */
export interface Moment {
  counted: number;
  before: number | null;
  at: string | null; // the time that somebody asked for
}

export function momentOf(counted: number, entries: readonly Told[]): Moment {
  const last = entries[counted - 1];
  if (counted >= entries.length || !last) return { counted: entries.length, before: null, at: null };
  return { counted, before: last.position + 1, at: null };
}

export function momentBefore(before: number, entries: readonly Told[], at: string | null = null): Moment {
  return { counted: entries.filter((one) => one.position < before).length, before, at };
}

/** `?before=61` in the address: a moment that can be passed on. */
export function momentFrom(search: string, entries: readonly Told[]): Moment {
  const before = new URLSearchParams(search).get("before");
  return before && /^\d{1,15}$/.test(before) ? momentBefore(Number(before), entries) : momentOf(entries.length, entries);
}

export function remember(moment: Moment, view: View): void {
  const query = new URLSearchParams();
  if (moment.before !== null) query.set("before", String(moment.before));
  if (view !== "lineage") query.set("view", view);
  const text = query.toString();
  history.replaceState(null, "", location.pathname + (text ? `?${text}` : ""));
}

type Props = { coi: string; lines: Line[]; moment: Moment; busy: boolean; onMoment: (moment: Moment) => void };

export function MomentBar({ coi, lines, moment, busy, onMoment }: Props) {
  const spoken = useStore(language);
  const entries = lines.map((one) => one.told);
  const choose = (counted: number) => onMoment(momentOf(Math.min(entries.length, Math.max(1, counted)), entries));
  const last = entries[moment.counted - 1];
  const now = moment.before === null;
  const said = last ? sentence(last.event, last.signer, last.stream) : t("audit.before_all");
  const when = last ? localTime(new Date(last.recorded_at), spoken) : "";
  return (
    <section class={now ? "moment" : "moment past"} aria-label={t("audit.moment")}>
      <div class="moment-head">
        <p>
          <strong>{now ? t("audit.now") : t("audit.as_of", { counted: moment.counted, all: entries.length })}</strong>
          {busy && <span class="busy" aria-hidden="true" />}
          {last && <span class="soft small"> {t("audit.recorded")} <Time at={last.recorded_at} seconds /></span>}
        </p>
        <div class="steps">
          <Step label={t("audit.earlier")} sign="‹" off={moment.counted <= 1} onClick={() => choose(moment.counted - 1)} />
          <Step label={t("audit.later")} sign="›" off={now} onClick={() => choose(moment.counted + 1)} />
          <button type="button" class="step now" disabled={now} onClick={() => choose(entries.length)}>{t("audit.to_now")}</button>
        </div>
        <AnyTime coi={coi} entries={entries} onMoment={onMoment} />
      </div>
      <Marks lines={lines} counted={moment.counted} />
      <input
        type="range" class="slide" min={Math.min(1, entries.length)} max={entries.length} step={1} value={moment.counted}
        aria-label={t("audit.slider")}
        aria-valuetext={t("audit.slider_value", { counted: moment.counted, all: entries.length, position: last?.position ?? "", when, said })}
        onInput={(event) => choose(Number(event.currentTarget.value))}
      />
      <p class="moment-said">{last && <span class="mono soft">#{last.position}</span>} {said}.</p>
      {!now && <p class="soft small">{moment.at ? t("audit.as_of_time", { at: localTime(new Date(moment.at), spoken, true) }) : t("audit.as_of_more")}</p>}
    </section>
  );
}

function Step(props: { label: string; sign: string; off: boolean; onClick: () => void }) {
  return (
    <button type="button" class="step" aria-label={props.label} title={props.label} disabled={props.off} onClick={props.onClick}>
      {props.sign}
    </button>
  );
}

/** One mark an entry, above the slider's own stops: tall for trouble, with a shape besides the colour. */
function Marks({ lines, counted }: { lines: Line[]; counted: number }) {
  const last = Math.max(1, lines.length - 1);
  return (
    <div class="marks" aria-hidden="true">
      {lines.map((one, index) => (
        <span
          key={one.told.position}
          class={`mark ${one.kind} ${index < counted ? "in" : ""} ${one.corrections.length ? "corrected" : ""}`}
          style={{ left: `${(index / last) * 100}%` }}
        />
      ))}
    </div>
  );
}

function AnyTime({ coi, entries, onMoment }: { coi: string; entries: Told[]; onMoment: (moment: Moment) => void }) {
  const client = useClient();
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const go = async (event: Event) => {
    event.preventDefault();
    const at = new Date(text);
    if (Number.isNaN(at.getTime())) return setWrong(t("audit.time_missing"));
    try {
      const moment = at.toISOString();
      onMoment(momentBefore(await positionAt(client, coi, moment), entries, moment));
      setWrong("");
    } catch (error) {
      setWrong(tCode("refusal", asProblem(error).code));
    }
  };
  return (
    <details class="any-time">
      <summary>{t("audit.any_time")}</summary>
      <form class="field" onSubmit={(event) => void go(event)}>
        <label for="any-time">{t("audit.any_time_label", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}</label>
        <div class="buttons">
          <input id="any-time" type="datetime-local" step={1} value={text} onInput={(event) => setText(event.currentTarget.value)} />
          <Button submit>{t("audit.any_time_go")}</Button>
        </div>
        {wrong && <Notice tone="warn" title={wrong} live />}
      </form>
    </details>
  );
}
