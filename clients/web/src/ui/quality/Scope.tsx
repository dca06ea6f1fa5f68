import type { Chain } from "../../quality/documents";
import { COUNTRY, namesIn, PROTOCOL } from "../../quality/deciding";
import { t } from "../../messages";
import { Choice, Field } from "../kit/Field";
import { Time } from "../kit/Time";

type DosesProps = { chain: Chain; names: readonly string[]; picked: readonly string[]; onPicked: (picked: readonly string[]) => void };

/** Which of the doses are released: all that waited at the first look, unless one is left out. */
export function Doses({ chain, names, picked, onPicked }: DosesProps) {
  const toggle = (name: string) => onPicked(picked.includes(name) ? picked.filter((one) => one !== name) : [...picked, name]);
  return (
    <fieldset class="field plain">
      <legend>{t("quality.doses")}</legend>
      {names.map((name) => (
        <label class="choice" key={name}>
          <input type="checkbox" checked={picked.includes(name)} onChange={() => toggle(name)} />
          <span class="body"><strong class="mono">{name}</strong><About chain={chain} name={name} /></span>
        </label>
      ))}
    </fieldset>
  );
}

function About({ chain, name }: { chain: Chain; name: string }) {
  const one = chain.containers.find(({ container }) => container === name);
  if (!one) return null;
  return (
    <span class="soft small about">
      {one.bag !== null && <span>{t("bedside.bag_of", { bag: one.bag, of: one.of ?? "?" })}</span>}
      {one.expires_at && <span>{t("quality.expires")} <Time at={one.expires_at} still /></span>}
    </span>
  );
}

type ScopeProps = {
  sites: readonly string[];
  site: string;
  countries: string;
  protocols: string;
  onSite: (site: string) => void;
  onCountries: (countries: string) => void;
  onProtocols: (protocols: string) => void;
};

/** Where it is released, and for whom: what the order says, until somebody widens it. */
export function ScopeFields({ sites, site, countries, protocols, onSite, onCountries, onProtocols }: ScopeProps) {
  return (
    <>
      {sites.length > 1 && <Choice label={t("quality.site")} value={site} options={sites.map((value) => ({ value, label: value }))} onValue={onSite} />}
      <Field label={t("quality.countries")} hint={t("quality.countries_hint")} value={countries} onValue={onCountries} wrong={namesIn(countries, COUNTRY) ? undefined : t("quality.countries_wrong")} />
      <Field label={t("quality.protocols")} hint={t("quality.protocols_hint")} value={protocols} onValue={onProtocols} wrong={namesIn(protocols, PROTOCOL) ? undefined : t("quality.protocols_wrong")} />
    </>
  );
}
