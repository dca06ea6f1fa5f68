/** One therapy, now or as of any moment: lineage, timeline, custody, deviations, temperature. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { t } from "../../messages";
import { Icon } from "../kit/Icon";
import { Busy, Notice } from "../kit/Notice";
import { Screen } from "../kit/Screen";
import { Time } from "../kit/Time";
import { useClient } from "../session";
import { useStore } from "../store";
import { chainBefore, temperatureBefore, timesOfHeads, wholeTimeline } from "./asking";
import { Failed, Shown, useAsked } from "./asked";
import { Checking, counted, type Verdicts } from "./checking";
import { ChangesView } from "./Changes";
import { CustodyView } from "./Custody";
import { DeviationsView } from "./Deviations";
import type { Chain, Temperature, Told } from "./documents";
import { LineageView } from "./Lineage";
import { PaperHead } from "./Paper";
import { type Moment, MomentBar, momentFrom, remember } from "./Moment";
import { seenSize, story, type Line } from "./story";
import { type View, Views, VIEWS } from "./Tabs";
import { TemperatureView } from "./Temperature";
import { TimelineView } from "./Timeline";
import { shortCoi } from "./words";

export function Therapy({ coi }: { coi: string }) {
  const client = useClient();
  const asked = useAsked(() => wholeTimeline(client, coi), [client, coi]);
  return (
    <Screen title={shortCoi(coi)} back="/audit" wide tools={<PrintTool />}>
      <Shown asked={asked}>
        {({ entries, kept }) => (
          <>
            {kept !== null && <Notice tone="warn" title={t("audit.kept")}><p><Time at={kept} /></p></Notice>}
            <Loaded coi={coi} entries={entries} />
          </>
        )}
      </Shown>
    </Screen>
  );
}

/** What is on all views: the moment, the state then, and what was proved. */
export interface Stage {
  coi: string;
  lines: Line[]; // all of them, also what came after the moment
  moment: Moment;
  chain: Chain;
  verdicts: Verdicts;
  times: ReadonlyMap<number, number>;
  temperature: Temperature | null;
}

function Loaded({ coi, entries }: { coi: string; entries: Told[] }) {
  const client = useClient();
  const [moment, setMoment] = useState<Moment>(() => momentFrom(location.search, entries));
  const [view, setView] = useState<View>(() => viewFrom(location.search));
  useEffect(() => remember(moment, view), [moment, view]);
  const lines = useMemo(() => story(entries), [entries]);
  const verdicts = useVerdicts(coi, entries);
  const chain = useAsked(() => chainBefore(client, coi, moment.before), [client, coi, moment.before]);
  const temperature = useAsked(() => temperatureBefore(client, coi, moment.before), [client, coi, moment.before]);
  const times = useAsked(() => timesOfHeads(client, entries.map((one) => seenSize(one.event) ?? 0)), [client, entries]);
  if (!entries.length) return <Notice tone="info" title={t("audit.no_entries")} />;
  const bar = <MomentBar coi={coi} lines={lines} moment={moment} busy={chain.busy} onMoment={setMoment} />;
  const state = chain.value;
  if (chain.problem) return <>{bar}<Failed problem={chain.problem} again={chain.again} /></>;
  if (!state) return <>{bar}<Busy /></>;
  const stale = moment.before !== null && state.as_of_position !== moment.before; // of the moment before
  const stage: Stage = { coi, lines, moment, chain: state, verdicts, times: times.value ?? new Map(), temperature: temperature.value };
  return (
    <>
      <PaperHead stage={stage} />
      <Summary stage={stage} entries={entries} />
      {bar}
      <div class={stale ? "views stale" : "views"} aria-busy={stale}>
        <Views
          view={view}
          onView={setView}
          marks={{ deviations: state.deviations.filter((one) => one.blocks || !one.disposition).length }}
          panels={{
            lineage: <LineageView stage={stage} />,
            timeline: <TimelineView stage={stage} />,
            custody: <CustodyView stage={stage} />,
            deviations: <DeviationsView stage={stage} />,
            temperature: <TemperatureView stage={stage} problem={temperature.problem} />,
            changes: view === "changes" ? <ChangesView stage={stage} /> : null, // asks the ledger: only where it is looked at
          }}
        />
      </div>
    </>
  );
}

function useVerdicts(coi: string, entries: Told[]): Verdicts {
  const client = useClient();
  const checking = useMemo(() => new Checking(client, coi), [client, coi, entries]);
  useEffect(() => {
    void checking.run(entries);
    return () => checking.stop();
  }, [checking, entries]);
  return useStore(checking.verdicts);
}

function Summary({ stage, entries }: { stage: Stage; entries: Told[] }) {
  const { order, closed_position: closed } = stage.chain;
  return (
    <section class="card summary">
      <dl class="facts">
        <dt>{t("audit.identity")}</dt>
        <dd class="mono">{stage.coi}</dd>
        {order ? (
          <>
            <dt>{t("audit.product")}</dt>
            <dd>{t("audit.product_version", { product: order.product, version: order.product_version })}</dd>
            <dt>{t("audit.protocol")}</dt>
            <dd>{order.protocol} · {order.country}</dd>
            <dt>{t("audit.path")}</dt>
            <dd>{[order.collection_site, ...order.manufacturing_sites, order.treatment_site].join(" → ")}</dd>
          </>
        ) : (
          <>
            <dt>{t("audit.product")}</dt>
            <dd>{t("audit.not_ordered")}</dd>
          </>
        )}
        {closed !== null && (
          <>
            <dt>{t("audit.closed")}</dt>
            <dd>{t("audit.by_entry", { position: closed })}</dd>
          </>
        )}
      </dl>
      <Proved verdicts={stage.verdicts} entries={entries} />
    </section>
  );
}

/** How far the entries are proved here, in one sentence; broken ones are named. */
function Proved({ verdicts, entries }: { verdicts: Verdicts; entries: Told[] }) {
  const { proved, broken, gaps, waiting, all } = counted(entries, verdicts);
  if (broken) {
    const named = entries.filter((one) => verdicts.get(one.position)?.state === "broken");
    return (
      <Notice tone="stop" title={t("audit.some_broken", { count: broken, all })} live>
        <p>{t("audit.broken_more")}</p>
        <p>{named.map((one) => <a key={one.position} class="entry" href={`/app/audit/entry/${one.position}`}>#{one.position}</a>)}</p>
      </Notice>
    );
  }
  if (waiting) return <Notice tone="wait" title={t("audit.checking", { done: all - waiting, all })} />;
  if (gaps) return <Notice tone="warn" title={t("audit.some_gaps", { count: gaps, all })} live><p>{t("audit.gaps_more")}</p></Notice>;
  return <Notice tone="ok" title={t("audit.all_proved", { count: proved })} live><details class="small"><summary>{t("audit.what_checked")}</summary><p>{t("audit.all_proved_more")}</p></details></Notice>;
}

function PrintTool() {
  return (
    <button type="button" class="tool" aria-label={t("audit.print")} onClick={() => print()}>
      <Icon name="print" />
    </button>
  );
}

function viewFrom(search: string): View {
  const view = new URLSearchParams(search).get("view");
  return VIEWS.find((one) => one === view) ?? "lineage";
}
