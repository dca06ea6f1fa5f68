import { useState } from "preact/hooks";
import { saying, type Alarm } from "../../alarms/alarm";
import { heard } from "../../alarms/heard";
import { extend, t } from "../../messages";
import { shortCoi } from "../audit/words";
import { Choice } from "../kit/Field";
import { Badge, Notice } from "../kit/Notice";
import { Button, Screen } from "../kit/Screen";
import { Time } from "../kit/Time";
import { useAct } from "../kit/useAct";
import { Exactly, useRefusal } from "../kit/Why";
import { useClient } from "../session";
import { useStore } from "../store";
import { isLoud, setLoud } from "./loud";
import { primeAlarms } from "./start";

await extend("alarms", "codes");

/** What stands now in the therapies that this person may read. */
export default function Alarms() {
  const { alarms, link, asOf } = useStore(heard);
  return (
    <Screen title={t("alarms.title")} back="/">
      {link === "none" && <Notice tone="info" title={t("alarms.signed_out")} />}
      {link === "lost" && (
        <Notice tone="warn" title={t("alarms.lost")} live>
          {asOf !== null && <p>{t("alarms.as_of")} <Time at={asOf} /></p>}
        </Notice>
      )}
      {link === "open" && !alarms.length && <Notice tone="ok" title={t("alarms.none")} live />}
      {alarms.map((one) => <Card one={one} key={one.alarm} />)}
      <Loud />
    </Screen>
  );
}

function Card({ one }: { one: Alarm }) {
  const client = useClient();
  const act = useAct(async () => void (await client.request(`/v1/alarms/${one.alarm}/acknowledgement`, { method: "POST" })));
  return (
    <section class="card" aria-label={t("alarms.number", { alarm: one.alarm })}>
      <h2>{t(...saying(one))}</h2>
      <p>
        {one.acknowledged_by === null ? <Badge tone="stop">{t("alarms.unseen")}</Badge> : <Badge tone="ok">{t("alarms.seen", { agent: one.acknowledged_by })}</Badge>}
        {one.late && <> <Badge tone="wait">{t("alarms.late")}</Badge></>}
      </p>
      <dl class="facts">
        <dt>{t("alarms.since")}</dt>
        <dd><Time at={one.began_at} /></dd>
        <dt>{t("alarms.therapy")}</dt>
        <dd class="mono">{shortCoi(one.chain)}</dd>
        <dt>{t("alarms.logger")}</dt>
        <dd class="mono">{one.logger}</dd>
      </dl>
      {one.acknowledged_by === null && <Button onClick={act.run} disabled={act.busy}>{t("alarms.acknowledge")}</Button>}
      {act.problem && <Refused code={act.problem.code} detail={act.problem.detail} />}
    </section>
  );
}

function Refused({ code, detail }: { code: string; detail: string }) {
  return (
    <Notice tone="stop" title={t("alarms.not_said")} live>
      <p>{useRefusal(code)}</p>
      <Exactly detail={detail} />
    </Notice>
  );
}

function Loud() {
  const [loud, show] = useState(isLoud());
  const choose = (value: "quiet" | "loud") => {
    setLoud(value === "loud");
    show(value === "loud");
    if (value === "loud") primeAlarms(); // heard once, so that one knows it again
  };
  const options = (["quiet", "loud"] as const).map((value) => ({ value, label: t(`alarms.${value}`) }));
  return (
    <section class="card">
      <Choice label={t("alarms.sound")} value={loud ? "loud" : "quiet"} options={options} onValue={choose} />
      <p class="soft small">{t("alarms.sound_hint")}</p>
    </section>
  );
}
