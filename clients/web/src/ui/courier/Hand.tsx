import { useState } from "preact/hooks";
import type { Party } from "../../core/events/types";
import { releases } from "../../courier/handing";
import type { Scan } from "../../courier/scans";
import { t } from "../../messages";
import { Badge } from "../kit/Notice";
import { Scanner } from "../kit/Scanner";
import { Button, Screen } from "../kit/Screen";
import { useAct } from "../kit/useAct";
import { useClient } from "../session";
import { LookAtThem, lookOf, NOTHING_SEEN } from "./Look";
import { Missing, missingOf, unsaid } from "./Missing";
import { isParty, PartyField } from "./PartyField";
import { ScanList } from "./ScanList";
import { Signed } from "./Signed";
import { toSign } from "./Take";
import { useMyList } from "./useMyList";
import { useScans, WANTED } from "./useScans";
import { keyOf, VoidStop } from "./VoidStop";
import { meet } from "./where";

/** Scan what is given away, say to whom and how it looks, sign, and show the code. */
export function Hand({ here }: { here: Party }) {
  const client = useClient();
  const { list } = useMyList(here);
  const isHere = (scan: Scan): boolean => list.here.some((one) => one.container === scan.container);
  const scans = useScans(list, isHere);
  const [seen, setSeen] = useState(NOTHING_SEEN);
  const [receiver, setReceiver] = useState<Party>({ site: "", department: "" });
  const [tried, setTried] = useState(false);
  const [signed, setSigned] = useState<string[]>([]);
  const ready = scans.scans.every((one) => one.coi);

  const missing = missingOf(ready, lookOf(seen), isParty(receiver));

  const sign = useAct(async () => {
    setTried(true);
    const look = lookOf(seen);
    if (missing || !look) return;
    const bags = await scans.clear();
    if (!bags) return;
    meet(receiver);
    const held = await client.recordMany(releases(toSign(bags), here, receiver, look));
    setSigned(held.map((one) => one.id));
  });

  if (scans.voided) return <VoidStop key={keyOf(scans.voided)} voided={scans.voided} scans={scans} />;
  if (signed.length) return <Signed ids={signed} show />;
  const foot = scans.scans.length > 0 && (
    <>
      <Missing text={unsaid(tried ? missing : null, scans.changed)} problem={sign.problem} />
      <Button kind="primary" onClick={sign.run} disabled={sign.busy}>{t("courier.sign_hand", { count: scans.scans.length })}</Button>
    </>
  );
  return (
    <Screen title={t("courier.hand")} back="/courier" foot={foot} still={sign.busy}>
      <Scanner continuous unlisted what={t("courier.scan_hand")} wanted={WANTED} onRead={scans.read} />
      <ScanList scans={scans} doubt={(scan) => !isHere(scan) && <Badge tone="warn">{t("courier.not_yours")}</Badge>} />
      {scans.scans.length > 0 && (
        <>
          <section class="card"><PartyField label={t("courier.receiver")} value={receiver} onValue={setReceiver} tried={tried} /></section>
          <LookAtThem seen={seen} onSeen={setSeen} tried={tried} />
        </>
      )}
    </Screen>
  );
}
