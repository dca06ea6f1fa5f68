import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Scan } from "../../courier/scans";
import { t } from "../../messages";
import { Field } from "../kit/Field";
import { Badge } from "../kit/Notice";
import { Icon } from "../kit/Icon";
import { Button } from "../kit/Screen";
import type { Scans } from "./useScans";

const COI = /^CH[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{2}[0-9]{2}[A-Z0-9]{6}$/;

/** What was scanned, each with what is doubtful about it and a way off the list. */
export function ScanList({ scans, doubt }: { scans: Scans; doubt: (scan: Scan) => ComponentChildren }) {
  return (
    <section class="part">
      <p role="status">{scans.said || t("courier.scanned", { count: scans.scans.length })}</p>
      <ul class="rows" hidden={scans.scans.length === 0}>
        {scans.scans.map((scan) => (
          <li class="row" key={scan.container}>
            <Icon name="bag" />
            <span class="body">
              <strong class="mono">{scan.container}</strong>
              {scan.coi ? <span class="soft small mono">{scan.coi}</span> : <WhichTherapy onCoi={(coi) => void scans.read({ scanned: { kind: "coi", coi }, text: coi }, nothing)} />}
              {doubt(scan)}
            </span>
            <button type="button" class="tool" aria-label={t("courier.remove", { container: scan.container })} onClick={() => scans.remove(scan.container)}>
              ✕
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

const nothing = (): void => undefined;

/** A bag that this device has never heard of: its label says which therapy it is of. */
function WhichTherapy({ onCoi }: { onCoi: (coi: string) => void }) {
  const [typed, setTyped] = useState("");
  const [tried, setTried] = useState(false);
  const coi = typed.replace(/\s/g, "").toUpperCase().replace(/^&\//, "");
  const enter = () => (COI.test(coi) ? onCoi(`isbt128:${coi}`) : setTried(true));
  return (
    <>
      <Badge tone="warn">{t("courier.no_coi")}</Badge>
      <Field
        label={t("courier.coi")}
        hint={t("courier.coi_hint")}
        value={typed}
        onValue={setTyped}
        wrong={tried && !COI.test(coi) ? t("courier.coi_wrong") : undefined}
      />
      <Button onClick={enter}>{t("shell.continue")}</Button>
    </>
  );
}
