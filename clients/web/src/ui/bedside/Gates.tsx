import type { Gate } from "../../bedside/documents";
import { sorted, stops, toneOf } from "../../bedside/rules";
import { t, tCode } from "../../messages";
import { Icon } from "../kit/Icon";
import { Entry } from "./Esign";

/** Every gate, the failed first: a shape, a word, the ledger's own sentence, and what proves it. */
export function Gates({ gates }: { gates: readonly Gate[] }) {
  const shut = gates.filter(stops).length;
  return (
    <section class="part" aria-label={t("bedside.gates")}>
      <h2>{t("bedside.gates")} <span class="soft">{shut ? t("bedside.gates_shut", { count: shut, of: gates.length }) : t("bedside.gates_open", { of: gates.length })}</span></h2>
      <ul class="rows gates">
        {sorted(gates).map((gate) => <GateRow gate={gate} key={gate.name} />)}
      </ul>
    </section>
  );
}

function GateRow({ gate }: { gate: Gate }) {
  const tone = toneOf(gate);
  const proof = isBlind(gate) ? [] : gate.proof;
  return (
    <li class={`row gate ${tone}`}>
      <span class={`mark ${tone}`}>
        <Icon name={tone} />
        <span>{t(`bedside.gate_${tone}`)}</span>
      </span>
      <span class="body">
        <strong>{tCode("gate_name", gate.name)}</strong>
        <span lang="en">{gate.detail}</span>
        {proof.length > 0 && (
          <span class="small proofs">
            {proof.map(({ position }) => <Entry position={position} key={position} />)}
          </span>
        )}
      </span>
    </li>
  );
}

/** What the other person read is not one press away before both are in. */
const isBlind = (gate: Gate): boolean => gate.name === "checks_agree" && toneOf(gate) === "wait";
