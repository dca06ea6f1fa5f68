/** What was made of what: a drawing by generations, and the same as a list. */

import { useMemo } from "preact/hooks";
import { t } from "../../messages";
import { Icon } from "../kit/Icon";
import { Notice } from "../kit/Notice";
import { href } from "../route";
import type { Container } from "./documents";
import { curve, draw, type Act, type Box, type Made } from "./layout";
import type { Line } from "./story";
import type { Stage } from "./Therapy";
import { holding, madeBy, place, standing, volume, part } from "./words";

const SIZES = { width: 224, height: 136, act: 96, gap: 20 };
const BEND = 32; // from a container to the middle of an act's sign: half of its width

/** Places are those of the lineage as it is now, so that nothing jumps while the moment changes. */
export function LineageView({ stage }: { stage: Stage }) {
  const there = stage.chain.containers;
  const made = useMemo(() => everMade(stage.lines, there), [stage.lines, there]);
  const drawing = useMemo(() => draw(made, SIZES), [made]);
  if (!there.length) return <Notice tone="info" title={t("audit.no_containers")} />;
  const shown = new Map(there.map((one) => [one.container, one]));
  const acts = drawing.acts.filter((act) => act.children.some((name) => shown.has(name)));
  return (
    <>
      <p class="soft small">{t("audit.lineage_hint")}</p>
      <figure class="lineage" aria-label={t("audit.view_lineage")}>
        <div class="sheet" style={{ width: `${drawing.width}px`, height: `${drawing.height}px` }}>
          <Edges acts={acts} boxes={drawing.boxes} shown={shown} width={drawing.width} height={drawing.height} />
          {drawing.boxes.map((box) => {
            const container = shown.get(box.name);
            return container && <Node key={box.name} box={box} container={container} />;
          })}
          {acts.map((act) => <Sign key={`${act.position} ${act.x}`} act={act} />)}
        </div>
      </figure>
      <details class="as-list">
        <summary>{t("audit.as_list")}</summary>
        <ListOf containers={there} />
      </details>
    </>
  );
}

/** Containers that there are at the moment, and those that later entries make. */
function everMade(lines: readonly Line[], there: readonly Container[]): Made[] {
  const made = new Map<string, Made>(there.map((one) => [one.container, one]));
  for (const { told } of lines) {
    for (const one of bornIn(told.type, told.event, told.position)) if (!made.has(one.container)) made.set(one.container, one);
  }
  return [...made.values()].sort((a, b) => a.position - b.position);
}

type Event = Line["told"]["event"];

function bornIn(type: string, event: Event, position: number): Made[] {
  const names = (value: unknown) => (Array.isArray(value) ? value : [value]).flatMap((one) => (one && typeof one === "object" && typeof (one as Event)["container"] === "string" ? [String((one as Event)["container"])] : []));
  if (type === "CollectionCompleted") return names(event["containers"]).map((container) => ({ container, parents: [], made_by: "collection", position }));
  if (type === "ContainersDerived") return names(event["children"]).map((container) => ({ container, parents: names(event["parents"]), made_by: String(event["how"]), position }));
  if (type === "SampleTaken") return names(event["sample"]).map((container) => ({ container, parents: names(event["of"]), made_by: "sample", position }));
  return [];
}

function Edges(props: { acts: Act[]; boxes: Box[]; shown: ReadonlyMap<string, Container>; width: number; height: number }) {
  const place = new Map(props.boxes.map((one) => [one.name, one]));
  const lines = props.acts.flatMap((act) => [
    ...act.parents.flatMap((name) => line(place.get(name), act, "in")),
    ...act.children.filter((name) => props.shown.has(name)).flatMap((name) => line(place.get(name), act, "out")),
  ]);
  return (
    <svg width={props.width} height={props.height} aria-hidden="true">
      {lines.map((path) => <path key={path} d={path} />)}
    </svg>
  );
}

function line(box: Box | undefined, act: Act, way: "in" | "out"): string[] {
  if (!box) return [];
  const middle = box.y + SIZES.height / 2;
  if (way === "in") return [curve({ x: box.x + SIZES.width, y: middle }, { x: act.x - BEND, y: act.y })];
  return [curve({ x: act.x + BEND, y: act.y }, { x: box.x, y: middle })];
}

function Node({ box, container }: { box: Box; container: Container }) {
  const { tone, icon, word } = standing(container);
  return (
    <a
      class={`node ${tone} ${container.status}`} href={href(`/audit/container/${part(container.container)}`)}
      style={{ left: `${box.x}px`, top: `${box.y}px`, width: `${SIZES.width}px`, height: `${SIZES.height}px` }}
    >
      <strong class="mono">{container.container}</strong>
      <span class="standing"><Icon name={icon} />{word}</span>
      <span class="soft small">{[doseOf(container), volume(container)].filter(Boolean).join(" · ")}</span>
      <span class="small">{holding(container.holder)}</span>
    </a>
  );
}

function doseOf(one: Container): string {
  const bag = one.bag !== null && one.of !== null ? t("audit.bag_of", { bag: one.bag, of: one.of }) : "";
  return [one.component, bag].filter(Boolean).join(" ");
}

/** The act between two generations, which leads to the entry that says so. */
function Sign({ act }: { act: Act }) {
  return (
    <a class="act" href={href(`/audit/entry/${act.position}`)} style={{ left: `${act.x}px`, top: `${act.y}px` }}>
      {madeBy(act.how)}
      <span class="mono">#{act.position}</span>
    </a>
  );
}

function ListOf({ containers }: { containers: readonly Container[] }) {
  const children = (name: string) => containers.filter((one) => one.parents.includes(name)).map((one) => one.container);
  return (
    <ul class="rows">
      {containers.map((one) => {
        const became = children(one.container);
        return (
          <li class="row" key={one.container}>
            <Icon name={standing(one).icon} />
            <span class="body">
              <a class="mono" href={href(`/audit/container/${part(one.container)}`)}>{one.container}</a>
              <span>{standing(one).word} · {holding(one.holder)}{one.offered_to && ` · ${t("audit.on_way", { place: place(one.offered_to) })}`}</span>
              <span class="soft small">
                {one.parents.length ? t("audit.made_from", { how: madeBy(one.made_by), parents: one.parents.join(", "), position: one.position }) : t("audit.made", { how: madeBy(one.made_by), position: one.position })}
                {became.length > 0 && ` · ${t("audit.became", { children: became.join(", ") })}`}
              </span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}
