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
      mark={<Icon name={one.blocking ? "stop" : "warn"} />}
      title={<>{tCode("finding_name", one.code)} {one.blocking && <Badge tone="stop">{t("quality.blocks")}</Badge>}</>}
      hint={t("quality.deviation_hint", { severity: tCode("severity", one.severity), about, who: raisedBy(one.raised_by) })}
    />
  );
}

/** The ledger is no person, and is named in the language spoken. */
export function raisedBy(who: string): string {
  return who === "ledger" ? t("phrase.ledger") : who;
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
