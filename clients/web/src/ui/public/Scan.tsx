/** Check any label: with a network what the ledger says now, without one what the label itself proves. */

import { useState } from "preact/hooks";
import { VerifierKey } from "../../core/proof/note";
import { type Credential, verifyCredential } from "../../core/proof/credential";
import { t } from "../../messages";
import type { Reading } from "../../scan/scanning";
import { Notice } from "../kit/Notice";
import { Scanner } from "../kit/Scanner";
import { Screen } from "../kit/Screen";
import { Time } from "../kit/Time";
import { go } from "../route";
import { useClient } from "../session";

type Found =
  | { kind: "proved"; credential: Credential; voided: boolean; listOf: number | null }
  | { kind: "false" }
  | { kind: "no_key" };

export default function Scan() {
  const client = useClient();
  const [found, setFound] = useState<Found | null>(null);
  const read = async ({ scanned, text }: Reading) => {
    if (scanned.kind === "label") go(`/B/${scanned.container ?? "-"}.${scanned.serial}.${scanned.check}`);
    if (scanned.kind !== "credential") return "match";
    const told = await proved(client, text);
    setFound(told);
    return told.kind === "proved" && !told.voided ? "match" : "mismatch";
  };
  return (
    <Screen title={t("home.scan")} back="/">
      <Scanner what={t("public.scan")} wanted={["label", "credential"]} onRead={read} />
      {found && <Told found={found} />}
    </Screen>
  );
}

async function proved(client: ReturnType<typeof useClient>, text: string): Promise<Found> {
  const profile = client.profile.get();
  if (!profile) return { kind: "no_key" };
  try {
    const credential = await verifyCredential(text, await VerifierKey.parse(profile.logKey));
    const known = await client.voided(credential.serial);
    return { kind: "proved", credential, voided: Boolean(known?.value), listOf: known?.asOf ?? null };
  } catch {
    return { kind: "false" };
  }
}

/** Never green: what it proves is of the past. */
function Told({ found }: { found: Found }) {
  if (found.kind === "no_key") return <Notice tone="warn" title={t("public.no_key")} live />;
  if (found.kind === "false") {
    return (
      <Notice tone="stop" title={t("public.not_genuine")} live>
        <p>{t("public.not_genuine_more")}</p>
      </Notice>
    );
  }
  const { credential, voided, listOf } = found;
  return (
    <Notice tone={voided ? "stop" : "info"} title={voided ? t("courier.void") : t("public.genuine_then")} live>
      <p>
        {t("public.as_of")} <Time at={credential.issuedS * 1000} />
      </p>
      <dl class="facts">
        <dt>{t("public.container")}</dt>
        <dd class="mono">{credential.container}</dd>
        <dt>{t("public.serial")}</dt>
        <dd class="mono">{credential.serial}</dd>
        <dt>{t("public.entry")}</dt>
        <dd>{credential.position}</dd>
      </dl>
      {!voided && <p>{t("public.not_known")}</p>}
      <p class="soft small">
        {listOf === null ? t("public.no_list") : <>{t("courier.void_as_of")} <Time at={listOf} /></>}
      </p>
    </Notice>
  );
}
