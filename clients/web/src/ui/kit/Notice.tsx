import type { ComponentChildren } from "preact";
import { t } from "../../messages";
import { Icon, type IconName } from "./Icon";

export type Tone = "ok" | "warn" | "stop" | "info" | "wait";

/** What is said about a state: a shape, a word, and only then a colour. `live` reads it aloud. */
export function Notice(props: { tone: Tone; title: string; children?: ComponentChildren; live?: boolean }) {
  const role = props.live ? (props.tone === "stop" ? "alert" : "status") : undefined;
  return (
    <div class={`notice ${props.tone}`} role={role}>
      <Icon name={props.tone} />
      <div class="body">
        <strong>{props.title}</strong>
        {props.children}
      </div>
    </div>
  );
}

export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}`}>
      <Icon name={tone as IconName} />
      {children}
    </span>
  );
}

export function Busy({ label }: { label?: string }) {
  return (
    <p class="soft" role="status">
      <span class="busy" aria-hidden="true" /> {label ?? t("shell.loading")}
    </p>
  );
}
