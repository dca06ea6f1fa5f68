import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Coi } from "../../core/events/types";
import type { Scan } from "../../courier/scans";
import { t } from "../../messages";
import { isWrong, parseCoi } from "../../scan/identifiers";
import { Field } from "../kit/Field";
import { Badge, Notice } from "../kit/Notice";
import { Icon } from "../kit/Icon";
import { Button } from "../kit/Screen";
import { Against } from "./Behind";
import type { Scans } from "./useScans";

/** What was scanned, each with what is doubtful about it and a way off the list. */
export function ScanList({ scans, doubt }: { scans: Scans; doubt: (scan: Scan) => ComponentChildren }) {
  return (
    <section class="part">
      {scans.noList && <Notice tone="warn" title={t("public.no_list")} />}
      <p role="status">{scans.said || t("courier.scanned", { count: scans.scans.length })}</p>
      <ul class="rows" hidden={scans.scans.length === 0}>
        {scans.scans.map((scan) => (
          <li class="row" key={scan.container}>
            <Icon name="bag" />
            <span class="body">
              <strong class="mono">{scan.container}</strong>
              {scan.coi ? <span class="soft small mono">{scan.coi}</span> : <WhichTherapy read={scans.unplaced} onCoi={(coi) => scans.complete(scan.container, coi)} />}
              {scan.doubt && <Badge tone="warn">{t(`courier.label_${scan.doubt}`)}</Badge>}
              {doubt(scan)}
              <Against conflict={scan.bag?.conflict} />
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

/** A bag that this device has never heard of: its label says which therapy it is of. `read`: symbols
 * that may be its own, or another's. */
function WhichTherapy({ read, onCoi }: { read: readonly Coi[]; onCoi: (coi: Coi) => void }) {
  const [typed, setTyped] = useState("");
  const [tried, setTried] = useState(false);
  const coi = parseCoi(`isbt128:${typed.replace(/\s/g, "").toUpperCase().replace(/^&\//, "")}`);
  const enter = () => (isWrong(coi) ? setTried(true) : onCoi(coi));
  return (
    <>
      <Badge tone="warn">{t("courier.no_coi")}</Badge>
      {read.map((one) => (
        <Button key={one} onClick={() => onCoi(one)}>{t("courier.coi_take", { coi: one.replace(/^isbt128:/, "") })}</Button>
      ))}
      <Field
        label={t("courier.coi")}
        hint={t("courier.coi_hint")}
        value={typed}
        onValue={setTyped}
        wrong={tried && isWrong(coi) ? t("courier.coi_wrong") : undefined}
      />
      <Button onClick={enter}>{t("shell.continue")}</Button>
    </>
  );
}
