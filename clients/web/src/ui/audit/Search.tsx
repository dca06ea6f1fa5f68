/** One box for every identifier: typed, or read by a scanner that types. */

import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Reading } from "../../scan/scanning";
import { t, tCode } from "../../messages";
import { Field } from "../kit/Field";
import { Icon, type IconName } from "../kit/Icon";
import { Busy, Notice } from "../kit/Notice";
import { Button, LinkRow, Screen } from "../kit/Screen";
import { go } from "../route";
import { hasRole, session, useClient } from "../session";
import { useStore } from "../store";
import { useAsked, Failed } from "./asked";
import type { Found, SearchAnswer } from "./documents";
import { wanted } from "./wanted";
import { part } from "./words";

const ICONS: Readonly<Record<string, IconName>> = {
  chain: "person", container: "bag", shipment: "road", tank: "device", statement: "proof", equipment: "device", agent: "person",
};
const LEAST = 3;
const PAUSE_MS = 250;

export function Search() {
  const client = useClient();
  const isAuditor = hasRole(useStore(session), "auditor");
  const [scanning, setScanning] = useState(false);
  const [text, setText] = useState(() => new URLSearchParams(location.search).get("q") ?? "");
  const asked = wanted(text);
  const q = useQuiet(asked.q, PAUSE_MS);
  useEffect(() => remember(q), [q]);
  const ask = () => (q.length < LEAST ? Promise.resolve(null) : client.read<SearchAnswer>("/v1/search", { q }).then((one) => one.value));
  const answer = useAsked(ask, [client, q]);
  const found = q.length < LEAST ? null : answer.value;
  const first = found?.q === q ? found.found.find((one) => target(one)) : undefined;
  const submit = (event: Event) => {
    event.preventDefault();
    if (asked.to) go(asked.to);
    else if (first && found?.found.length === 1) go(target(first) ?? "/audit");
    else answer.again();
  };
  return (
    <Screen title={t("audit.title")} back="/" tools={<ScanTool on={scanning} onClick={() => setScanning(!scanning)} />}>
      {scanning && <Camera onRead={({ text: read }) => (setText(read), setScanning(false))} />}
      <form class="card" role="search" onSubmit={submit}>
        <Field label={t("audit.search")} hint={t("audit.search_hint")} value={text} onValue={setText} />
        <Button kind="primary" submit>{t("audit.search_act")}</Button>
      </form>
      <div aria-live="polite">
        {answer.problem && <Failed problem={answer.problem} again={answer.again} />}
        {asked.to && <ul class="rows"><LinkRow to={asked.to} title={t("audit.open_entry", { position: asked.q })} mark={<Icon name="proof" />} /></ul>}
        {!answer.problem && found && <Results answer={found} />}
        {!found && !answer.problem && !asked.to && <p class="soft">{t("audit.search_more")}</p>}
        {!found && isAuditor && (
          <ul class="rows"><LinkRow to="/audit/accesses" title={t("audit.accesses")} hint={t("audit.accesses_hint")} mark={<Icon name="person" />} /></ul>
        )}
      </div>
    </Screen>
  );
}

function Results({ answer }: { answer: SearchAnswer }) {
  if (!answer.found.length) return <Notice tone="info" title={t("audit.nothing_found", { text: answer.q })}><p>{t("audit.nothing_found_more")}</p></Notice>;
  return (
    <>
      <ul class="rows">{answer.found.map((one) => <Row key={`${one.kind} ${one.id} ${one.chain}`} found={one} />)}</ul>
      {answer.more && <p class="soft">{t("audit.more_found")}</p>}
    </>
  );
}

function Row({ found }: { found: Found }) {
  const to = target(found);
  const hint = [tCode("audit_kind", found.kind), found.chain && found.chain !== found.id ? found.chain : ""].filter(Boolean).join(" · ");
  const mark = <Icon name={ICONS[found.kind] ?? "search"} />;
  if (to) return <LinkRow to={to} title={<span class="mono">{found.id}</span>} hint={hint} mark={mark} />;
  return (
    <li class="row">
      {mark}
      <span class="body">
        <strong class="mono">{found.id}</strong>
        <span class="soft small">{hint}</span>
      </span>
    </li>
  );
}

const REACHES = ["lot", "equipment", "site", "agent"];

/** The screen that shows what was found. */
export function target({ kind, id, chain, link }: Found): string | null {
  if (kind === "container") return `/audit/container/${part(id)}`;
  if (kind === "statement") return `/audit/entry/${link.replace("/v1/entries/", "")}`;
  if (REACHES.includes(kind) && chain === null) return `/audit/reach/${kind}/${encodeURIComponent(id)}`;
  const coi = kind === "chain" ? id : chain;
  return coi === null ? null : `/audit/therapy/${part(coi)}`;
}

/** The value once it has not changed for a while. */
function useQuiet(value: string, ms: number): string {
  const [quiet, setQuiet] = useState(value);
  const first = useRef(true);
  useEffect(() => {
    const timer = setTimeout(() => setQuiet(value), first.current ? 0 : ms);
    first.current = false;
    return () => clearTimeout(timer);
  }, [value, ms]);
  return quiet;
}

/** Going back from what was found finds the search as it was. */
function remember(q: string): void {
  const query = q ? `?q=${encodeURIComponent(q)}` : "";
  history.replaceState(null, "", location.pathname + query);
}

function ScanTool({ on, onClick }: { on: boolean; onClick: () => void }) {
  return (
    <button type="button" class="tool" aria-label={t("audit.scan")} aria-pressed={on} onClick={onClick}>
      <Icon name="scan" />
    </button>
  );
}

type ScannerProps = { what: string; onRead: (reading: Reading) => void };

/** The scanner is loaded when somebody scans. */
function Camera({ onRead }: { onRead: (reading: Reading) => void }) {
  const [loaded, setLoaded] = useState<{ Scanner: ComponentType<ScannerProps> } | null>(null);
  useEffect(() => {
    void import("../kit/Scanner").then(({ Scanner }) => setLoaded({ Scanner: Scanner as ComponentType<ScannerProps> }));
  }, []);
  return loaded ? <loaded.Scanner what={t("audit.scan")} onRead={onRead} /> : <Busy />;
}
