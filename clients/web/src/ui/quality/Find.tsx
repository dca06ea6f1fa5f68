/** Straight to a bag's therapy: scanned, read by a scanner that types, or typed. */

import { type ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../../core/problem";
import type { Reading } from "../../scan/scanning";
import { t } from "../../messages";
import { Failed } from "../audit/asked";
import type { Found, SearchAnswer } from "../audit/documents";
import { wanted } from "../audit/wanted";
import { part } from "../audit/words";
import { Field } from "../kit/Field";
import { Busy, Notice } from "../kit/Notice";
import { Button, LinkRow } from "../kit/Screen";
import { useAct } from "../kit/useAct";
import { go } from "../route";
import { useClient } from "../session";

const LEAST = 3; // characters that the ledger searches by

export function Find() {
  const [text, setText] = useState("");
  const [scanning, setScanning] = useState(false);
  const { search, found, forget } = useSearch();
  const start = (said: string) => {
    setText(said);
    setScanning(false);
    search.start(said);
  };
  return (
    <section class="card find">
      {scanning && <Camera onRead={(reading) => start(reading.text)} />}
      <form role="search" class="part" onSubmit={(event) => (event.preventDefault(), start(text))}>
        <Field label={t("quality.find")} hint={t("quality.find_hint")} value={text} onValue={(value) => (setText(value), forget())} />
        <div class="buttons">
          <Button submit disabled={search.busy}>{t("audit.search_act")}</Button>
          <Button onClick={() => setScanning(!scanning)}>{t("audit.scan")}</Button>
        </div>
      </form>
      {search.problem && <Failed problem={search.problem} />}
      {found && <Therapies found={found} />}
    </section>
  );
}

/** Goes to the therapy where there is one, and tells of them where there are several or none. */
function useSearch() {
  const client = useClient();
  const asked = useRef("");
  const [found, setFound] = useState<string[] | null>(null);
  const act = useAct(async () => {
    const { q } = wanted(asked.current);
    if (q.length < LEAST) throw new Problem("malformed", "invalid_request", t("audit.search_more"));
    const therapies = therapiesIn((await client.read<SearchAnswer>("/v1/search", { q })).value.found);
    if (therapies.length === 1) go(`/quality/therapy/${part(therapies[0] ?? "")}`);
    else setFound(therapies);
  });
  const start = (said: string) => {
    asked.current = said;
    act.run();
  };
  return { search: { ...act, start }, found, forget: () => setFound(null) };
}

/** A bag's, a label's or the therapy's own hit: each names the chain that it belongs to. */
function therapiesIn(hits: readonly Found[]): string[] {
  return [...new Set(hits.map(({ kind, id, chain }) => (kind === "chain" ? id : chain)).filter((one) => one !== null))];
}

function Therapies({ found }: { found: readonly string[] }) {
  if (!found.length) return <Notice tone="info" title={t("quality.not_found")} live />;
  return <ul class="rows">{found.map((coi) => <LinkRow to={`/quality/therapy/${part(coi)}`} title={<span class="mono">{coi}</span>} key={coi} />)}</ul>;
}

type ScannerProps = { what: string; onRead: (reading: Reading) => void };

/** The scanner is loaded when somebody scans. */
function Camera({ onRead }: { onRead: (reading: Reading) => void }) {
  const [loaded, setLoaded] = useState<{ Scanner: ComponentType<ScannerProps> } | null>(null);
  useEffect(() => {
    void import("../kit/Scanner").then(({ Scanner }) => setLoaded({ Scanner: Scanner as ComponentType<ScannerProps> }));
  }, []);
  return loaded ? <loaded.Scanner what={t("quality.find")} onRead={onRead} /> : <Busy />;
}
