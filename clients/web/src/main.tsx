import "./core/trusted";
import { render } from "preact";
import { Client } from "./core/client";
import { recollect } from "./core/memory";
import { watchForUpdates } from "./core/update";
import { startLanguage } from "./messages";
import { App, NoStart } from "./ui/app";
import { ClientProvider, followSession } from "./ui/session";
import { startTheme } from "./ui/theme";
import "./ui/style.css";

async function start(): Promise<void> {
  await recollect();
  startTheme();
  await startLanguage();
  const client = await Client.open().catch(() => null);
  const root = document.getElementById("app");
  if (!root) throw new Error("index.html has no #app");
  if (!client) return render(<NoStart />, root);
  followSession(client);
  const hear = () => void (client.lock.get() === "open" && hearAlarms(client));
  client.lock.subscribe(hear);
  hear();
  render(
    <ClientProvider value={client}>
      <App />
    </ClientProvider>,
    root,
  );
  if (!location.pathname.startsWith("/app/")) return; // a stranger with a label gets no app put by
  watchForUpdates();
}

let hearing: Promise<void> | null = null;

/** The alarms come with a key that is open: nobody else has any. */
function hearAlarms(client: Client): Promise<void> {
  hearing ??= import("./ui/alarms/start").then(({ startAlarms }) => startAlarms(client)).catch(() => {
    hearing = null; // not loaded: again when the key is opened next
  });
  return hearing;
}

void start();
