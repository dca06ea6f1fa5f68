import { useState } from "preact/hooks";
import type { ESignature } from "../../core/client";
import { OVERRIDABLE } from "../../core/events/table";
import type { Gate, Override } from "../../bedside/documents";
import { ENDED, RUNNING, toneOf } from "../../bedside/rules";
import { type Key, t, tCode } from "../../messages";
import { Choice } from "../kit/Field";
import { Badge, Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";
import type { At } from "./BagScreen";
import { Esign, Signed } from "./Esign";
import { type Deciding, SignedAndKept, useDeciding } from "./useDeciding";

const REASONS = ["patient_deteriorating", "no_other_dose", "system_failure", "other"] as const;
type Reason = (typeof REASONS)[number];

/** The physician names the gates that stop this bag and may be passed. The others stand, and are shown so. */
export function MakeOverride({ at }: { at: At }) {
  const { visit, looked, fresh, status, me } = at;
  const [opened, setOpened] = useState(false);
  const { answer, kept, decide } = useDeciding(visit.coi);
  const shut = looked.check?.value.gates.filter((gate) => toneOf(gate) === "stop") ?? [];
  const waiting = ofThis(at).some((one) => !one.confirmed_by && one.signer === me);
  if (answer || waiting) {
    return (
      <>
        {answer && <Signed title={t("bedside.override_made")} event="EmergencyOverride" me={me} answer={answer} />}
        {waiting && <Notice tone="wait" title={t("bedside.override_waits")}><p>{t("bedside.override_waits_why")}</p></Notice>}
      </>
    );
  }
  if (kept) return <SignedAndKept />;
  if (!fresh || !shut.length || RUNNING.includes(status) || ENDED.includes(status)) return null;
  if (!opened) return <Button kind="danger" onClick={() => setOpened(true)}>{t("bedside.override")}</Button>;
  return <Form at={at} shut={shut} decide={decide} onBack={() => setOpened(false)} />;
}

function Form({ at, shut, decide, onBack }: { at: At; shut: Gate[]; decide: Deciding["decide"]; onBack: () => void }) {
  const { visit, me, looked, again } = at;
  const [gates, setGates] = useState<readonly string[]>([]);
  const [reason, setReason] = useState<Reason | null>(null);
  const pick = (name: string) => setGates(gates.includes(name) ? gates.filter((one) => one !== name) : [...gates, name]);
  const sign = async (esignature: ESignature) => {
    if (!reason || !looked.check) return;
    const fields = { type: "EmergencyOverride", site: visit.here.site, container: visit.read.container, gates: [...gates].sort(), reason } as const;
    await decide(fields, looked.check.value.chain_version, esignature);
    await again();
  };
  const options = REASONS.map((value) => ({ value, label: t(`bedside.override_${value}` as Key) }));
  return (
    <section class="card danger">
      <h2>{t("bedside.override")}</h2>
      <p>{t("bedside.override_why")}</p>
      <fieldset class="field plain">
        <legend>{t("bedside.override_gates")}</legend>
        {shut.map((gate) => <Pick gate={gate} key={gate.name} picked={gates.includes(gate.name)} onPick={() => pick(gate.name)} />)}
      </fieldset>
      <Choice label={t("bedside.why")} value={reason} options={options} onValue={setReason} />
      {gates.length > 0 && reason && <Esign event="EmergencyOverride" me={me} act={t("bedside.override_sign")} onSign={sign} />}
      <Button onClick={onBack}>{t("shell.cancel")}</Button>
    </section>
  );
}

function Pick({ gate, picked, onPick }: { gate: Gate; picked: boolean; onPick: () => void }) {
  if (!OVERRIDABLE.includes(gate.name)) {
    return (
      <p class="never">
        <Badge tone="stop">{t("bedside.never")}</Badge> <strong>{tCode("gate_name", gate.name)}</strong>: <span lang="en">{gate.detail}</span>
      </p>
    );
  }
  return (
    <label class="choice">
      <input type="checkbox" checked={picked} onChange={onPick} />
      <span><strong>{tCode("gate_name", gate.name)}</strong>: <span lang="en">{gate.detail}</span></span>
    </label>
  );
}

/** What a physician overrode for this bag, for a second person to confirm on their own device. */
export function ConfirmOverride({ at }: { at: At }) {
  const { visit, me, looked, fresh, again } = at;
  const { answer, kept, decide } = useDeciding(visit.coi);
  const asked = ofThis(at).find((one) => !one.confirmed_by && one.signer !== me);
  if (answer) return <Signed title={t("bedside.confirmed")} event="OverrideConfirmed" me={me} answer={answer} />;
  if (kept) return <SignedAndKept />;
  if (!asked || !fresh || !looked.check) return null;
  const { chain_version } = looked.check.value;
  const sign = async (esignature: ESignature) => {
    const fields = { type: "OverrideConfirmed", override: asked.statement_id } as const;
    await decide(fields, chain_version, esignature);
    await again();
  };
  return (
    <section class="card danger">
      <h2>{t("bedside.confirm")}</h2>
      <p>{t("bedside.confirm_why", { who: asked.signer, reason: tCode("bedside", `override_${asked.reason}`) })}</p>
      <ul class="names">{asked.gates.map((name) => <li key={name}><strong>{tCode("gate_name", name)}</strong></li>)}</ul>
      <Esign event="OverrideConfirmed" me={me} act={t("bedside.confirm_sign")} onSign={sign} />
    </section>
  );
}

function ofThis({ looked, visit }: At): Override[] {
  const all = looked.chain?.value.overrides ?? [];
  return all.filter((one) => one.container === visit.read.container && one.site === visit.here.site);
}
