import { useId, useRef } from "preact/hooks";
import { toHex } from "../../core/bytes";
import { sha256 } from "../../core/proof/hash";
import { t } from "../../messages";
import { Notice } from "../kit/Notice";
import { useAct } from "../kit/useAct";

export interface Certificate {
  name: string;
  digest: string; // SHA-256, hex
}

/** The certificate's file is read here for its digest and goes nowhere. */
export function CertificateFile({ label, value, onValue }: { label: string; value: Certificate | null; onValue: (value: Certificate | null) => void }) {
  const id = useId();
  const chosen = useRef<File | undefined>(undefined);
  const read = useAct(async () => {
    const file = chosen.current;
    if (file) onValue({ name: file.name, digest: toHex(await sha256(new Uint8Array(await file.arrayBuffer()))) });
  });
  const take = (file: File | undefined) => {
    onValue(null); // an older file's digest must not stand while a new one is read
    chosen.current = file;
    read.run();
  };
  return (
    <div class="field">
      <span class="label" id={id}>{label}</span>
      <span class="hint">{t("quality.certificate_hint")}</span>
      <label class="button file">
        {value ? t("quality.certificate_other") : t("quality.certificate_take")}
        <input class="visually-hidden" type="file" aria-describedby={id} onClick={(event) => (event.currentTarget.value = "")} onChange={(event) => take(event.currentTarget.files?.[0])} />
      </label>
      {value && <p class="small"><strong>{value.name}</strong><br />SHA-256 <span class="mono digest">{value.digest}</span></p>}
      {read.problem && <Notice tone="warn" title={t("quality.certificate_unread")} live />}
    </div>
  );
}
