import { useEffect, useState } from "preact/hooks";
import type { Party } from "../../core/events/types";
import type { Read, Wristband } from "../../bedside/documents";
import { isLate, type StopName } from "../../bedside/rules";
import { t } from "../../messages";
import { Notice } from "../kit/Notice";
import { Icon } from "../kit/Icon";
import { Screen } from "../kit/Screen";
import { useClient } from "../session";
import { BadgeStep } from "./BadgeStep";
import { BagScreen } from "./BagScreen";
import { BagStep } from "./BagStep";
import { Place } from "./Place";
import { StopScreen } from "./StopScreen";
import { type Match, WristbandStep } from "./WristbandStep";

type Step = "badge" | "wristband" | "bag";
const STEPS: readonly Step[] = ["badge", "wristband", "bag"];

/** One round at a bed. All that was read lives in this component: leaving the screen forgets it. */
export function Round({ here, me }: { here: Party; me: string }) {
  const client = useClient();
  const [badge, setBadge] = useState(false);
  const [wristband, setWristband] = useState<(Wristband & Match) | null>(null);
  const [read, setRead] = useState<Read | null>(null);
  const [late, setLate] = useState(false);
  const [stop, setStop] = useState<StopName | null>(null);
  useEffect(() => void client.refreshVoided().catch(() => undefined), [client]); // to stop without a network too

  const restart = () => {
    setStop(null);
    setRead(null);
    setWristband(null);
  };
  const onBag = (found: Read) => {
    const tooLate = wristband !== null && isLate(wristband, client.moment());
    setLate(tooLate);
    if (tooLate) setWristband(null);
    else setRead(found);
  };
  if (stop) return <StopScreen stop={{ name: stop, reason: "", proof: [] }} visit={null} onLeave={restart} />;
  if (wristband && read) {
    const visit = { here, wristband, coi: wristband.coi, matched: wristband.matched, read };
    return <BagScreen key={read.container} visit={visit} me={me} onLeave={restart} />;
  }
  const step: Step = !badge ? "badge" : wristband ? "bag" : "wristband";
  return (
    <Screen title={t("home.bedside")} back="/">
      <Progress step={step} />
      {late && step === "wristband" && <Notice tone="warn" title={t("bedside.too_late")} live />}
      {step === "badge" && <BadgeStep me={me} onDone={() => setBadge(true)} />}
      {step === "wristband" && <WristbandStep here={here} onStop={setStop} onDone={(found) => { setLate(false); setWristband(found); }} />}
      {step === "bag" && wristband && <BagStep coi={wristband.coi} onDone={onBag} />}
      <Place here={here} />
    </Screen>
  );
}

/** Where one is: done, now, to come; each by its mark and word. */
function Progress({ step }: { step: Step }) {
  const now = STEPS.indexOf(step);
  return (
    <ol class="steps" aria-label={t("bedside.steps")}>
      {STEPS.map((one, at) => (
        <li key={one} class={at < now ? "done" : at === now ? "now" : ""} aria-current={at === now ? "step" : undefined}>
          {at < now ? <Icon name="ok" /> : <span class="number" aria-hidden="true">{at + 1}</span>}
          <span>{t(`bedside.step_${one}`)}</span>
          {at < now && <span class="visually-hidden">{t("bedside.step_done")}</span>}
        </li>
      ))}
    </ol>
  );
}
