/** `demo.html#kit`: become somebody of `make demo`, and go to their screen. Inert where there is no demo. */

import "./core/trusted";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Client } from "./core/client";
import { forgetEverything } from "./core/memory";
import { isOfEarlierDemo, visit, type Visit } from "./core/visiting";
import { extend, startLanguage, t } from "./messages";
import { actFor } from "./ui/courier/where";
import { Busy, Notice } from "./ui/kit/Notice";
import { Screen } from "./ui/kit/Screen";
import { href } from "./ui/route";
import { ClientProvider, followSession } from "./ui/session";
import { startTheme } from "./ui/theme";
import "./ui/style.css";

const DATABASE = "unbroken"; // `Client.open` says so
const STEPS = { listStyle: "decimal", paddingLeft: "1.5rem", display: "grid", gap: "0.6rem" };

/** In the ledger names are in lower case; these are people's first names. */
const called = (agent: string): string => agent.charAt(0).toUpperCase() + agent.slice(1);

function Demo({ client, agent }: { client: Client; agent: string }) {
  const [found, setFound] = useState<Visit | Error | null>(null);
  useEffect(() => {
    become(client, agent).then(setFound, setFound);
  }, [client, agent]);
  const isReady = found !== null && "kind" in found && found.kind === "ready";
  return (
    <Screen title={isReady ? t("demo.title", { agent: called(agent) }) : t("demo.title_other")}>
      {found === null ? <Busy label={t("demo.working")} /> : found instanceof Error ? (
        <Notice tone="stop" title={t("demo.failed")} live><p>{found.message}</p></Notice>
      ) : <Told found={found} agent={agent} />}
    </Screen>
  );
}

async function become(client: Client, agent: string): Promise<Visit> {
  const found = await visit(client, agent);
  if (found.kind !== "ready") return found;
  if (found.visitor.at && found.anew) actFor(found.visitor.at);
  if (!found.anew) location.replace(href(found.visitor.to)); // the second time there is nothing to tell
  return found;
}

function Told({ found, agent }: { found: Visit; agent: string }) {
  switch (found.kind) {
    case "none":
      return <Notice tone="info" title={t("demo.none")}><p>{t("demo.none_why")}</p></Notice>;
    case "nobody":
      return <Notice tone="info" title={t("demo.whom")}><p>{t("demo.whom_why", { agent })}</p></Notice>;
    case "other":
      return <Notice tone="warn" title={t("demo.other", { agent: called(found.agent) })}><p>{t("demo.other_why", { wanted: called(agent) })}</p></Notice>;
    default:
      return found.anew ? <Ready {...found} /> : <Busy />;
  }
}

function Ready({ visitor, position }: Visit & { kind: "ready" }) {
  const { organisation, at } = visitor;
  const [agent, approver] = [called(visitor.agent), called(visitor.approver)];
  return (
    <>
      <Notice tone="ok" title={t("demo.ready", { agent })} live>
        <p>{t("demo.task")}: {visitor.task}</p>
        <div class="buttons">
          <a class="button primary" href={href(visitor.to)}>{t("demo.go", { agent })}</a>
        </div>
      </Notice>
      <section class="card">
        <h2>{t("demo.passphrase")}</h2>
        <p class="mono">{visitor.passphrase}</p>
        <p class="soft">{t("demo.passphrase_why")}</p>
      </section>
      <section class="card">
        <h2>{t("demo.done")}</h2>
        <ol style={STEPS}>
          <li>{t("demo.step_key")}</li>
          <li>{t("demo.step_approved", { agent, approver, organisation, position: position ?? "" })}</li>
          <li>{t("demo.step_signed_in", { agent })}</li>
          {visitor.reads_wristbands && <li>{t("demo.step_keys", { agent })}</li>}
          {at && <li>{t("demo.step_at", { agent, department: at.department, site: at.site })}</li>}
        </ol>
      </section>
    </>
  );
}

/** Another demo ran at this address: its key and its log are of no use any more. */
async function forgetEarlierDemo(client: Client): Promise<void> {
  client.close();
  await forgetEverything();
  await new Promise((done) => {
    const asked = indexedDB.deleteDatabase(DATABASE);
    asked.onsuccess = asked.onerror = asked.onblocked = done;
  });
  location.reload();
}

async function start(): Promise<void> {
  startTheme();
  const [client] = await Promise.all([Client.open(), startLanguage(), extend("demo")]);
  const agent = decodeURIComponent(location.hash.slice(1));
  const isDemo = await fetch(`/demo/person/${encodeURIComponent(agent)}`).then(({ ok }) => ok, () => false);
  if (isDemo && (await isOfEarlierDemo(client))) return forgetEarlierDemo(client);
  followSession(client);
  const root = document.getElementById("app");
  if (!root) throw new Error("demo.html has no #app");
  render(
    <ClientProvider value={client}>
      <Demo client={client} agent={agent} />
    </ClientProvider>,
    root,
  );
}

void start();
