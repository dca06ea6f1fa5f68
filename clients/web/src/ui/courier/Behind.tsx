import type { Conflict, Offer } from "../../courier/bags";
import { t } from "../../messages";
import { Badge } from "../kit/Notice";
import { partyName } from "./where";

/** Who releases a bag, and what stands behind it. Only what the ledger has is well. */
export function Behind({ offer }: { offer: Offer }) {
  const party = partyName(offer.giver);
  if (offer.behind === "ledger") return <Badge tone="ok">{t("courier.from", { party })}</Badge>;
  return (
    <>
      <Badge tone="wait">{t("courier.shown", { party })}</Badge>
      <span class="soft small">{t(`courier.shown_${offer.behind}`)}</span>
    </>
  );
}

/** What a phone shows of this bag against what is known: the person decides nothing by it. */
export function Against({ conflict }: { conflict: Conflict | undefined }) {
  if (!conflict) return null;
  return (
    <>
      <Badge tone="stop">{t("courier.conflict")}</Badge>
      <span class="small">{t("courier.conflict_why", { coi: conflict.coi, party: partyName(conflict.offer.giver) })}</span>
    </>
  );
}
