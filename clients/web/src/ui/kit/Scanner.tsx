/** Scanning as every screen uses it: camera, keyboard scanner at any time, typing as the last resort. */

import { useEffect, useState } from "preact/hooks";
import { shown } from "../../scan/parse";
import type { Reading } from "../../scan/scanning";
import { t } from "../../messages";
import { Icon } from "./Icon";
import { Badge, Busy } from "./Notice";
import { ScannerSaid } from "./ScannerSaid";
import { ScannerTools } from "./ScannerTools";
import { ScannerTyped } from "./ScannerTyped";
import { Button } from "./Screen";
import { useScanning, type Options, type State } from "./useScanning";
import "./scanner.css";

type Props = Options & {
  what: string; // what to scan now, as a sentence
  unlisted?: boolean; // continuous: the screen lists what was read itself
  onDone?: (readings: readonly Reading[]) => void; // continuous: go on with what is listed
  onRemove?: (reading: Reading) => void;
};

/**
 * Single mode gives one reading, then waits until the screen asks for something else (`what`) or the
 * person scans again; the camera stays on.
 * `continuous` gives each new thing once and lists it, unless the screen calls it a mismatch.
 */
export function Scanner(props: Props) {
  const [list, setList] = useState<readonly Reading[]>([]);
  const [typing, setTyping] = useState(false);
  const [full, setFull] = useState(false);
  const onRead = async (reading: Reading, forget: () => void) => {
    setTyping(false);
    const verdict = await props.onRead(reading, forget);
    if (verdict !== "mismatch" && verdict !== "duplicate") setList((before) => [reading, ...before]);
    return verdict;
  };
  const scanner = useScanning({ ...props, onRead });
  const { video, state, scanning } = scanner;
  useEffect(() => scanner.again(), [props.what]);
  const type = () => {
    scanning()?.untype();
    setTyping(!typing);
  };
  const remove = (reading: Reading) => {
    setList((before) => before.filter((one) => one !== reading));
    scanning()?.forget(reading);
    props.onRemove?.(reading);
  };
  return (
    <section class={full ? "scanner full" : "scanner"} aria-label={props.what} onPointerDown={scanner.prime}>
      <h2>{props.what}</h2>
      <div class={`view ${state.camera}`}>
        <video ref={video} aria-label={t("scan.view")} muted playsInline />
        {state.camera === "on" && <span class="aim" aria-hidden="true" />}
        {state.camera === "starting" && <Busy label={t("scan.starting")} />}
      </div>
      <ScannerSaid state={state} wanted={props.wanted} continuous={props.continuous} onChoose={scanner.choose} />
      {!props.continuous && isJudged(state) && <Button onClick={scanner.again}>{t("scan.again")}</Button>}
      <ScannerTools scanner={scanner} full={full} onFull={setFull} onType={type} />
      {typing && <ScannerTyped scanning={scanning} />}
      {props.continuous && !props.unlisted && <List list={list} onRemove={remove} onDone={props.onDone} />}
    </section>
  );
}

const isJudged = ({ last }: State): boolean => last !== null && last.verdict !== "judging";

function List(props: { list: readonly Reading[]; onRemove: (one: Reading) => void; onDone: Props["onDone"] }) {
  const { list, onRemove, onDone } = props;
  const count = list.length;
  return (
    <>
      <p class="count" role="status">
        {count > 0 ? <Badge tone="ok">{t("scan.count", { count })}</Badge> : t("scan.none_yet")}
      </p>
      <ul class="rows" hidden={count === 0}>
        {list.map((one) => (
          <li class="row" key={one.text}>
            <span class="body">
              <strong class="mono">{shown(one.scanned)}</strong>
              <span class="soft small">{t(`scan.kind.${one.scanned.kind}`)}</span>
            </span>
            <button type="button" class="tool" aria-label={t("scan.remove", { what: shown(one.scanned) })} onClick={() => onRemove(one)}>
              <Icon name="stop" />
            </button>
          </li>
        ))}
      </ul>
      {onDone && count > 0 && <Button kind="primary" wide onClick={() => onDone(list)}>{t("scan.done", { count })}</Button>}
    </>
  );
}
