import { stops } from "../../bedside/rules";
import { t } from "../../messages";
import { Button } from "../kit/Screen";
import type { At } from "./BagScreen";
import { Refused } from "./Esign";
import { Happened } from "./Happened";
import { useRecording } from "./useRecording";

const BEFORE = ["earlier_bags_finished", "released", "custody_here", "not_quarantined", "no_blocking_deviation", "consent", "not_expired"];

/** Facts: the thaw has begun, the thaw has ended. */
export function Thaw({ at }: { at: At }) {
  const { visit, status, looked } = at;
  const { record, problem } = useRecording(visit.coi);
  if (status !== "present" && status !== "thawing") return null;
  const { here, read } = visit;
  const containers = [read.container];
  if (status === "thawing") {
    return (
      <section class="card">
        <h2>{t("bedside.thawing")}</h2>
        <Button kind="primary" wide onClick={() => record({ type: "ThawCompleted", at: here, containers })}>{t("bedside.thaw_done")}</Button>
        {problem && <Refused problem={problem} />}
      </section>
    );
  }
  const labels = read.label ? { labels: [read.label] } : {};
  const button = (kind: "primary" | "danger") => (
    <Button kind={kind} wide onClick={() => record({ type: "ThawStarted", at: here, containers, ...labels })}>{t("bedside.thaw_start")}</Button>
  );
  const shut = looked.check?.value.gates.filter((gate) => stops(gate) && BEFORE.includes(gate.name)) ?? [];
  const why = shut.length ? shut.map((gate) => gate.detail).join(" ") : t("bedside.withheld");
  return (
    <section class="card">
      <h2>{t("bedside.thaw")}</h2>
      {shut.length || !looked.check ? <Happened title={t("bedside.thaw_not")} why={why}>{button("danger")}</Happened> : button("primary")}
      {problem && <Refused problem={problem} />}
    </section>
  );
}
