import { useState } from "preact/hooks";
import type { Party } from "../../core/events/types";
import { acceptances, type Scanned } from "../../courier/handing";
import { bagOf, type Scan } from "../../courier/scans";
import { t } from "../../messages";
import { Badge, Notice } from "../kit/Notice";
import { Scanner } from "../kit/Scanner";
import { Button, Screen } from "../kit/Screen";
import { useAct } from "../kit/useAct";
import { useClient } from "../session";
import { LookAtThem, lookOf, NOTHING_SEEN } from "./Look";
import { Behind } from "./Behind";
import { Missing, missingOf, unsaid } from "./Missing";
import { isParty, PartyField } from "./PartyField";
import { Refuse } from "./Refuse";
import { ScanList } from "./ScanList";
import { Signed } from "./Signed";
import { useMyList } from "./useMyList";
import { useScans, WANTED } from "./useScans";
import { keyOf, VoidStop } from "./VoidStop";
import { meet } from "./where";

/** Scan what is given, say how it looks, sign: one act for many bags. */
export function Take({ here }: { here: Party }) {
  const client = useClient();
  const { list } = useMyList(here);
  const scans = useScans(list, isOffered);
  const [seen, setSeen] = useState(NOTHING_SEEN);
  const [giver, setGiver] = useState<Party>({ site: "", department: "" });
  const [refusing, setRefusing] = useState(false);
  const [tried, setTried] = useState(false);
  const [signed, setSigned] = useState<string[]>([]);
  const claimed = scans.scans.some((one) => !one.bag?.offer);
  const ready = scans.scans.length > 0 && scans.scans.every((one) => one.coi);

  const missing = missingOf(ready, lookOf(seen), !claimed || isParty(giver));

  const sign = useAct(async () => {
    setTried(true);
    const look = lookOf(seen);
    if (missing || !look) return;
    const bags = await scans.clear();
    if (!bags) return;
    if (claimed) meet(giver);
    const held = await client.recordMany(acceptances(toSign(bags), here, claimed ? giver : null, look));
    setSigned(held.map((one) => one.id));
  });

  if (scans.voided) return <VoidStop key={keyOf(scans.voided)} voided={scans.voided} scans={scans} />;
  if (signed.length) return <Signed ids={signed} show={false} />;
  if (refusing) {
    return <Refuse scans={toSign(scans.scans.filter((one) => one.coi))} here={here} onSigned={setSigned} onBack={() => setRefusing(false)} />;
  }
  const foot = scans.scans.length > 0 && (
    <>
      <Missing text={unsaid(tried ? missing : null, scans.changed)} problem={sign.problem} />
      <div class="buttons">
        <Button kind="danger" onClick={() => setRefusing(true)}>{t("courier.refuse")}</Button>
        <Button kind="primary" onClick={sign.run} disabled={sign.busy}>{t("courier.sign_take", { count: scans.scans.length })}</Button>
      </div>
    </>
  );
  return (
    <Screen title={t("courier.take")} back="/courier" foot={foot} still={sign.busy}>
      <Scanner continuous unlisted what={t("courier.scan_take")} wanted={WANTED} onRead={scans.read} />
      <p class="soft">{t("courier.scan_phone")}</p>
      <ScanList scans={scans} doubt={offerOf} />
      {claimed && (
        <Notice tone="warn" title={t("courier.no_release")}>
          <p>{t("courier.no_release_why")}</p>
        </Notice>
      )}
      {claimed && <section class="card"><PartyField label={t("courier.giver")} value={giver} onValue={setGiver} tried={tried} /></section>}
      {scans.scans.length > 0 && <LookAtThem seen={seen} onSeen={setSeen} tried={tried} />}
    </Screen>
  );
}

/** A match is what the ledger confirms. */
const isOffered = (scan: Scan): boolean => scan.bag?.offer?.behind === "ledger" && !scan.bag.conflict;

function offerOf(scan: Scan) {
  const offer = scan.bag?.offer;
  return offer ? <Behind offer={offer} /> : <Badge tone="warn">{t("courier.no_release")}</Badge>;
}

export function toSign(scans: readonly Scan[]): Scanned[] {
  return scans.map((one) => ({ bag: bagOf(one), label: one.label }));
}
