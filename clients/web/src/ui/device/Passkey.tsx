/** This person's passkeys: make one, show it to an administrator, see that it is in the ledger. */

import { useEffect, useState } from "preact/hooks";
import { usable } from "../../core/passkey";
import { fingerprintOf } from "../../core/proof/publickey";
import type { Passkey, PasskeyRequest, Profile } from "../../core/types";
import { extend, t } from "../../messages";
import { Badge, Busy, Notice } from "../kit/Notice";
import { PasskeyFailed } from "../kit/PasskeyFailed";
import { Button, Screen } from "../kit/Screen";
import { useAct } from "../kit/useAct";
import { useClient } from "../session";
import { useStore } from "../store";
import { Request } from "./Request";

await extend("passkey");

export default function PasskeyScreen() {
  const profile = useStore(useClient().profile);
  return (
    <Screen title={t("passkey.title")} back="/settings">
      {profile ? <Mine profile={profile} /> : (
        <Notice tone="info" title={t("device.enrol")}>
          <p>{t("device.enrol_why")}</p>
          <div class="buttons"><Button kind="primary" to="/enrol">{t("device.enrol")}</Button></div>
        </Notice>
      )}
    </Screen>
  );
}

interface Looked {
  known: readonly Passkey[] | null; // null: the ledger could not be asked
  made: PasskeyRequest | null; // on this device, by this person
}

function Mine({ profile: { agent } }: { profile: Profile }) {
  const client = useClient();
  const [looked, setLooked] = useState<Looked | null>(null);
  const look = async () => {
    const mine = await client.passkeys();
    const [known, made] = await Promise.all([mine.known().catch(() => null), mine.made()]);
    setLooked({ known, made });
  };
  useEffect(() => void look(), [client, agent]);
  if (!looked) return <Busy />;
  const { known, made } = looked;
  const waits = made !== null && !known?.some((one) => one.credential === made.credential);
  const ready = known !== null && usable(known).length > 0;
  return (
    <>
      {ready ? <Notice tone="ok" title={t("passkey.ready")}><p>{t("passkey.ready_why")}</p></Notice> : <p>{t("passkey.why")}</p>}
      {waits && <Waiting made={made} asked={known !== null} onLook={look} />}
      <List agent={agent} known={known} here={made?.credential} />
      <Make isFirst={!ready && !waits} act={waits ? t("passkey.make_again") : t("passkey.make")} onMade={look} />
    </>
  );
}

function Make({ isFirst, act, onMade }: { isFirst: boolean; act: string; onMade: () => Promise<void> }) {
  const client = useClient();
  const make = useAct(async () => {
    await (await client.passkeys()).make();
    await onMade();
  });
  return (
    <section class="card">
      <p>{t("passkey.how", { domain: location.hostname })}</p>
      <PasskeyFailed title={t("passkey.not_made")} problem={make.problem} />
      {make.busy ? <Busy label={t("passkey.making")} /> : <Button kind={isFirst ? "primary" : "plain"} onClick={make.run}>{act}</Button>}
    </section>
  );
}

/** Made here, and not in the ledger as far as it could be asked. */
function Waiting({ made, asked, onLook }: { made: PasskeyRequest; asked: boolean; onLook: () => Promise<void> }) {
  const [looked, setLooked] = useState(false);
  const look = useAct(async () => {
    await onLook();
    setLooked(true);
  });
  return (
    <>
      <Notice tone="wait" title={t("passkey.waits")}><p>{t("passkey.waits_why")}</p></Notice>
      <Request title={t("passkey.show")} named={t("passkey.fingerprint")} text={made.text} fingerprint={made.fingerprint}>
        <Button onClick={() => save(made)}>{t("passkey.save")}</Button>
      </Request>
      {looked && asked && !look.busy && <Notice tone="wait" title={t("passkey.not_yet")} live />}
      <Button kind="primary" disabled={look.busy} onClick={look.run}>{t("passkey.look_again")}</Button>
    </>
  );
}

function List({ agent, known, here }: { agent: string; known: readonly Passkey[] | null; here: string | undefined }) {
  if (!known) return <Notice tone="warn" title={t("passkey.not_asked")} />;
  return (
    <section class="card">
      <h2>{t("passkey.yours", { agent })}</h2>
      {!known.length && <p>{t("passkey.none")}</p>}
      <ul class="rows" hidden={!known.length}>
        {known.map((one) => <Row one={one} isHere={one.credential === here} key={one.credential} />)}
      </ul>
    </section>
  );
}

function Row({ one, isHere }: { one: Passkey; isHere: boolean }) {
  const { rp_id: domain, position } = one;
  const active = one.status === "active";
  const fits = !active || usable([one]).length > 0;
  return (
    <li class="row">
      <span class="body">
        <Badge tone={active ? "ok" : "warn"}>{active ? t("passkey.active", { position }) : t("passkey.revoked", { position })}</Badge>
        <span>{t("passkey.bound", { domain })}{isHere && <>, {t("passkey.here")}</>}</span>
        <span class="mono small soft">{one.kid && fingerprintOf(one.kid).join(" ")}</span>
        {!fits && <span class="small">{t("passkey.elsewhere", { domain, here: location.hostname })}</span>}
      </span>
    </li>
  );
}

/** What `unbroken passkey add --from` reads. */
function save({ name, credential, spki, rpId }: PasskeyRequest): void {
  const members = JSON.stringify({ credential, key: spki, rp_id: rpId });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([members], { type: "application/json" }));
  link.download = `passkey-${name}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
