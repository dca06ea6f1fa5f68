import { useRef, useState } from "preact/hooks";
import type { Answer } from "../../core/client";
import { chosenOf, COUNTRY, namesIn, PROTOCOL } from "../../quality/deciding";
import { unreleased } from "../../quality/waiting";
import { t } from "../../messages";
import { listed } from "../../messages/sentence";
import { Shown, useAsked } from "../audit/asked";
import { part } from "../audit/words";
import { Signed } from "../bedside/Esign";
import { Notice } from "../kit/Notice";
import { Button, Screen } from "../kit/Screen";
import { useClient } from "../session";
import { Age } from "./Age";
import { therapy, type Therapy } from "./asking";
import { type Certificate, CertificateFile } from "./Certificate";
import { Confirmed } from "./Confirmed";
import { Reject } from "./Reject";
import { Doses, ScopeFields } from "./Scope";
import { Sign } from "./Sign";
import { Standing } from "./Standing";

/** What was done with which doses: `Signed` says so after the form is gone. */
interface Done {
  event: "Released" | "Rejected";
  answer: Answer;
  names: readonly string[];
}

/** What a person enters for a release; null: as it is proposed. */
interface Draft {
  picked: readonly string[] | null;
  site: string | null;
  countries: string | null;
  protocols: string | null;
  certificate: Certificate | null;
}

const PROPOSED: Draft = { picked: null, site: null, countries: null, protocols: null, certificate: null };

type ScreenProps = { coi: string; me: string; sites: string[] };

/** The release of doses of one therapy, for countries and protocols, by its gates. What was entered is
 * held here: a look at the therapy draws the form anew, and a dose that was left out stays out. */
export function ReleaseScreen({ coi, me, sites }: ScreenProps) {
  const client = useClient();
  const asked = useAsked(() => therapy(client, coi), [client, coi]);
  const [done, setDone] = useState<Done | null>(null);
  const [draft, setDraft] = useState(PROPOSED);
  const first = useRef<readonly string[] | null>(null);
  const firstOf = ({ chain }: Therapy) => (first.current ??= unreleased(chain));
  const onDraft = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const onDone = (one: Done) => (setDone(one), onDraft({ certificate: null })); // it was of those doses
  return (
    <Screen title={t("quality.release")} back={`/quality/therapy/${part(coi)}`}>
      {done && <Signed title={t(done.event === "Released" ? "quality.released" : "quality.is_rejected", { names: listed(done.names) })} event={done.event} me={me} answer={done.answer} />}
      <Standing onSent={asked.again}>
        <Shown asked={asked}>
          {(found) => <Form {...{ found, me, sites, draft, onDraft, onDone }} first={firstOf(found)} again={asked.again} />}
        </Shown>
      </Standing>
    </Screen>
  );
}

type FormProps = Omit<ScreenProps, "coi"> & {
  found: Therapy;
  first: readonly string[]; // the doses that waited at the first look
  draft: Draft;
  onDraft: (part: Partial<Draft>) => void;
  again: () => void;
  onDone: (done: Done) => void;
};

function Form({ found, me, sites, first, draft, onDraft, again, onDone }: FormProps) {
  const { chain } = found;
  const names = unreleased(chain);
  const able = sites.filter((site) => chain.order?.manufacturing_sites.includes(site));
  const picked = chosenOf(names, draft.picked, first);
  const site = draft.site ?? (able.length ? able : sites)[0] ?? "";
  const countries = draft.countries ?? chain.order?.country ?? "";
  const protocols = draft.protocols ?? chain.order?.protocol ?? "";
  const { certificate } = draft;
  if (found.from === "device") return <Age asOf={found.asOf} from={found.from} />;
  if (!names.length) return <Notice tone="info" title={t("quality.no_doses")}><div class="buttons"><Button to="/quality">{t("quality.to_list")}</Button></div></Notice>;
  const scope = { containers: picked, site, countries: namesIn(countries, COUNTRY) ?? [] };
  const done = (event: Done["event"]) => (answer: Answer) => onDone({ event, answer, names: scope.containers });
  return (
    <>
      <section class="card">
        <Doses chain={chain} names={names} picked={picked} onPicked={(chosen) => onDraft({ picked: chosen })} />
        <ScopeFields
          sites={able.length ? able : sites}
          {...{ site, countries, protocols }}
          onSite={(value) => onDraft({ site: value })}
          onCountries={(value) => onDraft({ countries: value })}
          onProtocols={(value) => onDraft({ protocols: value })}
        />
        <CertificateFile label={t("quality.certificate")} value={certificate} onValue={(file) => onDraft({ certificate: file })} />
      </section>
      <Confirmed found={found} names={scope.containers} site={site} me={me} again={again} />
      <Sign found={found} scope={scope} protocols={namesIn(protocols, PROTOCOL)} certificate={certificate?.digest ?? null} me={me} again={again} onAnswer={done("Released")} />
      <Reject found={found} names={scope.containers} me={me} again={again} onAnswer={done("Rejected")} />
    </>
  );
}
