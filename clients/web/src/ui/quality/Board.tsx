import type { Waiting } from "../../quality/waiting";
import { t } from "../../messages";
import { Shown, useAsked } from "../audit/asked";
import { shortCoi } from "../audit/words";
import { Notice } from "../kit/Notice";
import { Button, Screen } from "../kit/Screen";
import { useClient } from "../session";
import { board, type Board as Found } from "./asking";
import { Age } from "./Age";
import { Find } from "./Find";
import { DeviationRow, DosesRow, QuarantineRow, TherapyRow } from "./rows";

/** What waits for this person, the gravest first; and the way to any bag. */
export function Board({ sites }: { sites: string[] }) {
  const client = useClient();
  const asked = useAsked(() => board(client, sites), [client, sites.join()]);
  return (
    <Screen title={t("quality.title")} back="/">
      <Find />
      <Shown asked={asked}>{(found) => <Lists found={found} />}</Shown>
      <Button onClick={asked.again} disabled={asked.busy}>{t("quality.look_again")}</Button>
    </Screen>
  );
}

function Lists({ found }: { found: Found }) {
  return (
    <>
      {!found.waiting.length && <Notice tone="ok" title={t("quality.nothing_waits")} live />}
      {found.waiting.map((one) => <Waits one={one} key={one.coi} />)}
      {found.more && <Notice tone="warn" title={t("quality.more")}><p>{t("quality.more_why")}</p></Notice>}
      <Age asOf={found.asOf} from={found.from} />
    </>
  );
}

function Waits({ one }: { one: Waiting }) {
  return (
    <section class="part" aria-label={one.coi}>
      <h2 class="mono">{shortCoi(one.coi)}</h2>
      <ul class="rows">
        {one.deviations.map((each) => <DeviationRow coi={one.coi} one={each} key={each.statement_id} />)}
        {one.held.map((each) => <QuarantineRow coi={one.coi} one={each} key={each.statement_id} />)}
        {one.doses.length > 0 && <DosesRow coi={one.coi} names={one.doses.map(({ container }) => container)} stopped={one.doses.some((dose) => dose.blocking > 0)} />}
        <TherapyRow coi={one.coi} />
      </ul>
    </section>
  );
}
