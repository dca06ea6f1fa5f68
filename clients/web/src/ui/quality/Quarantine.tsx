import { useState } from "preact/hooks";
import type { Answer } from "../../core/client";
import { reasonIn, REASONS_TO_LIFT } from "../../quality/deciding";
import type { Quarantine } from "../../quality/documents";
import { t } from "../../messages";
import { listed, spaced } from "../../messages/sentence";
import { Shown, useAsked } from "../audit/asked";
import { part } from "../audit/words";
import { Entry, Signed } from "../bedside/Esign";
import { Notice } from "../kit/Notice";
import { Screen } from "../kit/Screen";
import { useClient } from "../session";
import { Age } from "./Age";
import { therapy, type Therapy } from "./asking";
import { Decide } from "./Decide";
import { Reason } from "./Reason";
import { Standing } from "./Standing";

/** One quarantine: what it holds and why, and its end. */
export function QuarantineScreen({ coi, id, me }: { coi: string; id: string; me: string }) {
  const client = useClient();
  const asked = useAsked(() => therapy(client, coi), [client, coi]);
  const [answer, setAnswer] = useState<Answer | null>(null);
  return (
    <Screen title={t("quality.quarantine")} back={`/quality/therapy/${part(coi)}`}>
      {answer && <Signed title={t("quality.lifted")} event="QuarantineLifted" me={me} answer={answer} />}
      <Standing onSent={asked.again}><Shown asked={asked}>{(found) => <Parts found={found} id={id} me={me} again={asked.again} onAnswer={setAnswer} />}</Shown></Standing>
    </Screen>
  );
}

type PartsProps = { found: Therapy; id: string; me: string; again: () => void; onAnswer: (answer: Answer) => void };

function Parts(props: PartsProps) {
  const { found, id } = props;
  const one = found.chain.quarantines.find(({ statement_id }) => statement_id === id);
  if (!one) return <Notice tone="info" title={t("quality.no_quarantine")} />;
  return (
    <>
      <What one={one} />
      {one.lifted_position === null && found.from === "ledger" && <Lift one={one} {...props} />}
      <Age asOf={found.asOf} from={found.from} />
    </>
  );
}

function What({ one }: { one: Quarantine }) {
  return (
    <section class="card">
      <h2 class="said">{spaced(one.reason)}</h2>
      <p>{t(one.lifted_position === null ? "quality.holds" : "quality.holds_not")}</p>
      <dl class="facts">
        <dt>{t("audit.about")}</dt>
        <dd class="mono">{listed(one.containers)}</dd>
        <dt>{t("audit.put_by")}</dt>
        <dd>{one.put_by} · <Entry position={one.position} />{one.lifted_position !== null && <> → <Entry position={one.lifted_position} /></>}</dd>
      </dl>
    </section>
  );
}

function Lift({ one, found, me, again, onAnswer }: PartsProps & { one: Quarantine }) {
  const [reason, setReason] = useState<string | null>(null);
  const [own, setOwn] = useState("");
  const code = reasonIn(reason, own);
  return (
    <section class="card">
      <h2>{t("quality.lift")}</h2>
      <Reason reasons={REASONS_TO_LIFT} value={reason} own={own} onValue={setReason} onOwn={setOwn} />
      {code && (
        <Decide
          fields={{ type: "QuarantineLifted", quarantine: one.statement_id, reason: code }}
          coi={found.chain.coi}
          version={found.chain.version}
          checks={found.quality.required_checks}
          act={t("quality.lift_sign")}
          {...{ me, again, onAnswer }}
        />
      )}
    </section>
  );
}
