/** Who looked into the hospital's vault, and why: for auditors. Never what they saw. */

import { useState } from "preact/hooks";
import { t, tCode } from "../../messages";
import { Busy, Notice } from "../kit/Notice";
import { Button, Screen } from "../kit/Screen";
import { Time } from "../kit/Time";
import { useClient } from "../session";
import { Failed, useAsked } from "./asked";

interface Access {
  number: number;
  at: string;
  agent: string;
  subject: string | null;
  what: string;
  reason: string | null;
  reference: string | null;
  fields: string[];
}
interface Page {
  accesses: Access[];
  next_cursor: string | null;
}

export function Accesses() {
  const client = useClient();
  const [older, setOlder] = useState<string[]>([]); // a cursor for each further page
  const read = async () => {
    const pages: Page[] = [];
    for (const cursor of ["", ...older]) pages.push((await client.read<Page>("/v1/vault/accesses", cursor ? { cursor } : {})).value);
    return { accesses: pages.flatMap((one) => one.accesses), next: pages.at(-1)?.next_cursor ?? null };
  };
  const { value, problem, busy, again } = useAsked(read, [client, older]);
  const next = value?.next;
  return (
    <Screen title={t("audit.accesses")} back="/audit">
      <p class="soft">{t("audit.accesses_why")}</p>
      {problem && <Failed problem={problem} again={again} />}
      {value && value.accesses.length === 0 && <Notice tone="info" title={t("audit.accesses_none")} />}
      {value && <ul class="rows">{value.accesses.map((one) => <Row key={one.number} one={one} />)}</ul>}
      {busy && <Busy />}
      {next && <Button onClick={() => setOlder([...older, next])}>{t("audit.accesses_more")}</Button>}
    </Screen>
  );
}

function Row({ one }: { one: Access }) {
  const said = [one.reason && tCode("vault_reason", one.reason), one.reference].filter(Boolean).join(", ");
  const whose = one.subject ? one.subject.replace(/^(chain|agent)\//, "") : t("audit.accesses_nobody");
  return (
    <li class="row">
      <span class="body">
        <strong>{t("audit.accesses_line", { agent: one.agent, what: tCode("vault_what", one.what) })}</strong>
        <span class="mono">{whose}</span>
        {said && <span>{said}</span>}
        <span class="soft small"><Time at={one.at} /> · {one.fields.map((field) => field.replaceAll("_", " ")).join(", ")}</span>
      </span>
    </li>
  );
}
