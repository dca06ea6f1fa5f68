/** Look up a bag, a therapy or any entry, and verify it here. For auditors, and for everybody who has signed in. */

import { extend, t } from "../../messages";
import { Notice } from "../kit/Notice";
import { Screen } from "../kit/Screen";
import { match } from "../route";
import { Accesses } from "./Accesses";
import { ContainerScreen } from "./Container";
import { EntryScreen } from "./Entry";
import { ReachScreen } from "./Reach";
import { Search } from "./Search";
import { Therapy } from "./Therapy";
import "./audit.css";
import "./paper.css";

await extend("audit", "events", "phrases", "codes");

export default function Audit({ parts }: { parts: Record<string, string> }) {
  const rest = parts["rest"] ?? "";
  if (rest === "") return <Search />;
  if (rest === "/accesses") return <Accesses />;
  const therapy = match("/therapy/:coi", rest);
  if (therapy) return <Therapy coi={therapy["coi"] ?? ""} />;
  const container = match("/container/:id", rest);
  if (container) return <ContainerScreen id={container["id"] ?? ""} />;
  const entry = match("/entry/:position", rest);
  if (entry && /^\d{1,15}$/.test(entry["position"] ?? "")) return <EntryScreen position={Number(entry["position"])} />;
  const reach = match("/reach/:kind/:name", rest);
  if (reach) return <ReachScreen kind={reach["kind"] ?? ""} name={reach["name"] ?? ""} />;
  return (
    <Screen title={t("audit.title")} back="/audit">
      <Notice tone="info" title={t("shell.nowhere")} />
    </Screen>
  );
}
