import { graver, unreleased } from "../../quality/waiting";
import { t } from "../../messages";
import { Shown, useAsked } from "../audit/asked";
import { shortCoi } from "../audit/words";
import { Notice } from "../kit/Notice";
import { Screen } from "../kit/Screen";
import { useClient } from "../session";
import { Age } from "./Age";
import { therapy, type Therapy } from "./asking";
import { ClosedRow, DeviationRow, DosesRow, QuarantineRow, TherapyRow } from "./rows";

/** All of one therapy that is Quality's, open or closed. */
export function TherapyScreen({ coi }: { coi: string }) {
  const client = useClient();
  const asked = useAsked(() => therapy(client, coi), [client, coi]);
  return (
    <Screen title={shortCoi(coi)} back="/quality">
      <Shown asked={asked}>{(found) => <Parts coi={coi} found={found} />}</Shown>
    </Screen>
  );
}

function Parts({ coi, found }: { coi: string; found: Therapy }) {
  const { chain } = found;
  const open = chain.deviations.filter((one) => one.disposition === null).sort(graver);
  const closed = chain.deviations.filter((one) => one.disposition !== null);
  const held = chain.quarantines.filter((one) => one.lifted_position === null);
  const doses = unreleased(chain);
  return (
    <>
      {!open.length && !held.length && !doses.length && <Notice tone="ok" title={t("quality.nothing_waits")} />}
      <ul class="rows">
        {open.map((one) => <DeviationRow coi={coi} one={one} key={one.statement_id} />)}
        {held.map((one) => <QuarantineRow coi={coi} one={one} key={one.statement_id} />)}
        {doses.length > 0 && <DosesRow coi={coi} names={doses} stopped={open.some((one) => one.blocks)} />}
        <TherapyRow coi={coi} />
      </ul>
      {closed.length > 0 && (
        <section class="part">
          <h2>{t("audit.closed_deviations", { count: closed.length })}</h2>
          <ul class="rows">{closed.map((one) => <ClosedRow coi={coi} one={one} key={one.statement_id} />)}</ul>
        </section>
      )}
      <Age asOf={found.asOf} from={found.from} />
    </>
  );
}
