/** Rows that lead to what waits. */

import type { Deviation, Raised } from "../../quality/documents";
import { t, tCode } from "../../messages";
import { listed } from "../../messages/sentence";
import { part } from "../audit/words";
import { Icon } from "../kit/Icon";
import { Badge } from "../kit/Notice";
import { LinkRow } from "../kit/Screen";

export function DeviationRow({ coi, one }: { coi: string; one: Raised | Deviation }) {
  const about = one.containers.length ? listed(one.containers) : t("audit.whole_therapy");
  return (
    <LinkRow
      to={`/quality/deviation/${part(coi)}/${one.statement_id}`}
      mark={<Mark tone={one.blocking ? "stop" : "warn"} />}
      title={<><span class="name">{tCode("finding_name", one.code)}</span> {one.blocking && <Badge tone="stop">{t("quality.blocks")}</Badge>}</>}
      hint={t("quality.deviation_hint", { severity: tCode("severity", one.severity), about, who: raisedBy(one.raised_by) })}
    />
  );
}

function Mark({ tone }: { tone: "stop" | "warn" }) {
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
