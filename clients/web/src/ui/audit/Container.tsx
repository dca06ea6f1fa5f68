/** One container: what it is, who holds it, what it came from and became, and every entry that names it. */

import type { Client } from "../../core/client";
import { t, tCode } from "../../messages";
import { sentence } from "../../messages/sentence";
import { Icon } from "../kit/Icon";
import { Notice } from "../kit/Notice";
import { Button, LinkRow, Screen } from "../kit/Screen";
import { Time } from "../kit/Time";
import { useClient } from "../session";
import { useAsked, Shown } from "./asked";
import { chainBefore, temperatureBefore, wholeTimeline } from "./asking";
import { Held } from "./Custody";
import type { Chain, Container, Temperature, Told } from "./documents";
import { PaperLine } from "./Paper";
import { judgedOf } from "./judged";
import { containersOf } from "./story";
import { PhaseCard, Unproved } from "./Temperature";
import { holding, madeBy, standing, volume, part } from "./words";

interface Known {
  one: Container;
  chain: Chain;
  told: Told[];
  temperature: Temperature;
}

export function ContainerScreen({ id }: { id: string }) {
  const client = useClient();
  const asked = useAsked(() => know(client, id), [client, id]);
  return (
    <Screen title={id} back="/audit">
      <PaperLine />
      <Shown asked={asked}>{(known) => <Everything known={known} />}</Shown>
    </Screen>
  );
}

async function know(client: Client, id: string): Promise<Known> {
  const one = (await client.read<Container>(`/v1/containers/${encodeURIComponent(id)}`)).value;
  const [chain, { entries }, temperature] = await Promise.all([
    chainBefore(client, one.chain, null), wholeTimeline(client, one.chain), temperatureBefore(client, one.chain, null),
  ]);
  return { one, chain, told: entries, temperature };
}

function Everything({ known: { one, chain, told, temperature } }: { known: Known }) {
  const naming = told.filter((each) => containersOf(each.event).includes(one.container));
  const phases = judgedOf(temperature).filter((each) => each.container === one.container);
  const unproved = temperature.unproved.filter((each) => each.container === one.container);
  const alarming = chain.deviations.filter((each) => each.blocks && (!each.containers.length || each.containers.includes(one.container)));
  return (
    <>
      {alarming.length > 0 && <Notice tone="stop" title={t("audit.blocked", { count: alarming.length })}><p>{alarming.map((each) => tCode("finding_name", each.code)).join(", ")}</p></Notice>}
      <What one={one} />
      <Button kind="primary" to={`/audit/therapy/${part(one.chain)}`}>{t("audit.open_therapy")}</Button>
      <Held container={one} told={told} />
      <Family one={one} chain={chain} />
      {unproved.map((leg) => <Unproved key={leg.began} leg={leg} />)}
      {phases.map((phase) => <PhaseCard key={phase.phase} names={[one.container]} phase={phase} told={told} />)}
      <h2>{t("audit.entries_naming", { count: naming.length })}</h2>
      <ul class="rows">
        {naming.map((each) => (
          <LinkRow key={each.position} to={`/audit/entry/${each.position}`} title={tCode("event", each.type)}
            hint={<>{sentence(each.event, each.signer, each.stream)}. <Time at={each.occurred_at} still /></>} mark={<span class="mono soft">#{each.position}</span>} />
        ))}
      </ul>
    </>
  );
}

function What({ one }: { one: Container }) {
  const rows: [string, string | null][] = [
    [t("audit.contents"), volume(one)],
    [t("audit.label"), one.label],
    [t("audit.din"), one.din],
    [t("audit.product_code"), one.product_code],
    [t("audit.division"), one.division],
    [t("audit.component"), one.component],
    [t("audit.bag"), one.bag !== null && one.of !== null ? t("audit.bag_of", { bag: one.bag, of: one.of }) : null],
    [t("audit.inside"), one.inside],
    [t("audit.shipper"), one.packing ? [one.packing.shipper, one.packing.seal && t("audit.seal", { seal: one.packing.seal })].filter(Boolean).join(", ") : null],
    [t("audit.stored"), one.storage && one.storage.retrieved === null ? [one.storage.location, one.storage.place].filter(Boolean).join(", ") : null],
  ];
  return (
    <section class="card">
      <dl class="facts">
        {rows.map(([name, value]) => value && <><dt>{name}</dt><dd>{value}</dd></>)}
        {one.expires_at && <><dt>{t("audit.expires")}</dt><dd><Time at={one.expires_at} /></dd></>}
      </dl>
    </section>
  );
}

function Family({ one, chain }: { one: Container; chain: Chain }) {
  const parents = chain.containers.filter((each) => one.parents.includes(each.container));
  const children = chain.containers.filter((each) => each.parents.includes(one.container));
  return (
    <>
      <h2>{t("audit.came_from")}</h2>
      {parents.length ? <Rows containers={parents} /> : <p class="soft">{madeBy(one.made_by)}</p>}
      <h2>{t("audit.turned_into")}</h2>
      {children.length ? <Rows containers={children} /> : <p class="soft">{t("audit.nothing_yet")}</p>}
    </>
  );
}

function Rows({ containers }: { containers: readonly Container[] }) {
  return (
    <ul class="rows">
      {containers.map((one) => (
        <LinkRow key={one.container} to={`/audit/container/${part(one.container)}`}
          title={<span class="mono">{one.container}</span>} hint={`${standing(one).word} · ${holding(one.holder)}`} mark={<Icon name={standing(one).icon} />} />
      ))}
    </ul>
  );
}
