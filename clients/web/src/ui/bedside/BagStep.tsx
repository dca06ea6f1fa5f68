import type { Coi } from "../../core/events/types";
import type { Chain, Read } from "../../bedside/documents";
import type { Verdict } from "../../scan/feedback";
import type { Reading } from "../../scan/scanning";
import { t } from "../../messages";
import { useAsked } from "../audit/asked";
import { Scanner } from "../kit/Scanner";
import { useClient } from "../session";
import { BagSet } from "./BagSet";

/** The bag in the hand. What it is worth is judged on the next screen, against the patient's therapy. */
export function BagStep({ coi, onDone }: { coi: Coi; onDone: (read: Read) => void }) {
  const client = useClient();
  const chain = useAsked(() => client.read<Chain>(`/v1/chains/${coi}`), [coi]);
  const read = ({ scanned, method, reason }: Reading): Verdict | void => {
    if (scanned.kind === "container") return taken({ container: scanned.text, label: null, link: null, method, reason });
    if (scanned.kind !== "label" || !scanned.container) return "mismatch";
    const { container, serial, check } = scanned;
    return taken({ container, label: serial, link: `${container}.${serial}.${check}`, method, reason });
  };
  const taken = (found: Read): void => onDone(found); // match or not is the ledger's to say
  return (
    <>
      <Scanner what={t("bedside.scan_bag")} wanted={["label", "container"]} onRead={read} />
      <BagSet bags={chain.value?.value.containers ?? []} />
    </>
  );
}
