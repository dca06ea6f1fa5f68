/** What a lot, a site, a person or a piece of equipment touched: therapies, bags, and who holds them. */

import type { Client } from "../../core/client";
import { t, tCode } from "../../messages";
import { Icon } from "../kit/Icon";
import { Notice } from "../kit/Notice";
import { LinkRow, Screen } from "../kit/Screen";
import { useClient } from "../session";
import { Shown, useAsked } from "./asked";
import type { Place } from "./documents";
import { holding, place, part } from "./words";

const PATHS: Readonly<Record<string, string>> = { lot: "lots", equipment: "equipment", site: "sites", agent: "agents" };

interface Touched {
  container: string;
  status: string | null;
  holder: Place | null;
  offered_to: Place | null;
}

interface Reach {
  kind: string;
  name: string;
  status: string;
  therapies: { chain: string; first_position: number; containers: Touched[] }[];
  hidden: number;
  next_cursor: string | null;
}

export function ReachScreen({ kind, name }: { kind: string; name: string }) {
  const client = useClient();
  const asked = useAsked(() => reach(client, kind, name), [client, kind, name]);
  return (
    <Screen title={name} back="/audit">
      <Shown asked={asked}>
        {(found) => (
          <>
            <p>{tCode("audit_kind", kind)} <span class="mono">{name}</span> · {found.status.replaceAll("_", " ")}</p>
            <h2>{t("audit.touches", { count: found.therapies.length })}</h2>
            {found.therapies.map((one) => <TherapyTouched key={one.chain} therapy={one} />)}
            {found.hidden > 0 && <Notice tone="info" title={t("audit.hidden", { count: found.hidden })} />}
          </>
        )}
      </Shown>
    </Screen>
  );
}

function TherapyTouched({ therapy }: { therapy: Reach["therapies"][number] }) {
  return (
    <ul class="rows">
      <LinkRow
        to={`/audit/therapy/${part(therapy.chain)}`}
        title={<span class="mono">{therapy.chain}</span>}
        hint={t("audit.first_named", { position: therapy.first_position })}
        mark={<Icon name="person" />}
      />
      {therapy.containers.map((one) => (
        <LinkRow
          key={one.container}
          to={`/audit/container/${part(one.container)}`}
          title={<span class="mono">{one.container}</span>}
          hint={[one.status ? tCode("audit_status", one.status) : t("audit.never_made"), holding(one.holder), one.offered_to && t("audit.on_way", { place: place(one.offered_to) })].filter(Boolean).join(" · ")}
          mark={<Icon name="bag" />}
        />
      ))}
    </ul>
  );
}

async function reach(client: Client, kind: string, name: string): Promise<Reach> {
  const path = `/v1/${PATHS[kind] ?? "none"}/${encodeURIComponent(name)}/reach`;
  const whole = (await client.read<Reach>(path)).value;
  let cursor = whole.next_cursor;
  while (cursor) {
    const page = (await client.read<Reach>(path, { cursor })).value;
    whole.therapies.push(...page.therapies);
    whole.hidden += page.hidden;
    cursor = page.next_cursor;
  }
  return whole;
}
