/** Quality's own screens: what waits, a deviation and what becomes of it, the release of doses. */

import { extend, t } from "../../messages";
import { Notice } from "../kit/Notice";
import { Button, Screen } from "../kit/Screen";
import { usePasskeys } from "../passkeys";
import { match } from "../route";
import { session, sitesOf, useClient } from "../session";
import { useStore } from "../store";
import "../bedside/bedside.css";
import { Board } from "./Board";
import { DeviationScreen } from "./Deviation";
import "./quality.css";
import { QuarantineScreen } from "./Quarantine";
import { ReleaseScreen } from "./Release";
import { TherapyScreen } from "./Therapy";

await extend("quality", "bedside", "audit", "codes", "events", "phrases", "passkey");

export default function Quality({ parts }: { parts: Record<string, string> }) {
  const profile = useStore(useClient().profile);
  const sites = sitesOf(useStore(session), "quality");
  usePasskeys(); // asked now, so that the form that signs need not wait
  if (!profile) return <Closed title={t("device.enrol")} why={t("device.enrol_why")} to="/enrol" act={t("device.enrol")} />;
  if (!sites.length) return <Closed title={t("quality.not_yours")} why={t("quality.not_yours_why")} to="/" act={t("shell.back")} />;
  return shown(parts["rest"] ?? "", profile.agent, sites);
}

/** What was entered is of one therapy, and is gone with it: so the keys. */
function shown(rest: string, me: string, sites: string[]) {
  if (rest === "") return <Board sites={sites} />;
  const therapy = match("/therapy/:coi", rest);
  if (therapy) return <TherapyScreen coi={therapy["coi"] ?? ""} />;
  const deviation = match("/deviation/:coi/:id", rest);
  if (deviation) return <DeviationScreen key={rest} coi={deviation["coi"] ?? ""} id={deviation["id"] ?? ""} me={me} />;
  const quarantine = match("/quarantine/:coi/:id", rest);
  if (quarantine) return <QuarantineScreen key={rest} coi={quarantine["coi"] ?? ""} id={quarantine["id"] ?? ""} me={me} />;
  const release = match("/release/:coi", rest);
  if (release) return <ReleaseScreen key={rest} coi={release["coi"] ?? ""} me={me} sites={sites} />;
  return <Screen title={t("quality.title")} back="/quality"><Notice tone="info" title={t("shell.nowhere")} /></Screen>;
}

function Closed(props: { title: string; why: string; to: string; act: string }) {
  return (
    <Screen title={t("quality.title")} back="/">
      <Notice tone="info" title={props.title}>
        <p>{props.why}</p>
        <div class="buttons"><Button kind="primary" to={props.to}>{props.act}</Button></div>
      </Notice>
    </Screen>
  );
}
