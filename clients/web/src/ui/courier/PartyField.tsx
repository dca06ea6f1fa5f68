import { useId } from "preact/hooks";
import type { Party } from "../../core/events/types";
import { t } from "../../messages";
import { Field } from "../kit/Field";
import { useStore } from "../store";
import { met, partyName } from "./where";

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** True when both names are ones that the ledger can hold. */
export function isParty(party: Party): boolean {
  return NAME.test(party.site) && NAME.test(party.department);
}

/** A department of a site: one of those met before, or typed. */
export function PartyField(props: { label: string; value: Party; onValue: (party: Party) => void; tried: boolean }) {
  const { value, onValue, tried } = props;
  const known = useStore(met);
  const id = useId();
  const complaint = (name: string) => (tried && !NAME.test(name) ? t("courier.party_wrong") : undefined);
  return (
    <fieldset class="field plain" aria-labelledby={id}>
      <legend id={id}>{props.label}</legend>
      {known.length > 0 && (
        <div class="buttons">
          {known.slice(0, 4).map((party) => (
            <button
              type="button"
              class="button"
              key={partyName(party)}
              aria-pressed={partyName(party) === partyName(value)}
              onClick={() => onValue(party)}
            >
              {partyName(party)}
            </button>
          ))}
        </div>
      )}
      <Field label={t("courier.site")} value={value.site} wrong={complaint(value.site)} onValue={(site) => onValue({ ...value, site })} />
      <Field
        label={t("courier.department")}
        hint={t("courier.department_hint")}
        value={value.department}
        wrong={complaint(value.department)}
        onValue={(department) => onValue({ ...value, department })}
      />
    </fieldset>
  );
}
