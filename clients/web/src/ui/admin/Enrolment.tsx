import { useEffect, useState } from "preact/hooks";
import type { Answer } from "../../core/client";
import type { Role, RoleAtSite } from "../../core/events/types";
import type { Problem } from "../../core/problem";
import type { EnrolmentRequest } from "../../core/types";
import { t, tCode } from "../../messages";
import { Field } from "../kit/Field";
import { NotDone } from "../kit/NotDone";
import { Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";
import { useAct } from "../kit/useAct";
import { session, useClient } from "../session";
import { useStore } from "../store";

const ROLES: readonly Role[] = [
  "coordinator", "physician", "apheresis", "cell_lab", "courier", "manufacturer", "quality", "nurse", "auditor", "device", "administrator",
];
const TWO_SIGNERS = ["quality", "administrator"];

interface SiteRow {
  site: string;
  organisation: string;
}

/** What is signed depends on whether the ledger knows this person already. */
export function Enrolment({ request }: { request: EnrolmentRequest }) {
  const client = useClient();
  const seen = useStore(session);
  const organisation = seen?.organisation ?? "";
  const [agent, setAgent] = useState(request.name);
  const [known, setKnown] = useState<boolean | null>(null); // null: not answered, so nothing to sign
  const [roles, setRoles] = useState<RoleAtSite[]>([]);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    let newest = true; // a late answer about another name is none about this one
    const told = (act: () => void) => newest && act();
    setKnown(null);
    setProblem(null);
    client.read(`/v1/agents/${encodeURIComponent(agent)}`).then(
      () => told(() => setKnown(true)),
      (error: Problem) => told(() => (error.kind === "not_found" ? setKnown(false) : setProblem(error))),
    );
    return () => void (newest = false);
  }, [client, agent]);
  const sign = useAct(async () => {
    const fields = known
      ? ({ type: "KeyAdded", key: request.spki } as const)
      : ({ type: "AgentEnrolled", organisation, roles, key: request.spki } as const);
    setAnswer(await client.decide(fields, `agent/${agent}`, null));
  });
  if (answer) return <Done agent={agent} position={answer.position} />;
  return (
    <section class="card">
      <Field label={t("admin.name")} value={agent} onValue={setAgent} />
      {known !== null && <p>{known ? t("admin.known", { agent }) : t("admin.new", { agent })}</p>}
      {known === false && <Roles organisation={organisation} roles={roles} onRoles={setRoles} />}
      {known === false && roles.some((one) => TWO_SIGNERS.includes(one.role)) && <Notice tone="info" title={t("admin.second")} />}
      {problem && <Notice tone="stop" title={problem.detail} live />}
      <NotDone problem={sign.problem} />
      <Button kind="primary" disabled={known === null || (!known && !roles.length) || sign.busy} onClick={sign.run}>
        {known ? t("admin.sign_key", { agent }) : t("admin.sign_new", { agent })}
      </Button>
    </section>
  );
}

/** Every role at every site of the organisation, each to be ticked. */
function Roles(props: { organisation: string; roles: RoleAtSite[]; onRoles: (roles: RoleAtSite[]) => void }) {
  const client = useClient();
  const [sites, setSites] = useState<SiteRow[]>([]);
  useEffect(() => {
    void client.read<{ sites: SiteRow[] }>("/v1/sites", { limit: 500 }).then((reading) => {
      setSites(reading.value.sites.filter((one) => one.organisation === props.organisation));
    }, () => undefined); // without the ledger nothing can be enrolled, which is said above
  }, [client, props.organisation]);
  const has = (role: Role, site: string) => props.roles.some((one) => one.role === role && one.site === site);
  const turn = (role: Role, site: string) => {
    const others = props.roles.filter((one) => one.role !== role || one.site !== site);
    props.onRoles(has(role, site) ? others : [...others, { role, site }]);
  };
  return (
    <>
      {sites.map(({ site }) => (
        <fieldset class="field plain" key={site}>
          <legend>{t("admin.roles")} {t("admin.at", { site })}</legend>
          {ROLES.map((role) => (
            <label class="choice" key={role}>
              <input type="checkbox" checked={has(role, site)} onChange={() => turn(role, site)} />
              <span>{tCode("role", role)}</span>
            </label>
          ))}
        </fieldset>
      ))}
    </>
  );
}

function Done({ agent, position }: { agent: string; position: number }) {
  const client = useClient();
  const profile = useStore(client.profile);
  return (
    <Notice tone="ok" title={t("admin.done", { agent, position })} live>
      <p>{t("admin.tell")}</p>
      <p class="mono small">{profile?.logKey}</p>
    </Notice>
  );
}
