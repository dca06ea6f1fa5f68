import "./core/trusted";
import { render } from "preact";
import { Client } from "./core/client";
import { watchForUpdates } from "./core/update";
import { startLanguage } from "./messages";
import { App } from "./ui/app";
import { ClientProvider, followSession } from "./ui/session";
import { startTheme } from "./ui/theme";
import "./ui/style.css";

async function start(): Promise<void> {
  startTheme();
  const [client] = await Promise.all([Client.open(), startLanguage()]);
  followSession(client);
  const root = document.getElementById("app");
  if (!root) throw new Error("index.html has no #app");
  render(
    <ClientProvider value={client}>
      <App />
    </ClientProvider>,
    root,
  );
  if (!location.pathname.startsWith("/app/")) return; // a stranger with a label gets no app put by
  watchForUpdates();
}

void start();
