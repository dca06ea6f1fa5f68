import { useRef } from "preact/hooks";
import type { Gate, Visit } from "../../bedside/documents";
import { ENDED, mayDecideBy, RUNNING, standing, stopOf, stopOfLabel, stops, type Stop } from "../../bedside/rules";
import { t, tCode } from "../../messages";
import { Badge, Busy, Notice } from "../kit/Notice";
import { Icon } from "../kit/Icon";
import { Button, Screen } from "../kit/Screen";
import { Time } from "../kit/Time";
import { Exactly } from "../kit/Why";
import { hasRole, session, useClient } from "../session";
import { useStore } from "../store";
import { Authorise } from "./Authorise";
import { BagSet } from "./BagSet";
import { Check } from "./Check";
import { Gates } from "./Gates";
import { Infusion } from "./Infusion";
import { ConfirmOverride, MakeOverride } from "./Override";
import { StopScreen } from "./StopScreen";
import { Thaw } from "./Thaw";
import { Countdown } from "./Countdown";
import { type Looked, useBag } from "./useBag";
import { useTold } from "./useTold";

const USED = [...ENDED, "consumed"]; // when it was scanned: it came back to a bed

/** What this screen's parts work with. */
export interface At {
  visit: Visit;
  me: string;
  looked: Looked;
  status: string; // with what this device has signed since
  fresh: boolean; // recent enough, and from the ledger itself, to decide by
  again: () => Promise<void>;
}

/** One bag of one patient: what may be done with it now, and why not. */
export function BagScreen({ visit, me, onLeave }: { visit: Visit; me: string; onLeave: () => void }) {
  const client = useClient();
  const { looked, signed, again } = useBag(visit);
  const fresh = useTold(() => visit.matched && mayDecideBy(looked?.check ?? null, looked?.bag ?? null, client.moment()));
  const found = useRef<string | null>(null); // how the bag was when it was scanned
  if (!looked) return <Screen title={visit.read.container} back="/"><Busy label={t("bedside.judging")} /></Screen>;
  const { status, unsent } = standing(looked.bag?.value.status ?? "present", signed, visit.read.container);
  const running = RUNNING.includes(status);
  found.current ??= status;
  const stop = stopped(looked, USED.includes(found.current));
  const check = looked.check?.value;
  if (stop && !running) {
    return <StopScreen stop={stop} visit={visit} version={check?.chain_version} contact={looked.label?.contact} onLeave={onLeave} />;
  }
  const at: At = { visit, me, looked, status, fresh, again };
  return (
    <Screen title={t("bedside.this_bag")} back="/" foot={<Button onClick={onLeave}>{t("bedside.leave")}</Button>}>
      {stop && <Notice tone="stop" title={t(`bedside.stop_${stop.name}`)} live><p lang="en">{stop.reason}</p><p>{t("bedside.stop_infusion_now")}</p></Notice>}
      <Heading at={at} unsent={unsent} />
      <Freshness looked={looked} matched={visit.matched} fresh={fresh} />
      <Countdown window={looked.bag?.value.window ?? null} status={status} />
      <Acts at={at} />
      {check && !ENDED.includes(status) && <Gates gates={asked(check.gates, running)} />}
      <BagSet bags={looked.chain?.value.containers ?? []} />
    </Screen>
  );
}

/** Whether it was used before is no question about the bag that is being given. */
function asked(gates: readonly Gate[], running: boolean): readonly Gate[] {
  return running ? gates.filter((gate) => gate.name !== "not_infused") : gates;
}

/** Each part shows itself when its time has come; what is to be done next stands first. */
function Acts({ at }: { at: At }) {
  const physician = hasRole(useStore(session), "physician");
  const given = at.status !== "present" && Boolean(at.looked.bag?.value.authorisation);
  return (
    <>
      {given && <Infusion key="infusion" at={at} />}
      <ConfirmOverride at={at} />
      <Check at={at} />
      {physician && <Authorise at={at} />}
      <Thaw at={at} />
      {!given && <Infusion key="infusion" at={at} />}
      {physician && <MakeOverride at={at} />}
    </>
  );
}

function Heading({ at, unsent }: { at: At; unsent: number }) {
  const { visit, looked, status } = at;
  const bag = looked.bag?.value;
  const shut = looked.check?.value.gates.filter(stops).length ?? null;
  return (
    <section class="card bag">
      <p class="name"><Icon name="bag" /> <strong class="mono">{visit.read.container}</strong></p>
      <p>
        {bag?.bag ? `${t("bedside.bag_of", { bag: bag.bag, of: bag.of ?? 0 })} · ` : ""}
        {tCode("bedside.status", status)}
      </p>
      {visit.matched && <Badge tone="ok">{t("bedside.patient_matches")}</Badge>}
      {shut === 0 && <Badge tone="ok">{t("bedside.all_open")}</Badge>}
      {unsent > 0 && <Badge tone="wait">{t("bedside.unsent", { count: unsent })}</Badge>}
    </section>
  );
}

/** How old the answer is, always; and that nobody authorises by an old one. */
function Freshness({ looked, matched, fresh }: { looked: Looked; matched: boolean; fresh: boolean }) {
  const { check, bag, problem } = looked;
  if (!matched || !check) {
    return (
      <Notice tone="warn" title={matched ? t("bedside.no_answer") : t("bedside.unmatched")} live>
        <p>{t("bedside.withheld")}</p>
        {problem && <p class="small">{tCode("refusal", problem.code)}</p>}
        {problem && <Exactly detail={problem.detail} />}
      </Notice>
    );
  }
  if (fresh) return <p class="soft small">{t("bedside.as_of")} <Time at={check.asOf} seconds /></p>;
  return (
    <Notice tone="warn" title={t("bedside.old")} live>
      <p>{t("bedside.against")} <strong><Time at={Math.min(check.asOf, bag?.asOf ?? check.asOf)} /></strong>.</p>
      <p>{t("bedside.withheld")}</p>
    </Notice>
  );
}

function stopped({ label, check }: Looked, used: boolean): Stop | null {
  const ofLabel = label && stopOfLabel(label);
  const ofGates = check && stopOf(check.value.gates, used);
  if (ofGates && ofGates.name === "wrong_bag") return ofGates; // it says more than its label does
  return ofLabel ? { name: ofLabel, reason: "", proof: [] } : ofGates;
}
