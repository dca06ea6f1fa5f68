import type { Party } from "../../core/events/types";
import { t } from "../../messages";
import { href } from "../route";

/** Where a person is, with the ways to change that and the hospital's keys. */
export function Place({ here }: { here: Party }) {
  return (
    <nav class="place" aria-label={t("bedside.where")}>
      <span class="soft">{t("bedside.at", { department: here.department, site: here.site })}</span>
      <span class="links">
        <a href={href("/bedside/where")}>{t("courier.change")}</a>
        <a href={href("/bedside/keys")}>{t("bedside.keys")}</a>
      </span>
    </nav>
  );
}
