import { useState } from "preact/hooks";
import type { Answer } from "../../core/client";
import { COUNTRY, namesIn, PROTOCOL } from "../../quality/deciding";
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

/** What was done with which doses: `Signed` says so after the form is gone. */
interface Done {
  event: "Released" | "Rejected";
  answer: Answer;
  names: readonly string[];
}

type ScreenProps = { coi: string; me: string; sites: string[] };

/** The release of doses of one therapy, for countries and protocols, by its gates. */
export function ReleaseScreen({ coi, me, sites }: ScreenProps) {
  const client = useClient();
  const asked = useAsked(() => therapy(client, coi), [client, coi]);
  const [done, setDone] = useState<Done | null>(null);
  return (
    <Screen title={t("quality.release")} back={`/quality/therapy/${part(coi)}`}>
      {done && <Signed title={t(done.event === "Released" ? "quality.released" : "quality.is_rejected", { names: listed(done.names) })} event={done.event} me={me} answer={done.answer} />}
      <Shown asked={asked}>
        {(found) => <Form key={unreleased(found.chain).join()} found={found} me={me} sites={sites} again={asked.again} onDone={setDone} />}
      </Shown>
    </Screen>
  );
}

type FormProps = { found: Therapy; me: string; sites: string[]; again: () => void; onDone: (done: Done) => void };

function Form({ found, me, sites, again, onDone }: FormProps) {
  const { chain } = found;
  const names = unreleased(chain);
  const able = sites.filter((site) => chain.order?.manufacturing_sites.includes(site));
  const [picked, setPicked] = useState<readonly string[]>(names);
  const [site, setSite] = useState((able.length ? able : sites)[0] ?? "");
  const [countries, setCountries] = useState(chain.order?.country ?? "");
  const [protocols, setProtocols] = useState(chain.order?.protocol ?? "");
  const [certificate, setCertificate] = useState<Certificate | null>(null);
  if (found.from === "device") return <Age asOf={found.asOf} from={found.from} />;
  if (!names.length) return <Notice tone="info" title={t("quality.no_doses")}><div class="buttons"><Button to="/quality">{t("quality.to_list")}</Button></div></Notice>;
  const scope = { containers: names.filter((one) => picked.includes(one)), site, countries: namesIn(countries, COUNTRY) ?? [] };
  const done = (event: Done["event"]) => (answer: Answer) => onDone({ event, answer, names: scope.containers });
  return (
    <>
      <section class="card">
        <Doses chain={chain} names={names} picked={picked} onPicked={setPicked} />
        <ScopeFields sites={able.length ? able : sites} {...{ site, countries, protocols }} onSite={setSite} onCountries={setCountries} onProtocols={setProtocols} />
        <CertificateFile label={t("quality.certificate")} value={certificate} onValue={setCertificate} />
      </section>
      <Confirmed found={found} names={scope.containers} site={site} me={me} again={again} />
      <Sign found={found} scope={scope} protocols={namesIn(protocols, PROTOCOL)} certificate={certificate?.digest ?? null} me={me} again={again} onAnswer={done("Released")} />
      <Reject found={found} names={scope.containers} me={me} again={again} onAnswer={done("Rejected")} />
    </>
  );
}
