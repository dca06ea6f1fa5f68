/** What this device owes the log: each item with its state, and every way to get it there. */

import { useEffect, useState } from "preact/hooks";
import type { Held } from "../../core/client";
import { asProblem, type Problem } from "../../core/problem";
import { extend, t, tCode } from "../../messages";
import { NotDone } from "../kit/NotDone";
import { Badge, Notice, type Tone } from "../kit/Notice";
import { QrSeries } from "../kit/QrSeries";
import { Button, Screen } from "../kit/Screen";
import { Time } from "../kit/Time";
import { useAct } from "../kit/useAct";
import { Exactly, Why } from "../kit/Why";
import { useClient } from "../session";
import { useStore } from "../store";

await extend("events", "codes"); // what each statement and each refusal is called

const NEWEST = 20;

export default function Outbox() {
  const client = useClient();
  const waiting = useStore(client.waiting);
  const [all, setAll] = useState<Held[]>([]);
  useEffect(() => {
    void client.held().then(setAll);
  }, [client, waiting]);
  const sent = all.filter((one) => one.state === "accepted").slice(-NEWEST).reverse();
  const read = all.filter((one) => one.acknowledged);
  const refused = waiting.filter((one) => one.state === "refused");
  const owed = waiting.filter((one) => one.state !== "refused");
  return (
    <Screen title={t("home.outbox")} back="/" foot={owed.length > 0 && <Send />}>
      {!waiting.length && <Notice tone="ok" title={t(read.length ? "outbox.empty_but" : "outbox.empty")} />}
      <Part title={t("outbox.refused_title")} items={refused} />
      <Part title={t("outbox.waiting")} items={owed} />
      {owed.length > 0 && <Away />}
      <TakeOver />
      <Part title={t("outbox.refused_read")} items={read} />
      <Part title={t("outbox.recorded")} items={sent} />
    </Screen>
  );
}

function Send() {
  const client = useClient();
  return <Button kind="primary" onClick={() => void client.flush()}>{t("outbox.send")}</Button>;
}

function Part({ title, items }: { title: string; items: Held[] }) {
  if (!items.length) return null;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul class="rows">{items.map((held) => <Item held={held} key={held.id} />)}</ul>
    </section>
  );
}

const TONES: Record<Held["state"], Tone> = { queued: "wait", sent: "wait", accepted: "ok", refused: "stop" };

function Item({ held }: { held: Held }) {
  const containers = held.fields["containers"] ?? held.fields["container"];
  return (
    <li class="row">
      <span class="body">
        <strong>{tCode("event", held.type)}</strong>
        <span class="small mono">{[containers ?? held.stream].flat().join(", ")}</span>
        <span class="soft small"><Time at={held.made_at} seconds /></span>
        {!held.mine && <span class="soft small">{t("outbox.carried", { agent: held.agent })}</span>}
        <Badge tone={TONES[held.state]}>{tCode("outbox_state", held.state, { position: held.answer?.position ?? "" })}</Badge>
        {held.state === "refused" && <Refused held={held} />}
      </span>
    </li>
  );
}

function Refused({ held }: { held: Held }) {
  const client = useClient();
  const again = useAct(() => client.requeue(held.id));
  return (
    <>
      <p>{tCode("refusal", held.problem?.code ?? "")}</p>
      <Exactly detail={held.problem?.detail ?? ""} />
      <p class="soft small">{t("outbox.kept")}</p>
      <div class="buttons">
        {!held.acknowledged && <Button onClick={() => void client.acknowledge(held.id)}>{t("outbox.read")}</Button>}
        {held.again === undefined && <Button onClick={again.run} disabled={again.busy}>{t("outbox.again")}</Button>}
      </div>
      {held.again !== undefined && <p class="small">{t("outbox.signed_anew")}</p>}
      <NotDone problem={again.problem} />
    </>
  );
}

/** For a phone that will not meet a network: a file, or another phone that scans this screen. */
function Away() {
  const client = useClient();
  const [texts, setTexts] = useState<string[]>([]);
  const save = async () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await client.exportOutbox());
    link.download = "outbox.unbroken";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };
  return (
    <section class="card">
      <div class="buttons">
        <Button onClick={() => void save()}>{t("outbox.export")}</Button>
        <Button onClick={() => void client.exportTexts().then(setTexts)}>{t("outbox.show")}</Button>
      </div>
      <QrSeries texts={texts} label={t("outbox.show")} />
    </section>
  );
}

function TakeOver() {
  const client = useClient();
  const [said, setSaid] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const take = async (file: File | undefined) => {
    if (!file) return;
    setProblem(null);
    try {
      setSaid(t("outbox.imported", { count: await client.importStatements(file) }));
    } catch (error) {
      setSaid("");
      setProblem(asProblem(error));
    }
  };
  return (
    <section class="card">
      <label class="button">
        {t("outbox.import")}
        <input class="visually-hidden" type="file" onChange={(event) => void take(event.currentTarget.files?.[0])} />
      </label>
      {said && <Notice tone="ok" title={said} live />}
      {problem && <Why problem={problem} />}
    </section>
  );
}
