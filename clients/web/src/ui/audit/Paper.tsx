/** What a printed record says of itself: where it is from, of which moment, and how to compare it. */

import { utf8, toHex } from "../../core/bytes";
import { sha256 } from "../../core/proof/hash";
import { t } from "../../messages";
import { Time } from "../kit/Time";
import { useClient } from "../session";
import { useStore } from "../store";
import { useAsked } from "./asked";
import { counted } from "./checking";
import type { Stage } from "./Therapy";

/** The SHA-256 of the statement ids that count, one a line in the log's order: two papers of one state agree. */
export async function digestOf(ids: readonly string[]): Promise<string> {
  return toHex(await sha256(utf8(ids.map((id) => `${id}\n`).join(""))));
}

export function PaperHead({ stage }: { stage: Stage }) {
  const entries = stage.lines.slice(0, stage.moment.counted).map((one) => one.told);
  const digest = useAsked(() => digestOf(entries.map((one) => one.statement_id)), [entries.length, stage.lines]);
  const { proved, broken, gaps, waiting, all } = counted(entries, stage.verdicts);
  const last = entries.at(-1);
  return (
    <header class="paper">
      <h2>{t("audit.paper_title", { coi: stage.coi })}</h2>
      <dl class="facts small">
        <PaperFacts />
        <dt>{t("audit.paper_as_of")}</dt>
        <dd>{t("audit.paper_state", { size: stage.chain.as_of_position, count: entries.length })}{last && <>, <Time at={last.recorded_at} seconds /></>}</dd>
        <dt>{t("audit.paper_digest")}</dt>
        <dd class="mono">{digest.value}</dd>
        <dt>{t("audit.paper_checked")}</dt>
        <dd>{t("audit.paper_counts", { proved, broken, gaps, waiting, all })}</dd>
      </dl>
      <p class="soft small">{t("audit.paper_how")}</p>
    </header>
  );
}

/** The same for a screen of one thing. */
export function PaperLine() {
  return <header class="paper"><dl class="facts small"><PaperFacts /></dl></header>;
}

function PaperFacts() {
  const profile = useStore(useClient().profile);
  return (
    <>
      <dt>{t("audit.paper_address")}</dt>
      <dd class="mono">{location.href}</dd>
      <dt>{t("audit.paper_log")}</dt>
      <dd class="mono">{profile?.logKey ?? "–"}</dd>
      <dt>{t("audit.paper_printed")}</dt>
      <dd><Time at={Date.now()} seconds /> · {profile?.agent ?? ""}</dd>
    </>
  );
}
