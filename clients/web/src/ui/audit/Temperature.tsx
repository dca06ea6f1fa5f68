/** How warm it was: a chart for each container and phase, and the same as a table. */

import type { Problem } from "../../core/problem";
import { t, tCode } from "../../messages";
import { degrees } from "../../messages/sentence";
import { Icon } from "../kit/Icon";
import { Badge, Busy, Notice, type Tone } from "../kit/Notice";
import { Time } from "../kit/Time";
import { Failed } from "./asked";
import { seriesOf } from "./chart";
import { Entry } from "./Custody";
import type { Clock, Leg, Phase, Told } from "./documents";
import { handedOver } from "./handovers";
import { alike, judgedOf, verdictOf, type Judged, type Verdict } from "./judged";
import { Chart } from "./Looking";
import { span } from "./story";
import type { Stage } from "./Therapy";
import { place } from "./words";

export function TemperatureView({ stage, problem }: { stage: Stage; problem: Problem | null }) {
  if (problem) return <Failed problem={problem} />;
  if (!stage.temperature) return <Busy />;
  const told = stage.lines.slice(0, stage.moment.counted).map((one) => one.told);
  const { clocks, containers, unproved } = stage.temperature;
  return (
    <>
      {unproved.map((leg) => <Unproved key={`${leg.container} ${leg.began}`} leg={leg} />)}
      {clocks.filter((one) => one.off).map((clock) => <ClockOff key={clock.logger} clock={clock} />)}
      {!containers.length && <Notice tone="info" title={t("audit.no_evidence")} />}
      {alike(judgedOf(stage.temperature)).map(({ names, phase }) => <PhaseCard key={`${names[0]} ${phase.phase}`} names={names} phase={phase} told={told} />)}
    </>
  );
}

export function PhaseCard({ names, phase, told }: { names: readonly string[]; phase: Judged; told: readonly Told[] }) {
  const series = seriesOf(phase, told);
  const verdict = verdictOf(phase);
  const title = `${names.join(", ")}, ${tCode("audit_phase", phase.phase)}`;
  return (
    <section class="card phase" aria-label={title}>
      <h3><span class="mono">{names.join(", ")}</span> · {tCode("audit_phase", phase.phase)}</h3>
      <p class="verdict">
        <Badge tone={TONES[verdict]}>{t(`audit.${verdict}`)}</Badge>
        <span class="soft small">{bandOf(phase)}</span>
        {phase.spent_s !== null && <span class="soft small">{t("audit.spent", { span: span(phase.spent_s * 1000) })}</span>}
        {phase.left_s !== null && <span class="soft small">{phase.left_s < 0 ? t("audit.overspent", { span: span(-phase.left_s * 1000) }) : t("audit.left", { span: span(phase.left_s * 1000) })}</span>}
        {phase.mean_kinetic_centi_c !== null && <span class="soft small">{t("audit.mkt", { degrees: degrees(phase.mean_kinetic_centi_c) })}</span>}
      </p>
      {series.length < phase.evidence.length && <Notice tone="warn" title={t("audit.readings_missing", { count: phase.evidence.length - series.length })} />}
      <Chart phase={phase} series={series} handed={handedOver(told, names)} />
      <Events phase={phase} />
      <details>
        <summary>{t("audit.evidence_table", { count: phase.evidence.length })}</summary>
        <EvidenceTable phase={phase} series={series} />
      </details>
    </section>
  );
}

const TONES: Record<Verdict, Tone> = {
  not_judged: "info", out_of_limits: "stop", not_proved: "warn", with_gaps: "warn", in_limits: "ok",
};

export function bandOf({ low_centi_c: low, high_centi_c: high }: Phase): string {
  if (low !== null && high !== null) return t("audit.band", { low: degrees(low), high: degrees(high) });
  if (high !== null) return t("audit.at_most", { high: degrees(high) });
  return low === null ? t("audit.no_band") : t("audit.at_least", { low: degrees(low) });
}

/** Excursions, gaps and legs that nothing proves in the order of time: what the chart shades, by name. */
function Events({ phase }: { phase: Judged }) {
  const rows = [
    ...phase.excursions.map((one, n) => ({ ...one, name: t("audit.excursion", { number: n + 1 }), icon: "stop" as const, peak: degrees(one.peak_centi_c) })),
    ...phase.gaps.map((one, n) => ({ ...one, name: t("audit.gap_number", { number: n + 1 }), icon: "warn" as const, peak: t("audit.unknown") })),
    ...phase.unproved.map((one) => ({ ...one, proof: [one.began, one.ended], name: t("audit.not_proved"), icon: "stop" as const, peak: t("audit.unknown") })),
  ].sort((a, b) => a.started_at.localeCompare(b.started_at));
  if (!rows.length) return <p class="soft small">{t("audit.no_excursions")}</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("audit.events_table")}>
      <table>
        <thead><tr><th>{t("audit.what")}</th><th>{t("audit.from")}</th><th>{t("audit.to")}</th><th>{t("audit.lasted")}</th><th>{t("audit.peak")}</th><th>{t("audit.proved_by")}</th></tr></thead>
        <tbody>
          {rows.map((one) => (
            <tr key={`${one.name} ${one.started_at}`}>
              <th scope="row"><span class={`badge ${one.icon}`}><Icon name={one.icon} />{one.name}</span></th>
              <td><Time at={one.started_at} seconds /></td>
              <td><Time at={one.ended_at} seconds /></td>
              <td>{span(Date.parse(one.ended_at) - Date.parse(one.started_at))}</td>
              <td>{one.peak}</td>
              <td>{one.proof.map((position) => <Entry key={position} position={position} />)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const ROWS = 500;

function EvidenceTable({ phase, series }: { phase: Phase; series: ReturnType<typeof seriesOf> }) {
  return (
    <>
      {phase.evidence.map((one) => {
        const readings = series.find((each) => each.position === one.position)?.readings ?? [];
        return (
          <div key={one.position} class="scroll" tabIndex={0} role="region" aria-label={one.logger}>
            <p>
              {t("audit.logger", { logger: one.logger })} · <Entry position={one.position} /> · {tCode("audit_signature", one.device_signature)}
              {one.fit === false && <> · <Badge tone="stop">{t("audit.unfit")}</Badge></>}
            </p>
            <table>
              <thead><tr><th>{t("audit.time")}</th><th>{t("audit.reading")}</th></tr></thead>
              <tbody>
                {readings.slice(0, ROWS).map(({ ms, centiC }) => (
                  <tr key={ms}><td><Time at={ms} seconds /></td><td>{centiC === null ? t("audit.no_reading") : degrees(centiC)}</td></tr>
                ))}
              </tbody>
            </table>
            {readings.length > ROWS && <p class="soft small">{t("audit.more_readings", { count: readings.length - ROWS, position: one.position })}</p>}
          </div>
        );
      })}
    </>
  );
}

/** Flagged, never corrected: the readings stand at the times that the logger gave them. */
function ClockOff({ clock }: { clock: Clock }) {
  const { low_s: low, high_s: high } = clock;
  const told = low === null || high === null
    ? t("audit.clock_at_least", { span: span(clock.ahead_s * 1000) })
    : t("audit.clock_between", { low: ahead(low), high: ahead(high) });
  return (
    <Notice tone="warn" title={t("audit.clock_off", { logger: clock.logger })}>
      <p>{told} {clock.proof.map((position) => <Entry key={position} position={position} />)}</p>
    </Notice>
  );
}

function ahead(seconds: number): string {
  return t(seconds < 0 ? "audit.clock_behind" : "audit.clock_ahead", { span: span(Math.abs(seconds) * 1000) });
}

export function Unproved({ leg }: { leg: Leg }) {
  return (
    <Notice tone="stop" title={t("audit.leg_unproved", { container: leg.container })}>
      <p>
        {place(leg.carrier)}: <Time at={leg.started_at} /> – <Time at={leg.ended_at} /> · <Entry position={leg.began} /> <Entry position={leg.ended} />
      </p>
    </Notice>
  );
}
