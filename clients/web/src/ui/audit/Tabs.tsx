/** The views of a therapy as tabs; on paper they stand one below the other. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../messages";

export const VIEWS = ["lineage", "timeline", "custody", "deviations", "temperature", "changes"] as const;
export type View = (typeof VIEWS)[number];

export function Views(props: {
  view: View;
  onView: (view: View) => void;
  panels: Record<View, ComponentChildren>;
  marks: Partial<Record<View, number>>;
}) {
  const tabs = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const chosen = tabs.current?.querySelector<HTMLElement>(`#tab-${props.view}`); // a phone shows three of six
    if (tabs.current && chosen) tabs.current.scrollLeft = chosen.offsetLeft - tabs.current.clientWidth / 3;
  }, [props.view]);
  const step = (event: KeyboardEvent) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = VIEWS.indexOf(props.view);
    const to = event.key === "Home" ? 0 : event.key === "End" ? VIEWS.length - 1 : move && (at + move + VIEWS.length) % VIEWS.length;
    const next = to === undefined ? undefined : VIEWS[to];
    if (!next) return;
    event.preventDefault();
    props.onView(next);
    tabs.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={t("audit.views")} ref={tabs} onKeyDown={step}>
        {VIEWS.map((one) => (
          <button
            key={one} type="button" role="tab" id={`tab-${one}`} aria-controls={`view-${one}`}
            aria-selected={one === props.view} tabIndex={one === props.view ? 0 : -1} onClick={() => props.onView(one)}
          >
            {t(`audit.view_${one}`)}
            {!!props.marks[one] && <span class="count">{props.marks[one]}</span>}
          </button>
        ))}
      </div>
      {VIEWS.map((one) => (
        <section key={one} class={one === props.view ? "view chosen" : props.panels[one] === null ? "view bare" : "view"} role="tabpanel" id={`view-${one}`} aria-labelledby={`tab-${one}`} tabIndex={0}>
          <h2 class="view-title">{t(`audit.view_${one}`)}</h2>
          {props.panels[one]}
        </section>
      ))}
    </>
  );
}
