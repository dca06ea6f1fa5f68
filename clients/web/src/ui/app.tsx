/** Which screen an address shows. Each area is loaded when somebody goes there. */

import type { ComponentType } from "preact";
import { Component, type ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { language, t } from "../messages";
import { Home } from "./home";
import { Busy, Notice } from "./kit/Notice";
import { Button, Screen } from "./kit/Screen";
import { follow, match, path } from "./route";
import { persons } from "./session";
import { useStore } from "./store";

type Area = { default: ComponentType<{ parts: Record<string, string> }> };
type Route = readonly [pattern: string, load: () => Promise<Area>];

/** First match wins. An area routes its own screens below `/area/…` by `parts.rest`. */
const ROUTES: readonly Route[] = [
  ["/enrol", () => import("./device/Enrol")],
  ["/sign-in", () => import("./device/SignIn")],
  ["/admin", () => import("./admin")],
  ["/alarms", () => import("./alarms")],
  ["/audit/*", () => import("./audit")],
  ["/courier/*", () => import("./courier")],
  ["/bedside/*", () => import("./bedside")],
  ["/quality/*", () => import("./quality")],
  ["/outbox", () => import("./device/Outbox")],
  ["/scan", () => import("./scan/Scan")],
  ["/passkey", () => import("./device/Passkey")],
  ["/settings", () => import("./device/Settings")],
  ["/B/:token", () => import("./public/Label")],
  ["/b/:token", () => import("./public/Label")],
];

export function App() {
  useEffect(() => {
    document.addEventListener("click", follow);
    return () => document.removeEventListener("click", follow);
  }, []);
  useStore(language); // every text is drawn again
  const at = useStore(path);
  const person = useStore(persons);
  return (
    <Boundary key={`${person} ${at}`}>
      <Shown at={at} />
    </Boundary>
  );
}

function Shown({ at }: { at: string }) {
  if (at === "/") return <Home />;
  for (const [pattern, load] of ROUTES) {
    const parts = within(pattern, at);
    if (parts) return <Lazy load={load} parts={parts} />;
  }
  return (
    <Screen title={t("shell.home")} back="/">
      <Notice tone="info" title={t("shell.nowhere")} />
    </Screen>
  );
}

/** Where the browser keeps nothing for this address, nothing can be promised: an empty page says less. */
export function NoStart() {
  return (
    <main class="main">
      <Notice tone="stop" title={t("shell.no_start")} live>
        <p>{t("shell.no_start_more")}</p>
        <div class="buttons">
          <Button onClick={() => location.reload()}>{t("shell.retry")}</Button>
        </div>
      </Notice>
    </main>
  );
}

/** `/audit/*` matches everything below, as `parts.rest` with a slash before it, or empty. */
function within(pattern: string, at: string): Record<string, string> | null {
  if (!pattern.endsWith("/*")) return match(pattern, at);
  const base = pattern.slice(0, -2);
  return at === base || at.startsWith(`${base}/`) ? { rest: at.slice(base.length) } : null;
}

const loaded = new Map<Route[1], Area>();

function Lazy({ load, parts }: { load: Route[1]; parts: Record<string, string> }) {
  const [area, setArea] = useState<Area | Error | null>(loaded.get(load) ?? null);
  useEffect(() => {
    const keep = (found: Area) => {
      loaded.set(load, found);
      setArea(found);
    };
    load().then(keep, (error: Error) => setArea(error));
  }, [load]);
  if (area instanceof Error) throw area;
  if (!area) return <Busy />;
  const Found = area.default;
  return <Found parts={parts} />;
}

/** A screen that fails must not take the outbox with it: it is in the database, and said so. */
class Boundary extends Component<{ children: ComponentChildren }, { error: Error | null }> {
  override state = { error: null };
  static override getDerivedStateFromError(error: Error) {
    return { error };
  }
  override render() {
    const error: Error | null = this.state.error;
    if (!error) return this.props.children;
    return (
      <Screen title={t("shell.home")} back="/">
        <Notice tone="stop" title={t("shell.broken")}>
          <p class="mono small">{(error as Error).message}</p>
          <div class="buttons">
            <Button onClick={() => location.reload()}>{t("shell.retry")}</Button>
          </div>
        </Notice>
      </Screen>
    );
  }
}
