/** Typed entry: a reason, the text, and its proof by a scan or a second typing. */

import { useEffect, useRef, useState } from "preact/hooks";
import { isWrong } from "../../scan/identifiers";
import type { Scanning } from "../../scan/scanning";
import { TYPED_REASONS, type Doubt, type TypedReason } from "../../scan/typed";
import { t } from "../../messages";
import { Choice, Field } from "./Field";
import { ofWrong } from "./ScannerSaid";
import { Button } from "./Screen";

export function ScannerTyped({ scanning }: { scanning: () => Scanning | undefined }) {
  const [reason, setReason] = useState<TypedReason | null>(null);
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const [accepted, setAccepted] = useState<string | null>(null); // as the first was understood
  const [wrong, setWrong] = useState<{ reason?: string; text?: string }>({});
  const reasons = TYPED_REASONS.map((value) => ({ value, label: t(`scan.reason.${value}`) }));
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.scrollIntoView({ block: "nearest" }), [accepted]);
  const enter = (event: Event) => {
    event.preventDefault();
    if (!reason) return setWrong({ reason: t("scan.typed_why_missing") });
    const found = scanning()?.type(first, reason);
    if (!found || isWrong(found)) return setWrong(found ? { text: ofDoubt(found) } : {});
    setAccepted(found.text);
    setWrong({});
  };
  const enterAgain = (event: Event) => {
    event.preventDefault();
    const doubt = scanning()?.typeAgain(second, performance.now());
    setWrong(doubt ? { text: ofDoubt(doubt) } : {});
  };
  if (accepted !== null) {
    return (
      <form ref={form} class="card" onSubmit={enterAgain} noValidate>
        <h3>{t("scan.typed_read", { text: accepted })}</h3>
        <Field label={t("scan.typed_again")} hint={t("scan.typed_again_hint")} value={second} onValue={setSecond} wrong={wrong.text} />
        <Button submit kind="primary">{t("shell.continue")}</Button>
      </form>
    );
  }
  return (
    <form ref={form} class="card" onSubmit={enter} noValidate>
      <h3>{t("scan.typed_title")}</h3>
      <Choice label={t("scan.typed_why")} value={reason} options={reasons} onValue={setReason} wrong={wrong.reason} />
      <Field label={t("scan.typed_text")} hint={t("scan.typed_hint")} value={first} onValue={setFirst} wrong={wrong.text} />
      <Button submit kind="primary">{t("shell.continue")}</Button>
    </form>
  );
}

function ofDoubt(doubt: Doubt): string {
  const perhaps = doubt.perhaps === undefined ? "" : ` ${t("scan.perhaps", { perhaps: doubt.perhaps })}`;
  return ofWrong(doubt) + perhaps;
}
