/** A shipper's credential: checked here, with no network, against the log's pinned key. */

import { useEffect, useState } from "preact/hooks";
import type { Credential } from "../../core/proof/credential";
import { t } from "../../messages";
import { Busy, Notice } from "../kit/Notice";
import { Time } from "../kit/Time";
import { useClient } from "../session";

type Found =
  | { kind: "proved"; credential: Credential; voided: boolean; listOf: number | null }
  | { kind: "false" }
  | { kind: "no_key" };

/** `text`: as it was scanned. */
export function CredentialSeen({ text }: { text: string }) {
  const client = useClient();
  const [found, setFound] = useState<Found | null>(null);
  useEffect(() => {
    void proved(client, text).then(setFound);
  }, [client, text]);
  return found ? <Told found={found} /> : <Busy />;
}

async function proved(client: ReturnType<typeof useClient>, text: string): Promise<Found> {
  if (!client.profile.get()) return { kind: "no_key" };
  try {
    const credential = await client.credential(text);
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
