import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../../messages";
import { Qr } from "../kit/Qr";
import { Button } from "../kit/Screen";
import { Fingerprint } from "./Pin";

type Props = {
  title: string;
  named: string; // whose fingerprint it is
  text: string; // in the code, and to copy
  fingerprint: readonly string[];
  children?: ComponentChildren; // further buttons
};

/** What an administrator scans from this screen, and the fingerprint that both compare aloud. */
export function Request({ title, named, text, fingerprint, children }: Props) {
  const [copied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <section class="card">
      <h2>{title}</h2>
      <Qr text={text} label={title} />
      <h3>{named}</h3>
      <Fingerprint groups={fingerprint} />
      <p class="soft">{t("device.fingerprint_hint")}</p>
      <div class="buttons">
        <Button onClick={copy}>{copied ? t("device.copied") : t("device.request_copy")}</Button>
        {children}
      </div>
    </section>
  );
}
