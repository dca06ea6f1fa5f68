import { useEffect, useState } from "preact/hooks";
import type { Held } from "../../core/client";
import type { Party } from "../../core/events/types";
import { containersOf } from "../../courier/bags";
import { extend, type Key, t, tCode } from "../../messages";
import { Icon } from "../kit/Icon";
import { Badge, Notice } from "../kit/Notice";
import { QrSeries } from "../kit/QrSeries";
import { Button, Screen } from "../kit/Screen";
import { Exactly } from "../kit/Why";
import { useClient } from "../session";
import { useStore } from "../store";
import { partyName } from "./where";

void extend("codes"); // what the ledger finds, in words: there long before it has answered

/** What was signed just now, what became of it, and for a release the code that the other scans. */
export function Signed({ ids, show }: { ids: readonly string[]; show: boolean }) {
  const client = useClient();
  const waiting = useStore(client.waiting);
  const [held, setHeld] = useState<Held[]>([]);
  const [texts, setTexts] = useState<string[]>([]);
  useEffect(() => {
    void client.held().then((all) => setHeld(all.filter((one) => ids.includes(one.id))));
  }, [client, waiting, ids]);
  useEffect(() => {
    if (show) void client.exportTexts(ids).then(setTexts);
  }, [client, ids, show]);
  return (
    <Screen title={t("courier.title")} back="/courier" foot={<Button kind="primary" to="/courier">{t("courier.done")}</Button>}>
      {texts.length > 0 && (
        <section class="card">
          <h2>{t("courier.show")}</h2>
          <p class="soft">{t("courier.show_why")}</p>
          <QrSeries texts={texts} label={t("courier.show")} />
        </section>
      )}
      <Became held={held} />
    </Screen>
  );
}

function Became({ held }: { held: Held[] }) {
  const refused = held.filter((one) => one.state === "refused");
  const answered = held.length > 0 && held.every((one) => one.state === "accepted");
  const raised = held.flatMap((one) => one.answer?.deviations ?? []);
  return (
    <>
      {answered ? <Notice tone="ok" title={t("courier.sent")} live /> : (
        <Notice tone="wait" title={t("courier.kept")} live>
          <p>{t("courier.kept_more")}</p>
        </Notice>
      )}
      <ul class="rows">
        {held.flatMap((one) => containersOf(one).map(({ container }) => <Line held={one} container={container} key={container} />))}
      </ul>
      {refused.map((one) => (
        <Notice tone="stop" title={t("courier.refused")} key={one.id} live>
          <p>{tCode("refusal", one.problem?.code ?? "")}</p>
          <Exactly detail={one.problem?.detail ?? ""} />
        </Notice>
      ))}
      {raised.length > 0 && (
        <Notice tone="warn" title={t("courier.raised")} live>
          <ul>{raised.map((one) => <li key={one.statement_id}><Badge tone="warn">{tCode("finding", one.code)}</Badge></li>)}</ul>
        </Notice>
      )}
    </>
  );
}

/** What was said of one bag, and whether the log has it. */
function Line({ held, container }: { held: Held; container: string }) {
  const { giver, receiver } = held.fields as unknown as { giver: Party; receiver: Party };
  const way = held.type === "CustodyReleased" ? t("courier.to", { party: partyName(receiver) }) : t("courier.from", { party: partyName(giver) });
  return (
    <li class="row">
      <Icon name={TONES[held.state]} />
      <span class="body">
        <strong class="mono">{container}</strong>
        <span class="small">{t(`courier.did.${held.type}` as Key)} {way}</span>
      </span>
    </li>
  );
}

const TONES = { queued: "wait", sent: "wait", accepted: "ok", refused: "stop" } as const;
