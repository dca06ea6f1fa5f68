import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./Icon";

/**
 * The one full-screen stop. Nothing on it dismisses it by habit: what the person may do next is
 * given as `children`, and each is an act of its own (call, step back to the start, override).
 */
export function FullStop(props: { title: string; reason: string; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="full-stop" role="alertdialog" aria-modal="true" aria-labelledby="stop-title" aria-describedby="stop-reason">
      <Icon name="stop" />
      <h1 id="stop-title" tabIndex={-1} ref={heading}>
        {props.title}
      </h1>
      <p id="stop-reason">{props.reason}</p>
      {props.children}
    </div>
  );
}
