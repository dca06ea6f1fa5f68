import { useEffect, useState } from "preact/hooks";
import { readiness } from "../../core/update";
import { extend, LANGUAGES, type Language, language, speak, t } from "../../messages";
import { Choice } from "../kit/Field";
import { Button, Screen } from "../kit/Screen";
import { go } from "../route";
import { forget, useClient } from "../session";
import { useStore } from "../store";
import { chooseTheme, type Theme, theme } from "../theme";

await extend("passkey");

export default function Settings() {
  const client = useClient();
  const spoken = useStore(language);
  const [shown, setShown] = useState<Theme>(theme());
  const languages = Object.entries(LANGUAGES).map(([value, label]) => ({ value: value as Language, label }));
  const themes = (["auto", "light", "dark"] as const).map((value) => ({ value, label: t(`device.theme_${value}`) }));
  const leave = async () => {
    await client.relock();
    forget();
    go("/", { replace: true });
  };
  return (
    <Screen title={t("home.settings")} back="/">
      <section class="card">
        <Choice label={t("device.language")} value={spoken} options={languages} onValue={(chosen) => void speak(chosen)} />
        <Choice label={t("device.theme")} value={shown} options={themes} onValue={(chosen) => { chooseTheme(chosen); setShown(chosen); }} />
      </section>
      <section class="card">
        <h2>{t("passkey.title")}</h2>
        <p>{t("passkey.hint")}</p>
        <Button to="/passkey">{t("passkey.title")}</Button>
      </section>
      <About />
      <Button kind="danger" onClick={() => void leave()}>{t("device.sign_out")}</Button>
    </Screen>
  );
}

function About() {
  const client = useClient();
  const profile = useStore(client.profile);
  const storage = useStore(client.storage);
  const ready = useStore(readiness);
  const [served, setServed] = useState<Served | null>(null);
  useEffect(() => {
    client.readPublic<Served>("/v1/app").then(setServed, () => setServed(null));
  }, [client]);
  return (
    <dl class="card facts">
      <dt>{t("device.agent")}</dt>
      <dd>{profile?.agent ?? "–"}</dd>
      <dt>{t("device.key")}</dt>
      <dd class="mono small">{profile ? `${profile.alg} ${profile.kid}` : "–"}</dd>
      <dt>{t("device.log")}</dt>
      <dd class="mono small">{profile?.origin ?? "–"}</dd>
      <dt>{t("device.log_key")}</dt>
      <dd class="mono small">{profile?.logKey ?? "–"}</dd>
      <dt>{t("device.storage")}</dt>
      <dd>{t(`device.storage_${storage}`)}</dd>
      <dt>{t("device.offline")}</dt>
      <dd>{t(`device.offline_${ready}`)}</dd>
      <dt>{t("device.app")}</dt>
      <dd>{served ? <Build served={served} /> : "–"}</dd>
    </dl>
  );
}

/** `GET /v1/app`. The server's word: `unbroken app check` proves it. */
type Served = { version: string | null; digest: string | null; position: number | null };

function Build({ served }: { served: Served }) {
  return (
    <>
      {served.version ?? "–"} <span class="mono small">{served.digest}</span>
      <br />
      {served.position === null ? t("device.app_unpublished") : t("device.app_published", { position: served.position })}
    </>
  );
}
