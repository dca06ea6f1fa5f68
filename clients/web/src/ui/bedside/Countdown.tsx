import { useEffect, useState } from "preact/hooks";
import type { Bag } from "../../bedside/documents";
import { announced, ENDED, left } from "../../bedside/rules";
import { t } from "../../messages";
import { Icon } from "../kit/Icon";
import { Notice } from "../kit/Notice";
import { Time } from "../kit/Time";
import { useClient } from "../session";

/** What is left of the window after thaw, in the worst case and by the ledger's clock; and when it has
 * closed, that it has. */
export function Countdown({ window, status }: { window: Bag["window"]; status: string }) {
  const client = useClient();
  const [{ at: now, by }, setNow] = useState(client.time());
  const counts = window?.closes_at && !ENDED.includes(status);
  useEffect(() => {
    if (!counts) return undefined;
    const timer = setInterval(() => setNow(client.time()), 1000);
    return () => clearInterval(timer);
  }, [client, counts]);
  if (!window || ENDED.includes(status)) {
    return status === "thawing" && !window ? <Notice tone="wait" title={t("bedside.window_unknown")} /> : null;
  }
  const closesAt = window.closes_at;
  if (closesAt === null) return <Closed why={t("bedside.window_unbounded")} />;
  const rest = window.state === "closed" ? null : left(closesAt, now);
  if (rest === null) return <Closed why={t("bedside.window_closed_at")} at={closesAt} />;
  const due = announced(closesAt, now);
  return (
    <section class={`window ${due === null ? "" : "near"}`} aria-label={t("bedside.window")}>
      <p class="rest" role="timer" aria-live="off"><Icon name="wait" /> <span>{rest}</span></p>
      <p>{t("bedside.window_left")} <strong><Time at={closesAt} /></strong></p>
      {by === "device" && <p class="small">{t("bedside.window_device")}</p>}
      {window.ends_at && <p>{t("bedside.window_ends")} <strong><Time at={window.ends_at} /></strong></p>}
      <p class="visually-hidden" aria-live="assertive">{due === null ? "" : t("bedside.window_say", { count: due })}</p>
    </section>
  );
}

function Closed({ why, at }: { why: string; at?: string }) {
  return (
    <section class="window closed" aria-label={t("bedside.window")}>
      <p class="rest"><Icon name="stop" /> <span>{t("bedside.window_closed")}</span></p>
      <p>{why} {at && <strong><Time at={at} /></strong>}</p>
      <p class="visually-hidden" role="alert">{t("bedside.window_closed")}</p>
    </section>
  );
}
