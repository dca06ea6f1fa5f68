import { useState } from "preact/hooks";
import type { Answer } from "../../core/client";
import type { Deviation } from "../../quality/documents";
import { t, tCode } from "../../messages";
import { listed, sentence } from "../../messages/sentence";
import { Shown, useAsked } from "../audit/asked";
import { sentenceFor } from "../audit/Deviations";
import { part, shortCoi } from "../audit/words";
import { Entry, Signed } from "../bedside/Esign";
import { Badge, Notice } from "../kit/Notice";
import { Screen } from "../kit/Screen";
import { Time } from "../kit/Time";
import { useClient } from "../session";
import { Age } from "./Age";
import { entryOf, therapy, type Therapy } from "./asking";
import { Disposition } from "./Disposition";
import { raisedBy } from "./rows";
import { Standing } from "./Standing";

/** One deviation: what happened, what proves it, and what becomes of it. */
export function DeviationScreen({ coi, id, me }: { coi: string; id: string; me: string }) {
  const client = useClient();
  const asked = useAsked(() => therapy(client, coi), [client, coi]);
  const [answer, setAnswer] = useState<Answer | null>(null);
  return (
    <Screen title={t("quality.deviation")} back={`/quality/therapy/${part(coi)}`}>
      {answer && <Signed title={t("quality.dispositioned")} event="DeviationDispositioned" me={me} answer={answer} />}
      <Standing onSent={asked.again}><Shown asked={asked}>{(found) => <Parts found={found} id={id} me={me} again={asked.again} onAnswer={setAnswer} />}</Shown></Standing>
    </Screen>
  );
}

type PartsProps = { found: Therapy; id: string; me: string; again: () => void; onAnswer: (answer: Answer) => void };

function Parts({ found, id, me, again, onAnswer }: PartsProps) {
  const one = found.chain.deviations.find(({ statement_id }) => statement_id === id);
  if (!one) return <Notice tone="info" title={t("quality.no_deviation")} />;
  return (
    <>
      <What one={one} coi={found.chain.coi} />
      <Evidence one={one} />
      {one.disposition !== null && <Closed one={one} />}
      {one.disposition === null && found.from === "ledger" && <Disposition one={one} found={found} me={me} again={again} onAnswer={onAnswer} />}
      <Age asOf={found.asOf} from={found.from} />
    </>
  );
}

function What({ one, coi }: { one: Deviation; coi: string }) {
  return (
    <section class="card">
      <h2 class="said">{tCode("finding_name", one.code)}</h2>
      <p>{sentenceFor(one.code)}</p>
      {one.blocks ? <Badge tone="stop">{t("quality.blocks_long")}</Badge> : <Badge tone="info">{t("quality.blocks_not")}</Badge>}
      <dl class="facts">
        <dt>{t("quality.severity")}</dt>
        <dd>{tCode("severity", one.severity)}</dd>
        <dt>{t("audit.about")}</dt>
        <dd class="mono">{one.containers.length ? listed(one.containers) : t("audit.whole_therapy")}</dd>
        <dt>{t("quality.therapy")}</dt>
        <dd class="mono">{shortCoi(coi)}</dd>
        <dt>{t("audit.raised_word")}</dt>
        <dd>{raisedBy(one.raised_by)}</dd>
      </dl>
    </section>
  );
}

/** The entry that raised it, and the one that it was raised by: each proved on the auditor's screen. */
function Evidence({ one }: { one: Deviation }) {
  return (
    <section class="part">
      <h2>{t("quality.evidence")}</h2>
      <ul class="rows">
        {one.cause !== null && <Told id={one.cause} />}
        <Told id={one.statement_id} />
      </ul>
    </section>
  );
}

function Told({ id }: { id: string }) {
  const client = useClient();
  const asked = useAsked(() => entryOf(client, id), [client, id]);
  return (
    <li class="row">
      <span class="body">
        <Shown asked={asked}>
          {({ event, signer, stream, recorded_at, position }) => (
            <>
              <span>{sentence(event, signer, stream)}.</span>
              <span class="soft small">{t("quality.recorded")} <Time at={recorded_at} seconds /> · <Entry position={position} /></span>
            </>
          )}
        </Shown>
      </span>
    </li>
  );
}

function Closed({ one }: { one: Deviation }) {
  return (
    <Notice tone={one.disposition === "rejected" ? "stop" : "ok"} title={tCode("audit_disposition", one.disposition ?? "")}>
      {one.disposition_position !== null && <p><Entry position={one.disposition_position} /></p>}
    </Notice>
  );
}
