/** What went wrong as of the moment, and what Quality said. */

import { t, tCode } from "../../messages";
import { spaced } from "../../messages/sentence";
import { Icon } from "../kit/Icon";
import { Notice, type Tone } from "../kit/Notice";
import { href } from "../route";
import { Entry } from "./Custody";
import type { Deviation, Quarantine, Told } from "./documents";
import type { Stage } from "./Therapy";
import { part } from "./words";

export function DeviationsView({ stage }: { stage: Stage }) {
  const { deviations, quarantines } = stage.chain;
  const byId = new Map(stage.lines.map((one) => [one.told.statement_id, one.told]));
  const ranked = [...deviations].sort((a, b) => rank(a) - rank(b) || a.position - b.position);
  const open = ranked.filter((one) => one.blocks || !one.disposition);
  const closed = ranked.filter((one) => !open.includes(one));
  if (!deviations.length && !quarantines.length) return <Notice tone="ok" title={t("audit.no_deviations")} />;
  return (
    <>
      <h3>{t("audit.open_deviations", { count: open.length })}</h3>
      {open.map((one) => <Card key={one.statement_id} one={one} byId={byId} />)}
      {!open.length && <p class="soft">{t("audit.none")}</p>}
      {quarantines.map((one) => <Held key={one.statement_id} one={one} />)}
      {closed.length > 0 && <h3>{t("audit.closed_deviations", { count: closed.length })}</h3>}
      {closed.map((one) => <Card key={one.statement_id} one={one} byId={byId} />)}
    </>
  );
}

function rank({ blocks, severity }: Deviation): number {
  return (blocks ? 0 : 10) + ["critical", "major", "minor", "review"].indexOf(severity);
}

function toneOf({ blocks, disposition, severity }: Deviation): Tone {
  if (blocks) return "stop";
  if (disposition === "rejected") return "stop";
  return disposition ? "ok" : severity === "review" ? "info" : "warn";
}

function Card({ one, byId }: { one: Deviation; byId: ReadonlyMap<string, Told> }) {
  const cause = byId.get(one.cause ?? "");
  const state = one.blocks ? t("audit.blocks") : one.disposition ? tCode("audit_disposition", one.disposition) : t("audit.undecided");
  return (
    <article class={`deviation ${toneOf(one)}`}>
      <p class="head">
        <Icon name={toneOf(one)} />
        <strong>{tCode("finding_name", one.code)}</strong>
        <span class="severity">{tCode("severity", one.severity)}</span>
      </p>
      <p>{sentenceFor(one.code)}</p>
      <dl class="facts small">
        <dt>{t("audit.state")}</dt>
        <dd><strong>{state}</strong>{one.disposition_position !== null && <> · <Entry position={one.disposition_position} /></>}</dd>
        <dt>{t("audit.about")}</dt>
        <dd class="mono">{one.containers.length ? one.containers.join(", ") : t("audit.whole_therapy")}</dd>
        <dt>{t("audit.raised_word")}</dt>
        <dd>{one.raised_by} · <Entry position={one.position} />{cause && <> · {t("audit.because_of", { type: tCode("event", cause.type) })} <Entry position={cause.position} /></>}</dd>
      </dl>
    </article>
  );
}

/** A deviation that a person raised has a code of theirs, which no table explains. */
export function sentenceFor(code: string): string {
  const said = tCode("finding", code);
  return said === spaced(code) ? t("audit.own_code") : said;
}

function Held({ one }: { one: Quarantine }) {
  const holds = one.lifted_position === null;
  return (
    <article class={`deviation ${holds ? "stop" : "ok"}`}>
      <p class="head">
        <Icon name={holds ? "stop" : "ok"} />
        <strong>{t(holds ? "audit.in_quarantine" : "audit.quarantine_lifted")}</strong>
      </p>
      <dl class="facts small">
        <dt>{t("audit.reason")}</dt>
        <dd>{spaced(one.reason)}</dd>
        <dt>{t("audit.about")}</dt>
        <dd>{one.containers.map((name) => <a key={name} class="mono" href={href(`/audit/container/${part(name)}`)}>{name} </a>)}</dd>
        <dt>{t("audit.put_by")}</dt>
        <dd>{one.put_by} · <Entry position={one.position} />{one.lifted_position !== null && <> → <Entry position={one.lifted_position} /></>}</dd>
      </dl>
    </article>
  );
}
