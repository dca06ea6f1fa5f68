import { useEffect, useState } from "preact/hooks";
import type { Answer } from "../../core/client";
import { isOfDomain } from "../../core/proof/assertion";
import { Problem } from "../../core/problem";
import type { Passkey, PasskeyRequest } from "../../core/types";
import { t, tCode } from "../../messages";
import { NotDone } from "../kit/NotDone";
import { Busy, Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";
import { useAct } from "../kit/useAct";
import { useClient } from "../session";
import { useStore } from "../store";

/** `GET /v1/agents/{agent}`, as far as it says whose passkey this would be. */
interface Person {
  agent: string;
  organisation: string;
  roles: string[];
  administrator: boolean;
  passkeys: Passkey[];
}

/** The fingerprint is the same: whose passkey it becomes, and the signature. */
export function PasskeyApproval({ request }: { request: PasskeyRequest }) {
  const { name: agent, credential } = request;
  const client = useClient();
  const me = useStore(client.profile)?.agent;
  const [person, setPerson] = useState<Person | Problem | null>(null);
  useEffect(() => {
    client.read<Person>(`/v1/agents/${encodeURIComponent(agent)}`).then(({ value }) => setPerson(value), setPerson);
  }, [client, agent]);
  if (agent === me) return <Notice tone="stop" title={t("passkey.yourself")} live />;
  if (person instanceof Problem) return <NotFound agent={agent} problem={person} />;
  if (!person) return <Busy />;
  if (person.passkeys.some((one) => one.credential === credential)) return <Notice tone="info" title={t("passkey.in_use")} live />;
  return <Approve request={request} person={person} />;
}

function Approve({ request, person }: { request: PasskeyRequest; person: Person }) {
  const { name: agent, credential, spki: key, rpId: rp_id } = request;
  const client = useClient();
  const [answer, setAnswer] = useState<Answer | null>(null);
  const sign = useAct(async () => {
    setAnswer(await client.decide({ type: "PasskeyAdded", credential, key, rp_id }, `agent/${agent}`, null));
  });
  if (answer) return <Notice tone="ok" title={t("passkey.done", { agent, position: answer.position })} live />;
  return (
    <section class="card">
      <h2>{agent}</h2>
      <Who person={person} />
      {!isOfDomain(location.hostname, rp_id) && <Notice tone="warn" title={t("passkey.other_domain", { agent, domain: rp_id, here: location.hostname })} live />}
      <NotDone problem={sign.problem} />
      <Button kind="primary" disabled={sign.busy} onClick={sign.run}>{t("passkey.sign", { agent })}</Button>
    </section>
  );
}

/** Whom the ledger knows by this name: the name in a code is only what its maker wrote there. */
function Who({ person: { agent, organisation, roles, administrator } }: { person: Person }) {
  const words = roles.map((one) => one.split("@")).map(([role = "", site]) => `${tCode("role", role)}${site ? ` ${t("admin.at", { site })}` : ""}`);
  const said = [...(administrator ? [tCode("role", "administrator")] : []), ...words];
  return (
    <dl class="facts">
      <dt>{t("passkey.known_as")}</dt>
      <dd>{t("passkey.person", { agent, organisation, roles: said.join(", ") || t("passkey.no_roles") })}</dd>
    </dl>
  );
}

function NotFound({ agent, problem }: { agent: string; problem: Problem }) {
  if (problem.kind === "not_found") return <Notice tone="stop" title={t("passkey.unknown_person", { agent })} live />;
  return <NotDone problem={problem} />;
}
