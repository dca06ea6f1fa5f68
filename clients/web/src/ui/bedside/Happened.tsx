import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../../messages";
import { Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";

/** What should not be done now, but may have been: it is recorded when the person says that it has
 * happened. A fact is never withheld from the record. */
export function Happened({ title, why, children }: { title: string; why: string; children: ComponentChildren }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Notice tone="warn" title={title}>
        <p>{why}</p>
      </Notice>
      {opened ? children : <Button onClick={() => setOpened(true)}>{t("bedside.has_happened")}</Button>}
    </>
  );
}
