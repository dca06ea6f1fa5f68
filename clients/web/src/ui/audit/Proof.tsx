/** The steps of a proof as a person can follow them: each with ok or BROKEN, and what was computed. */

import { toHex } from "../../core/bytes";
import type { VerifierKey } from "../../core/proof/note";
import { t, tCode } from "../../messages";
import { Badge } from "../kit/Notice";
import { Time } from "../kit/Time";
import type { Again } from "./again";
import { Entry } from "./Custody";
import type { Step, Walk } from "./steps";

export interface Side {
  name: "signature" | "seen" | "again";
  state: "ok" | "broken" | "gap" | "waiting" | "claim" | "revoked";
  value: string;
  why: string;
  position?: number; // the entry that enrolled the key
  timeS?: number; // when the log signed the head that the device had seen
  again?: Again; // how the signer was asked again
}

export function ProofSteps({ walked, vkey }: { walked: Walk; vkey: VerifierKey }) {
  return (
    <ol class="proof-steps">
      {walked.steps.map((one, index) => (
        <li key={one.name} class={one.state}>
          <span class="number" aria-hidden="true">{index + 1}</span>
          <div class="body">
            <p class="head"><strong>{t(`audit.step_${one.name}`)}</strong><State step={one} /></p>
            <p class="soft small">{t(`audit.step_${one.name}_more`)}</p>
            {one.state === "broken" && <p class="why"><strong>{t(`audit.step_${one.name}_broken`)}</strong></p>}
            <Value step={one} walked={walked} vkey={vkey} />
          </div>
        </li>
      ))}
    </ol>
  );
}

function State({ step }: { step: Step }) {
  if (step.state === "ok") return <Badge tone="ok">{t("audit.step_ok")}</Badge>;
  if (step.state === "broken") return <Badge tone="stop">{t("audit.broken")}</Badge>;
  return <Badge tone="info">{t("audit.step_unreached")}</Badge>;
}

function Value({ step, walked, vkey }: { step: Step; walked: Walk; vkey: VerifierKey }) {
  if (step.name === "log") return <PinnedKey vkey={vkey} />;
  if (step.state !== "ok") return null;
  const { receipt } = walked;
  switch (step.name) {
    case "bytes":
      return <p class="small">{t("audit.n_bytes", { count: Number(step.value) })}</p>;
    case "receipt":
      return <p class="small">{t("audit.receipt_by", { origin: step.value })} {receipt && <Time at={receipt.timeS * 1000} seconds />}</p>;
    case "place":
      return <p class="small">{t("audit.place_in", { position: receipt?.index ?? 0, size: receipt?.size ?? 0 })}</p>;
    case "path":
      return <p class="small">{t("audit.n_hashes", { count: Number(step.value) })}</p>;
    default:
      return <code class="hash">{step.value}</code>;
  }
}

function PinnedKey({ vkey }: { vkey: VerifierKey }) {
  return (
    <dl class="facts small">
      <dt>{t("audit.pinned_log")}</dt>
      <dd class="mono">{vkey.name}</dd>
      <dt>{t("audit.pinned_key")}</dt>
      <dd><code class="hash">{toHex(vkey.public.kid)}</code></dd>
    </dl>
  );
}

/** The way from the leaf to the root, hash by hash. */
export function Ladder({ walked }: { walked: Walk }) {
  if (!walked.rungs.length) return null;
  return (
    <details>
      <summary>{t("audit.ladder")}</summary>
      <ol class="ladder">
        {walked.rungs.map((one, index) => (
          <li key={index}>
            <span class="small">{t(one.side === "left" ? "audit.rung_left" : "audit.rung_right", { number: index + 1 })}</span>
            <code class="hash">{one.sibling}</code>
            <span class="soft small">{t("audit.rung_result")}</span>
            <code class="hash">{one.result}</code>
          </li>
        ))}
      </ol>
    </details>
  );
}

export function SideSteps({ sides }: { sides: readonly Side[] }) {
  return (
    <ol class="proof-steps">
      {sides.map((one) => (
        <li key={one.name} class={one.state}>
          <div class="body">
            <p class="head"><strong>{t(`audit.side_${one.name}`)}</strong><SideState side={one} /></p>
            <p class="soft small">{t(`audit.side_${one.name}_more`)}</p>
            {one.again && <AskedAgain who={one.value} again={one.again} />}
            {one.name === "signature" && one.value && <code class="hash">{one.value}</code>}
            {one.position !== undefined && <p class="small">{t(one.name === "again" ? "audit.passkey_from" : "audit.key_from")} <Entry position={one.position} /></p>}
            {one.name === "seen" && one.timeS !== undefined && <p class="small">{t("audit.seen_head", { size: one.value })} <Time at={one.timeS * 1000} seconds /></p>}
            {one.name === "seen" && one.state === "ok" && !one.value && <p class="small">{t("audit.never_met_more")}</p>}
            {one.why && <p class="why small">{one.why}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}

export function SideState({ side }: { side: Side }) {
  if (side.state === "ok") return <Badge tone="ok">{t("audit.step_ok")}</Badge>;
  if (side.state === "broken") return <Badge tone="stop">{t("audit.broken")}</Badge>;
  if (side.state === "claim") return <Badge tone="info">{t("audit.again_claim")}</Badge>;
  if (side.state === "revoked") return <Badge tone="warn">{t("audit.again_revoked")}</Badge>;
  return <Badge tone={side.state === "gap" ? "warn" : "wait"}>{t(side.state === "gap" ? "audit.gap" : "audit.not_yet_checked")}</Badge>;
}

/** Name, meaning and time, by which of the two; and in words what was checked here. */
function AskedAgain({ who, again }: { who: string; again: Again }) {
  const { said } = again;
  return (
    <>
      <p>
        <strong>{who}</strong>, {tCode("meaning", said.meaning)}, {tCode("esignature", said.method)}, <Time at={said.signedAt} seconds />
      </p>
      {again.state === "claim" && <p class="small">{t("audit.again_claim_more")}</p>}
      {again.state !== "claim" && <p class="small">{t("audit.again_holds_more", { who, domain: again.rpId })}</p>}
      {again.state === "revoked" && <p class="why small">{t("audit.again_revoked_more", { position: again.revoked ?? 0 })}</p>}
    </>
  );
}
