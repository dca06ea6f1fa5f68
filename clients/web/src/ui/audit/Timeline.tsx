/** The therapy's story, entry by entry: who says what, when it is said to have happened, and what is proved. */

import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import { language, t, tCode } from "../../messages";
import { sentence } from "../../messages/sentence";
import { Icon, type IconName } from "../kit/Icon";
import { Badge, Notice } from "../kit/Notice";
import { localTime, Time, WithUtc } from "../kit/Time";
import { href } from "../route";
import { useClient } from "../session";
import { useStore } from "../store";
import { claimedOrder } from "./asking";
import { Shown, useAsked } from "./asked";
import type { Verdict } from "./checking";
import { byClaim, overtaken, type Overtaken } from "./claimed";
import type { Told, Unseen } from "./documents";
import { boundsOf, holes, span, type Kind, type Late, type Line } from "./story";
import type { Stage } from "./Therapy";

const ICONS: Readonly<Record<Kind, IconName>> = {
  custody: "road", making: "bag", quality: "proof", bedside: "bed", label: "scan", temperature: "wait", trouble: "warn", other: "info",
};
const FILTERS = ["all", "custody", "bedside", "quality", "trouble"] as const;
type Filter = (typeof FILTERS)[number];

export function TimelineView({ stage }: { stage: Stage }) {
  const spoken = useStore(language);
  const [filter, setFilter] = useState<Filter>("all");
  const counted = stage.lines.slice(0, stage.moment.counted);
  const later = stage.lines.length - counted.length;
  const [claimed, setClaimed] = useState(false);
  const moved = useMemo(() => overtaken(counted), [counted.length, stage.lines]);
  const unseen = useUnseen(stage.coi, claimed, stage.moment.before);
  const ordered = claimed ? byClaim(counted) : counted;
  const lines = ordered.filter((one) => filter === "all" || fits(one, filter));
  const missing = useMemo(() => new Map(holes(stage.lines.map((one) => one.told)).map((one) => [one.at, one])), [stage.lines]);
  return (
    <>
      <Filters filter={filter} onFilter={setFilter} />
      <OrderChoice claimed={claimed} onClaimed={setClaimed} moved={moved.size} />
      {unseen.problem}
      <ol class="story">
        {lines.map((line, index) => (
          <Entry
            key={line.told.position} line={line} stage={stage} day={dayIfNew(line, lines[index - 1], spoken, claimed)}
            hole={missing.get(line.told)} moved={moved.get(line.told.position)} unseen={unseen.found.get(line.told.position)}
          />
        ))}
      </ol>
      {later > 0 && <p class="soft">{t("audit.later_hidden", { count: later })}</p>}
    </>
  );
}

function fits({ kind, corrections }: Line, filter: Filter): boolean {
  return kind === filter || (filter === "trouble" && corrections.length > 0);
}

function Filters({ filter, onFilter }: { filter: Filter; onFilter: (filter: Filter) => void }) {
  return (
    <fieldset class="filters">
      <legend class="visually-hidden">{t("audit.filter")}</legend>
      {FILTERS.map((one) => (
        <label key={one} class="chip">
          <input type="radio" name="filter" checked={one === filter} onChange={() => onFilter(one)} />
          {t(`audit.filter_${one}`)}
        </label>
      ))}
    </fieldset>
  );
}

/** The time of day, with its date where that is another than the heading's; UTC at hand. */
function Clock({ at, day }: { at: string | number; day: string }) {
  const spoken = useStore(language);
  const moment = new Date(at);
  const same = moment.toDateString() === new Date(day).toDateString();
  const how: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short", hour12: false };
  return <WithUtc moment={moment} text={same ? moment.toLocaleTimeString(spoken === "en" ? "en-GB" : spoken, how) : localTime(moment, spoken, true)} />;
}

function dayIfNew(line: Line, before: Line | undefined, spoken: string, claimed: boolean): string | null {
  const day = dayOf(line.told, spoken, claimed);
  return before && dayOf(before.told, spoken, claimed) === day ? null : day;
}

function dayOf(told: Told, spoken: string, claimed: boolean): string {
  return new Date(claimed ? told.occurred_at : told.recorded_at).toLocaleDateString(spoken === "en" ? "en-GB" : spoken, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

type Missing = ReturnType<typeof holes>[number] | undefined;

type Placed = { line: Line; stage: Stage; day: string | null; hole: Missing; moved: Overtaken | undefined; unseen: Unseen[] | undefined };

function Entry({ line, stage, day, hole, moved, unseen }: Placed) {
  const { told } = line;
  const verdict = stage.verdicts.get(told.position);
  return (
    <>
      {day && <li class="day"><h3>{day}</h3></li>}
      {hole && <Hole saw={hole.saw} here={hole.here} who={told.signer} />}
      <li class={`told ${line.kind}${moved ? " moved" : ""}`} id={`entry-${told.position}`}>
        <span class="rail"><Icon name={ICONS[line.kind]} /></span>
        {verdict && verdict.state !== "proved" ? <Unproved told={told} verdict={verdict} /> : <Said line={line} stage={stage} moved={moved} unseen={unseen} />}
        <Beside line={line} stage={stage} />
      </li>
    </>
  );
}

type Speaking = Pick<Placed, "line" | "stage" | "moved" | "unseen">;

function Said({ line, stage, moved, unseen }: Speaking) {
  const { told, late } = line;
  return (
    <div class="said">
      <p class="head">
        <a class="mono" href={href(`/audit/entry/${told.position}`)} aria-label={t("audit.open_entry", { position: told.position })}>#{told.position}</a>
        <strong>{tCode("event", told.type)}</strong>
        <Proof verdict={stage.verdicts.get(told.position)} />
      </p>
      <p>{sentence(told.event, told.signer, told.stream)}.</p>
      <p class="soft small times">
        <span>{t("audit.signed_by", { who: told.signer })}</span>
        <span>{t("audit.claimed")} <Clock at={told.occurred_at} day={told.recorded_at} /></span>
        <Between told={told} stage={stage} />
        <Esigned event={told.event} />
      </p>
      {late && <Lateness late={late} />}
      {moved && <Badge tone="warn">{t("audit.moved", { span: span(moved.ms), position: moved.position })}</Badge>}
      {unseen?.map((one) => <NotSeen key={one.decision} one={one} />)}
      {line.about && <About line={line} />}
    </div>
  );
}

/** In which order the story is told, and how many entries claim another one than the log proves. */
function OrderChoice({ claimed, onClaimed, moved }: { claimed: boolean; onClaimed: (claimed: boolean) => void; moved: number }) {
  return (
    <fieldset class="filters">
      <legend class="visually-hidden">{t("audit.order")}</legend>
      {([false, true] as const).map((one) => (
        <label key={String(one)} class="chip">
          <input type="radio" name="order" checked={one === claimed} onChange={() => onClaimed(one)} />
          {t(one ? "audit.order_claimed" : "audit.order_proved")}
        </label>
      ))}
      <span class="soft small order-said" role="status">{t("audit.order_moved", { count: moved })}</span>
    </fieldset>
  );
}

/** By entry: the decisions whose gates it touches and whose signers could not have seen it. */
function useUnseen(coi: string, wanted: boolean, before: number | null): { found: ReadonlyMap<number, Unseen[]>; problem: VNode | null } {
  const client = useClient();
  const asked = useAsked(() => (wanted ? claimedOrder(client, coi) : Promise.resolve(null)), [client, coi, wanted]);
  const found = new Map<number, Unseen[]>();
  for (const one of asked.value?.unseen ?? []) {
    const counts = before === null || Math.max(one.entry, one.decision) < before;
    if (counts && one.matters.length) found.set(one.entry, [...(found.get(one.entry) ?? []), one]);
  }
  return { found, problem: wanted && asked.problem !== null ? <Shown asked={asked}>{() => null}</Shown> : null };
}

function NotSeen({ one }: { one: Unseen }) {
  const key = one.why === "came_later" ? "audit.unseen_later" : "audit.unseen_meanwhile";
  return (
    <p class="unseen small">
      <a href={`#entry-${one.decision}`}>{t(key, { who: one.signer, type: tCode("event", one.decision_type), position: one.decision })}</a>
    </p>
  );
}

/** The moment of signing, as far as the log proves it. */
function Between({ told, stage }: { told: Told; stage: Stage }) {
  const { after, before, seen } = boundsOf(told, stage.times);
  const upTo = <Clock at={before} day={told.recorded_at} />;
  if (seen === null) return <span>{t("audit.proved_before")} {upTo}; {t("audit.never_met")}</span>;
  if (after === null) return <span>{t("audit.proved_before")} {upTo}; {t("audit.after_entry", { size: seen })}</span>;
  return <span>{t("audit.proved_between")} <Clock at={after} day={told.recorded_at} /> {t("audit.and")} {upTo}</span>;
}

/** When the signer was asked again; how and what for stands in the sentence. */
function Esigned({ event }: { event: Told["event"] }) {
  const signature = event["esignature"];
  if (typeof signature !== "object" || signature === null || Array.isArray(signature)) return null;
  if (typeof signature["signed_at"] !== "string") return null;
  return <span>{t("audit.esigned")} <Clock at={signature["signed_at"]} day={String(event["occurred_at"])} /></span>;
}

function Lateness({ late }: { late: Late }) {
  return <Badge tone="warn">{t(late.how === "late" ? "audit.late" : "audit.ahead", { span: span(late.ms) })}</Badge>;
}

function Proof({ verdict }: { verdict: Verdict | undefined }) {
  if (!verdict) return <span class="proof soft small">{t("audit.not_yet_checked")}</span>;
  return <span class="proof ok small" title={t("audit.proved_here")}><Icon name="ok" />{t("audit.proved")}</span>;
}

/** An entry that could not be shown to be what was signed stands in its place as what it is. */
export function Unproved({ told, verdict }: { told: Told; verdict: Exclude<Verdict, { state: "proved" }> }) {
  const broken = verdict.state === "broken";
  const why = verdict.code === "account_differs" ? t("audit.account_differs", { member: verdict.detail }) : verdict.detail;
  return (
    <div class={broken ? "said hole broken" : "said hole"}>
      <p class="head">
        <a class="mono" href={href(`/audit/entry/${told.position}`)}>#{told.position}</a>
        <Badge tone={broken ? "stop" : "warn"}>{t(broken ? "audit.broken" : "audit.gap")}</Badge>
      </p>
      <p>{t(broken ? "audit.broken_entry" : "audit.gap_entry", { type: tCode("event", told.type), who: told.signer })}</p>
      <p class="soft small">{tCode("refusal", verdict.code)}: {why}</p>
    </div>
  );
}

function Hole({ saw, here, who }: { saw: number; here: number; who: string }) {
  return (
    <li class="told">
      <span class="rail" />
      <div class="said hole">
        <Notice tone="warn" title={t("audit.hole", { count: saw - here })}>
          <p>{t("audit.hole_more", { who, saw, here })}</p>
        </Notice>
      </div>
    </li>
  );
}

function About({ line }: { line: Line }) {
  const { told, about } = line;
  if (!about) return null;
  const key = told.type === "Corrected" ? "audit.corrects" : told.type === "DeviationRaised" ? "audit.raised_by" : "audit.decides";
  return <p class="small"><a href={`#entry-${about.position}`}>{t(key, { position: about.position, type: tCode("event", about.type) })}</a></p>;
}

/** What later entries say about this one; of those that count at the moment. */
function Beside({ line, stage }: { line: Line; stage: Stage }) {
  const { before } = stage.moment;
  const known = (one: Told) => before === null || one.position < before;
  const [corrections, raised, decisions] = [line.corrections, line.raised, line.decisions].map((those) => those.filter(known));
  if (!corrections?.length && !raised?.length && !decisions?.length) return null;
  return (
    <div class="beside">
      {corrections?.map((one) => <Remark key={one.position} told={one} tone="warn" title={t("audit.corrected_by", { position: one.position })} />)}
      {raised?.map((one) => <Remark key={one.position} told={one} tone={one.event["blocking"] ? "stop" : "warn"} title={t("audit.raised", { position: one.position })} />)}
      {decisions?.map((one) => <Remark key={one.position} told={one} tone="info" title={t("audit.decided", { position: one.position })} />)}
    </div>
  );
}

function Remark({ told, tone, title }: { told: Told; tone: "warn" | "stop" | "info"; title: string }) {
  return (
    <div class={`remark ${tone}`}>
      <p class="head"><Icon name={tone} /><a href={`#entry-${told.position}`}>{title}</a></p>
      <p class="small">{sentence(told.event, told.signer, told.stream)}.</p>
      <p class="soft small"><Time at={told.recorded_at} /></p>
    </div>
  );
}
