/** Who held each container, hand by hand, as of the moment. */

import { t } from "../../messages";
import { party } from "../../messages/sentence";
import { Icon } from "../kit/Icon";
import { Badge, Notice } from "../kit/Notice";
import { Time } from "../kit/Time";
import { href } from "../route";
import type { Container, Told } from "./documents";
import { hands, type Hand } from "./story";
import type { Stage } from "./Therapy";
import { place, standing, part } from "./words";

export function CustodyView({ stage }: { stage: Stage }) {
  const there = stage.chain.containers;
  if (!there.length) return <Notice tone="info" title={t("audit.no_containers")} />;
  const told = stage.lines.slice(0, stage.moment.counted).map((one) => one.told);
  return (
    <div class="held">
      {there.map((one) => <Held key={one.container} container={one} told={told} />)}
    </div>
  );
}

export function Held({ container, told }: { container: Container; told: readonly Told[] }) {
  const { tone, icon, word } = standing(container);
  return (
    <section class="card" aria-label={container.container}>
      <h3><a class="mono" href={href(`/audit/container/${part(container.container)}`)}>{container.container}</a></h3>
      <p class={`badge ${tone}`}><Icon name={icon} />{word}</p>
      <Holder container={container} />
      <Hands hands={hands(told, container.container)} />
    </section>
  );
}

export function Holder({ container }: { container: Container }) {
  return (
    <dl class="facts">
      <dt>{t("audit.holder")}</dt>
      <dd>
        <strong>{container.holder ? place(container.holder) : t("audit.nobody")}</strong>
        {container.held_since !== null && <> · <Entry position={container.held_since} /></>}
      </dd>
      {container.offered_to && (
        <>
          <dt>{t("audit.offered")}</dt>
          <dd>{place(container.offered_to)}</dd>
        </>
      )}
      {container.claimed_by.length > 0 && (
        <>
          <dt>{t("audit.claimed_by")}</dt>
          <dd>
            <Badge tone="warn">{container.claimed_by.map(place).join(", ")}</Badge>
          </dd>
        </>
      )}
    </dl>
  );
}

function Hands({ hands: found }: { hands: Hand[] }) {
  const [first] = found;
  if (!first) return <p class="soft small">{t("audit.no_hands")}</p>;
  return (
    <ol class="hands">
      <li><span class="where">{party(first.giver)}</span></li>
      {found.map(({ told, receiver }) => (
        <li key={told.position}>
          <span class="where">{party(receiver)}</span>
          <span class="soft small">
            {t("audit.taken_by", { who: told.signer })} · <Time at={told.occurred_at} /> · <Entry position={told.position} />
          </span>
        </li>
      ))}
    </ol>
  );
}

export function Entry({ position }: { position: number }) {
  return <a class="mono" href={href(`/audit/entry/${position}`)} aria-label={t("audit.open_entry", { position })}>#{position}</a>;
}
