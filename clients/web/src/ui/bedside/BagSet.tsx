import type { Bag } from "../../bedside/documents";
import { ENDED } from "../../bedside/rules";
import { t, tCode } from "../../messages";
import { Badge } from "../kit/Notice";
import { Icon } from "../kit/Icon";

/** The bags of an ordered dose: what was given, and which is next. */
export function BagSet({ bags }: { bags: readonly Bag[] }) {
  const set = bags.filter((one) => one.bag !== null).sort((one, other) => (one.bag ?? 0) - (other.bag ?? 0));
  const next = set.find((one) => !ENDED.includes(one.status));
  if (!set.length) return null;
  return (
    <section class="part" aria-label={t("bedside.set")}>
      <h2>{t("bedside.set")}</h2>
      <ul class="rows">
        {set.map((one) => (
          <li class="row" key={one.container}>
            <Icon name="bag" />
            <span class="body">
              <strong>{t("bedside.bag_of", { bag: one.bag ?? 0, of: one.of ?? 0 })}</strong>
              <span class="mono small soft">{one.container}</span>
            </span>
            {one === next ? <Badge tone="info">{t("bedside.next")}</Badge> : <Badge tone={ENDED.includes(one.status) ? "ok" : "wait"}>{tCode("bedside.status", one.status)}</Badge>}
          </li>
        ))}
      </ul>
    </section>
  );
}
