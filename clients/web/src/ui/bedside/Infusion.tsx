import { useState } from "preact/hooks";
import type { Fact } from "../../core/events/types";
import { ENDED, endsOf, microlitres, RUNNING, stops } from "../../bedside/rules";
import { type Key, t } from "../../messages";
import { Choice, Field } from "../kit/Field";
import { Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";
import { useClient } from "../session";
import type { At } from "./BagScreen";
import { Refused } from "./Esign";
import { Happened } from "./Happened";
import { useRecording } from "./useRecording";
import { useTold } from "./useTold";

const REASONS = ["reaction", "line_problem", "patient_request", "equipment", "other"] as const;
type Reason = (typeof REASONS)[number];
type Act = "pause" | "complete" | "stop";

/** Facts: it runs, it rests, it ended. They are signed with or without a network. */
export function Infusion({ at }: { at: At }) {
  const { status } = at;
  if (RUNNING.includes(status)) return <UnderWay at={at} />;
  if (ENDED.includes(status)) return <Notice tone="ok" title={t(status === "infused" ? "bedside.infused" : "bedside.stopped")} live><p>{t("bedside.ended_why")}</p></Notice>;
  return <Start at={at} />;
}

function Start({ at }: { at: At }) {
  const { visit, looked, fresh, status } = at;
  const client = useClient();
  const { record, problem } = useRecording(visit.coi);
  const authorised = looked.bag?.value.authorisation?.site === visit.here.site;
  const gates = looked.check?.value.gates ?? null;
  const inTime = useTold(() => endsOf(looked.bag?.value ?? null, gates ?? []).every((end) => client.time().at < end));
  const open = inTime && (gates?.every((gate) => !stops(gate)) ?? false);
  const began = { type: "InfusionStarted", site: visit.here.site, container: visit.read.container } as const;
  const start = (kind: "primary" | "danger") => (
    <>
      <Button kind={kind} wide onClick={() => record(began)}>{t("bedside.start")}</Button>
      {problem && <Refused problem={problem} />}
    </>
  );
  if (authorised && open && fresh) {
    return (
      <section class="card go">
        <Notice tone="ok" title={t("bedside.go")} live>
          <p>{t("bedside.go_why", { who: looked.bag?.value.authorisation?.signer ?? "" })}</p>
        </Notice>
        {start("primary")}
      </section>
    );
  }
  if (status !== "thawed" && status !== "thawing") return null;
  const why = !fresh ? t("bedside.withheld") : authorised ? t("bedside.start_stopped") : t("bedside.start_not_why");
  return (
    <section class="card">
      <h2>{t("bedside.infusion")}</h2>
      <Happened title={t("bedside.start_not")} why={why}>
        <Notice tone="stop" title={t("bedside.start_critical")} />
        {start("danger")}
      </Happened>
    </section>
  );
}

function UnderWay({ at }: { at: At }) {
  const { visit, status, looked } = at;
  const { record: keep, problem } = useRecording(visit.coi);
  const [act, setAct] = useState<Act | null>(null);
  const of = { site: visit.here.site, container: visit.read.container };
  const record = (fields: Fact) => {
    setAct(null);
    keep(fields);
  };
  return (
    <section class="card">
      <Notice tone={status === "paused" ? "warn" : "info"} title={t(status === "paused" ? "bedside.is_paused" : "bedside.is_running")} live />
      {problem && <Refused problem={problem} />}
      {act === null ? (
        <div class="buttons">
          <Button kind="primary" onClick={() => setAct("complete")}>{t("bedside.complete")}</Button>
          {status === "paused"
            ? <Button onClick={() => record({ type: "InfusionResumed", ...of })}>{t("bedside.resume")}</Button>
            : <Button onClick={() => setAct("pause")}>{t("bedside.pause")}</Button>}
          <Button kind="danger" onClick={() => setAct("stop")}>{t("bedside.stop_early")}</Button>
        </div>
      ) : (
        <Say act={act} full={looked.bag?.value.left_ul ?? null} onBack={() => setAct(null)} onSay={(reason, dose) => record(factOf(act, of, reason, dose))} />
      )}
    </section>
  );
}

function factOf(act: Act, of: { site: string; container: string }, reason: Reason | null, dose_given_ul: number): Fact {
  if (act === "pause") return { type: "InfusionPaused", ...of, reason: reason ?? "other" };
  if (act === "complete") return { type: "InfusionCompleted", ...of, dose_given_ul };
  return { type: "InfusionStopped", ...of, dose_given_ul, reason: reason ?? "other" };
}

/** The volume given, or why, or both. */
function Say(props: { act: Act; full: number | null; onBack: () => void; onSay: (reason: Reason | null, dose: number) => void }) {
  const { act } = props;
  const [reason, setReason] = useState<Reason | null>(null);
  const [volume, setVolume] = useState(act === "complete" && props.full ? String(props.full / 1000) : "");
  const [tried, setTried] = useState(false);
  const dose = act === "pause" ? 0 : microlitres(volume);
  const needs = act !== "complete";
  const say = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (dose !== null && (!needs || reason)) props.onSay(reason, dose);
  };
  const options = REASONS.map((value) => ({ value, label: t(`bedside.reason_${value}` as Key) }));
  return (
    <form class="esign" onSubmit={say} noValidate>
      <h2>{t(`bedside.say_${act}`)}</h2>
      {needs && <Choice label={t("bedside.why")} value={reason} options={options} onValue={setReason} wrong={tried && !reason ? t("bedside.why_wanted") : undefined} />}
      {act !== "pause" && (
        <Field label={t("bedside.volume")} hint={t("bedside.volume_hint")} value={volume} onValue={setVolume} inputMode="decimal"
          wrong={tried && dose === null ? t("bedside.volume_wrong") : undefined} />
      )}
      <div class="buttons">
        <Button onClick={props.onBack}>{t("shell.back")}</Button>
        <Button submit kind={act === "stop" ? "danger" : "primary"}>{t(`bedside.sign_${act}`)}</Button>
      </div>
    </form>
  );
}
