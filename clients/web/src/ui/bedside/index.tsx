/** The bedside of nurses and physicians: badge, wristband, bag, in that order; then what is done with it. */

import { useEffect, useState } from "preact/hooks";
import type { Party } from "../../core/events/types";
import { extend, t } from "../../messages";
import { acting, actFor } from "../courier/where";
import { isParty, PartyField } from "../courier/PartyField";
import { Busy, Notice } from "../kit/Notice";
import { Button, Screen } from "../kit/Screen";
import { usePasskeys } from "../passkeys";
import { go } from "../route";
import { session, sitesOf, useClient } from "../session";
import { useStore } from "../store";
import "./bedside.css";
import { Keys } from "./Keys";
import { Round } from "./Round";

await extend("bedside", "codes", "passkey");

export default function Bedside({ parts }: { parts: Record<string, string> }) {
  const client = useClient();
  const profile = useStore(client.profile);
  const here = useStore(acting);
  const sites = sitesOf(useStore(session), "nurse", "physician");
  const [fields, setFields] = useState<string[] | null>(null);
  usePasskeys(); // asked now, so that the form that signs need not wait
  const [vault, setVault] = useState<boolean | null>(null);
  useEffect(() => void client.patientFields().then(setFields), [client]);
  useEffect(() => void client.hasVault().then(setVault), [client]);
  if (parts["rest"] === "/keys") return <Keys fields={fields ?? []} onFields={setFields} vault={vault ?? false} />;
  if (!profile) return <Missing title={t("device.enrol")} why={t("device.enrol_why")} to="/enrol" act={t("device.enrol")} />;
  if (!here || parts["rest"] === "/where" || !sites.includes(here.site)) return <Where now={here} sites={sites} />;
  if (fields === null || vault === null) return <Screen title={t("home.bedside")} back="/"><Busy /></Screen>;
  if (fields.length < 2 && !vault) return <Missing title={t("bedside.no_keys")} why={t("bedside.no_keys_why")} to="/bedside/keys" act={t("bedside.keys")} />;
  return <Round here={here} me={profile.agent} />;
}

function Missing(props: { title: string; why: string; to: string; act: string }) {
  return (
    <Screen title={t("home.bedside")} back="/">
      <Notice tone="info" title={props.title}>
        <p>{props.why}</p>
        <div class="buttons">
          <Button kind="primary" to={props.to}>{props.act}</Button>
        </div>
      </Notice>
    </Screen>
  );
}

function Where({ now, sites }: { now: Party | null; sites: string[] }) {
  const mine = now && sites.includes(now.site) ? now : { site: sites[0] ?? "", department: "" };
  const [party, setParty] = useState<Party>(mine);
  const [tried, setTried] = useState(false);
  const known = sites.includes(party.site);
  const keep = () => {
    setTried(true);
    if (!isParty(party) || !known) return;
    actFor(party);
    go("/bedside", { replace: true });
  };
  return (
    <Screen title={t("bedside.where")} back="/" foot={<Button kind="primary" onClick={keep}>{t("shell.continue")}</Button>}>
      <p>{t("bedside.where_why")}</p>
      {tried && !known && <Notice tone="warn" title={t("bedside.not_your_site", { sites: sites.join(", ") })} live />}
      <section class="card">
        <PartyField label={t("bedside.where")} value={party} onValue={setParty} tried={tried} />
      </section>
    </Screen>
  );
}

