import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { applyUpdate, update } from "../../core/update";
import { t } from "../../messages";
import { go, href } from "../route";
import { useClient } from "../session";
import { useStore } from "../store";
import { Strip } from "../alarms/Strip";
import { Icon } from "./Icon";
import { Notice } from "./Notice";

type Props = {
  title: string;
  back?: string; // the screen that one comes from; absent: home has none
  wide?: boolean;
  tools?: ComponentChildren; // in the bar
  foot?: ComponentChildren; // what one does here, within reach of a thumb
  still?: boolean; // what was pressed is being done: nothing above it takes a press
  children: ComponentChildren;
};

/** Bar, what the device owes the log, content, and the acts at the bottom. */
export function Screen({ title, back, wide, tools, foot, still = false, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Unbroken`;
    heading.current?.focus({ preventScroll: true }); // a screen reader hears where it is
  }, [title]);
  return (
    <div class="screen">
      <header class="top">
        <div class="bar">
          {back !== undefined && (
            <a class="tool" href={href(back)} aria-label={t("shell.back")}>
              <Icon name="back" />
            </a>
          )}
          <h1 tabIndex={-1} ref={heading}>
            {title}
          </h1>
          {tools}
        </div>
        <Owing />
        <Strip />
      </header>
      <main class={wide ? "main wide" : "main"} inert={still}>
        <Alarm />
        <NewVersion />
        {children}
      </main>
      {foot ? <footer class="foot">{foot}</footer> : <span />}
    </div>
  );
}

/** "N not yet sent", on every screen, as long as it is so. */
export function Owing() {
  const client = useClient();
  const items = useStore(client.waiting);
  const reach = useStore(client.reach);
  const storage = useStore(client.storage);
  const refused = items.filter((one) => one.state === "refused" && !one.acknowledged).length;
  const waiting = items.filter((one) => one.state === "queued" || one.state === "sent").length;
  if (!waiting && !refused && reach === "online") return null;
  return (
    <div class={`state ${refused ? "refused" : waiting ? "owing" : ""}`} role="status">
      {refused > 0 && <OutboxLink icon="stop" text={t("state.refused", { count: refused })} />}
      {waiting > 0 && <OutboxLink icon="outbox" text={t("state.waiting", { count: waiting })} />}
      {reach === "offline" && <span>{t("state.offline")}</span>}
      {waiting > 0 && storage === "evictable" && <strong>{t("state.evictable")}</strong>}
    </div>
  );
}

/** Evidence against the log itself: nobody may work on as if nothing were, and no device forget it. */
function Alarm() {
  const problem = useStore(useClient().alarm);
  if (!problem) return null;
  return (
    <Notice tone="stop" title={t("shell.alarm")} live>
      <p>{t("shell.alarm_more")}</p>
      <p class="mono small">{problem.code}: {problem.detail}</p>
    </Notice>
  );
}

/** Going over to it is the person's to say: they may stand in the middle of a hand-over. */
function NewVersion() {
  const state = useStore(update);
  if (state !== "ready" && state !== "reload") return null;
  return (
    <Notice tone="info" title={t("shell.update")}>
      <div class="buttons">
        <Button onClick={applyUpdate}>{t("shell.update_now")}</Button>
      </div>
    </Notice>
  );
}

function OutboxLink({ icon, text }: { icon: "stop" | "outbox"; text: string }) {
  return (
    <a href={href("/outbox")}>
      <Icon name={icon} />
      {text}
    </a>
  );
}

/** A row of a list that leads somewhere. */
export function LinkRow(props: { to: string; title: ComponentChildren; hint?: ComponentChildren; mark?: ComponentChildren }) {
  return (
    <li>
      <a class="row" href={href(props.to)}>
        {props.mark}
        <span class="body">
          <strong>{props.title}</strong>
          {props.hint && <span class="soft small">{props.hint}</span>}
        </span>
        <Icon name="next" />
      </a>
    </li>
  );
}

export function Button(props: {
  children: ComponentChildren;
  onClick?: () => void;
  to?: string;
  kind?: "primary" | "danger" | "plain";
  wide?: boolean;
  disabled?: boolean;
  submit?: boolean;
}) {
  const style = ["button", props.kind ?? "plain", props.wide ? "wide" : ""].join(" ").trim();
  const click = props.to === undefined ? props.onClick : () => go(props.to as string);
  return (
    <button type={props.submit ? "submit" : "button"} class={style} disabled={props.disabled} onClick={click}>
      {props.children}
    </button>
  );
}
