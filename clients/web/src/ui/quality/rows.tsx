/** Rows that lead to what waits. */

import type { Deviation, Quarantine, Raised } from "../../quality/documents";
import { t, tCode } from "../../messages";
import { listed, spaced } from "../../messages/sentence";
import { part } from "../audit/words";
import { Icon } from "../kit/Icon";
import { Badge } from "../kit/Notice";
import { LinkRow } from "../kit/Screen";

export function DeviationRow({ coi, one }: { coi: string; one: Omit<Raised, "chain"> }) {
  return (
    <LinkRow
      to={deviationAt(coi, one)}
      mark={<Mark tone={one.blocking ? "stop" : "warn"} />}
      title={<><span class="name">{tCode("finding_name", one.code)}</span> {one.blocking && <Badge tone="stop">{t("quality.blocks")}</Badge>}</>}
      hint={t("quality.deviation_hint", { severity: tCode("severity", one.severity), about: about(one), who: raisedBy(one.raised_by) })}
    />
  );
}

/** One that Quality has decided on. What was rejected may go on blocking. */
export function ClosedRow({ coi, one }: { coi: string; one: Deviation }) {
  return (
    <LinkRow
      to={deviationAt(coi, one)}
      mark={<Mark tone={one.disposition === "rejected" ? "stop" : "ok"} />}
      title={<span class="name">{tCode("finding_name", one.code)}</span>}
      hint={`${about(one)}: ${tCode("audit_disposition", one.disposition ?? "")}`}
    />
  );
}

export function QuarantineRow({ coi, one }: { coi: string; one: Quarantine }) {
  return (
    <LinkRow
      to={`/quality/quarantine/${part(coi)}/${one.statement_id}`}
      mark={<Mark tone="stop" />}
      title={<span class="name">{t("quality.quarantine_of", { names: listed(one.containers) })}</span>}
      hint={t("quality.quarantine_hint", { reason: spaced(one.reason), who: one.put_by })}
    />
  );
}

type Identified = Pick<Deviation, "statement_id" | "containers">;

const deviationAt = (coi: string, { statement_id }: Identified) => `/quality/deviation/${part(coi)}/${statement_id}`;

const about = ({ containers }: Identified) => (containers.length ? listed(containers) : t("audit.whole_therapy"));

function Mark({ tone }: { tone: "stop" | "warn" | "ok" }) {
  return <span class={`tone ${tone}`}><Icon name={tone} /></span>;
}

/** The ledger is no person, and is named in the language spoken, within a sentence. */
export function raisedBy(who: string): string {
  return who === "ledger" ? t("quality.ledger") : who;
}

export function DosesRow({ coi, names, stopped }: { coi: string; names: readonly string[]; stopped: boolean }) {
  return (
    <LinkRow
      to={`/quality/release/${part(coi)}`}
      mark={<Icon name="bag" />}
      title={t("quality.doses_wait", { count: names.length })}
      hint={<>{listed(names)}{stopped && `. ${t("quality.doses_stopped")}`}</>}
    />
  );
}

export function TherapyRow({ coi }: { coi: string }) {
  return <LinkRow to={`/audit/therapy/${part(coi)}`} mark={<Icon name="search" />} title={t("quality.story")} />;
}
