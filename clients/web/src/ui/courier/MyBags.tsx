import type { ComponentChildren } from "preact";
import type { Party } from "../../core/events/types";
import type { Bag } from "../../courier/bags";
import { t } from "../../messages";
import { Badge } from "../kit/Notice";
import { Icon } from "../kit/Icon";
import { Button, Screen } from "../kit/Screen";
import { Time } from "../kit/Time";
import { href } from "../route";
import { Against, Behind } from "./Behind";
import { NoList } from "./NoList";
import { useMyList } from "./useMyList";
import { partyName } from "./where";

/** What is on offer, what is here, what waits for the other: and the two acts. */
export function MyBags({ here }: { here: Party }) {
  const { list, read, problem } = useMyList(here);
  const foot = (
    <div class="buttons">
      <Button kind="primary" to="/courier/take">{t("courier.take")}</Button>
      <Button kind="primary" to="/courier/hand">{t("courier.hand")}</Button>
    </div>
  );
  return (
    <Screen title={t("courier.title")} back="/" foot={foot}>
      <p class="acting">
        <span>
          <span class="soft small">{t("courier.where")}</span>
          <strong>{partyName(here)}</strong>
        </span>
        <a class="button" href={href("/courier/where")}>{t("courier.change")}</a>
      </p>
      {read && (
        <p class="soft small">
          {read.from === "ledger" ? t("courier.as_of") : t("courier.from_device")} <Time at={read.asOf} seconds />
        </p>
      )}
      <NoList problem={problem ?? read?.why ?? null} />
      <Part title={t("courier.offered")} bags={list.offered} />
      <Part title={t("courier.here")} bags={list.here} empty={t("courier.none_here")} />
      <Part title={t("courier.given")} bags={list.given} />
    </Screen>
  );
}

function Part({ title, bags, empty }: { title: string; bags: Bag[]; empty?: string }) {
  if (!bags.length && !empty) return null;
  return (
    <section class="part" aria-label={title}>
      <h2>{title} <span class="soft">{bags.length}</span></h2>
      {bags.length ? <ul class="rows">{bags.map((bag) => <BagRow bag={bag} key={bag.container} />)}</ul> : <p class="soft">{empty}</p>}
    </section>
  );
}

/** One bag as a row; `children` say more about it. */
export function BagRow({ bag, children, tool }: { bag: Bag; children?: ComponentChildren; tool?: ComponentChildren }) {
  return (
    <li class="row">
      <Icon name="bag" />
      <span class="body">
        <strong class="mono">{bag.container}</strong>
        <span class="soft small mono">{bag.coi}</span>
        {bag.offer?.behind === "ledger" && <span class="small">{t("courier.from", { party: partyName(bag.offer.giver) })}</span>}
        {bag.offer && bag.offer.behind !== "ledger" && !bag.unsent && <Behind offer={bag.offer} />}
        <Against conflict={bag.conflict} />
        {bag.expiresAt && <span class="small">{t("courier.expires")} <Time at={bag.expiresAt} /></span>}
        {bag.unsent && <Badge tone="wait">{t("courier.unsent")}</Badge>}
        {children}
      </span>
      {tool}
    </li>
  );
}
