import type { Reading } from "../../core/client";
import { t } from "../../messages";
import { Notice } from "../kit/Notice";
import { Time } from "../kit/Time";
import { Unsigned } from "./Standing";

/** As of when the ledger said what is shown; out of reach, that nobody decides by it. */
export function Age({ asOf, from }: Pick<Reading<unknown>, "asOf" | "from">) {
  if (from === "ledger") return <p class="soft small">{t("quality.as_of")} <Time at={asOf} seconds /></p>;
  return (
    <Notice tone="warn" title={t("quality.offline")} live>
      <Unsigned />
      <p>{t("quality.offline_as_of")} <Time at={asOf} />.</p>
    </Notice>
  );
}
