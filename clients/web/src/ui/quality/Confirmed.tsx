import type { Quality } from "../../quality/documents";
import { t } from "../../messages";
import { listed } from "../../messages/sentence";
import { Entry } from "../bedside/Esign";
import { Notice } from "../kit/Notice";
import type { Therapy } from "./asking";

/** Where the product wants two people: the site confirms what it made, and somebody else releases it. */
export function Confirmed({ found, names, me }: { found: Therapy; names: readonly string[]; me: string }) {
  const { quality } = found;
  if (!quality.required_checks.includes("site_confirmation")) return null;
  const mine = confirmations(quality, names).find(({ signer }) => signer === me);
  const missing = names.filter((name) => !confirmations(quality, [name]).length);
  if (mine) return <Notice tone="stop" title={t("quality.two_other")}><p>{t("quality.two_other_why")} <Entry position={mine.position} /></p></Notice>;
  if (missing.length) return <Notice tone="wait" title={t("quality.two_missing", { names: listed(missing) })}><p>{t("quality.two_why")}</p></Notice>;
  return (
    <Notice tone="ok" title={t("quality.two_confirmed")}>
      {confirmations(quality, names).map(({ signer, site, position }) => <p key={position}>{t("quality.two_by", { who: signer, site })} <Entry position={position} /></p>)}
    </Notice>
  );
}

/** Of these containers, each statement once. */
function confirmations({ containers }: Quality, names: readonly string[]) {
  const all = containers.filter((one) => names.includes(one.container)).flatMap((one) => one.confirmations);
  return all.filter((one, at) => all.findIndex(({ position }) => position === one.position) === at);
}
