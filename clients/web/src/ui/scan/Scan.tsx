/** Scan anything: a label leads to what is known of it, everything else is said for what it is. */

import { useState } from "preact/hooks";
import { shown, type Scanned } from "../../scan/parse";
import type { Reading } from "../../scan/scanning";
import { t } from "../../messages";
import { Notice } from "../kit/Notice";
import { Scanner } from "../kit/Scanner";
import { Screen } from "../kit/Screen";
import { go } from "../route";
import { CredentialSeen } from "./Credential";

export default function Scan() {
  const [read, setRead] = useState<Reading | null>(null);
  const onRead = (reading: Reading) => {
    const { scanned } = reading;
    if (scanned.kind === "label") go(`/B/${scanned.container ?? "-"}.${scanned.serial}.${scanned.check}`);
    else setRead(reading);
  };
  return (
    <Screen title={t("home.scan")} back="/">
      <Scanner what={t("scan.any")} onRead={onRead} />
      {read && (read.scanned.kind === "credential" ? <CredentialSeen text={read.text} /> : <Facts scanned={read.scanned} />)}
    </Screen>
  );
}

/** The parts of what was read, as its form names them. */
function Facts({ scanned }: { scanned: Scanned }) {
  return (
    <section class="card">
      <h2>{t(`scan.kind.${scanned.kind}`)}</h2>
      <p class="mono">{shown(scanned)}</p>
      {scanned.kind === "foreign" && <Notice tone="warn" title={t("scan.wrong.foreign", { host: scanned.host })} />}
      <dl class="facts">
        {parts(scanned).map(([name, value]) => [<dt key={name}>{name}</dt>, <dd class="mono" key={`${name}=`}>{value}</dd>])}
      </dl>
    </section>
  );
}

function parts(scanned: Scanned): [string, string][] {
  if (scanned.kind === "gs1") return Object.entries(scanned.elements).map(([ai, value]) => [`(${ai})`, value]);
  if (scanned.kind !== "isbt" && scanned.kind !== "din") return [];
  const { din, product, division, expiry, coi } = scanned.kind === "isbt" ? scanned : { ...scanned, din: scanned, product: undefined, division: undefined, expiry: undefined, coi: undefined };
  const all: (readonly [string, string | null | undefined])[] = [
    [t("scan.part.din"), din?.din],
    [t("scan.part.check"), din?.check],
    [t("scan.part.product"), product],
    [t("scan.part.division"), division],
    [t("scan.part.expiry"), expiry && [expiry.date, expiry.time].filter(Boolean).join(" ")],
    [t("scan.part.coi"), coi],
  ];
  return all.flatMap(([name, value]) => (value ? [[name, value]] : []));
}
