import type { Problem } from "../../core/problem";
import type { Look } from "../../courier/handing";
import { t } from "../../messages";
import { NotDone } from "../kit/NotDone";
import { Notice } from "../kit/Notice";

/** What is still to be said before it can be signed, the first thing of it; null: nothing. */
export function missingOf(ready: boolean, look: Look | null, named: boolean): string | null {
  if (!ready) return t("courier.not_ready");
  if (!look) return t("courier.condition_wanted");
  return named ? null : t("courier.party_wanted");
}

/** What comes first: what is missing, or that the list is not the one that they pressed on. */
export function unsaid(missing: string | null, changed: boolean): string | null {
  return missing ?? (changed ? t("courier.changed") : null);
}

/** Beside the button that was pressed: why nothing came of it. */
export function Missing({ text, problem }: { text: string | null; problem: Problem | null }) {
  return (
    <>
      {text && <Notice tone="warn" title={text} live />}
      <NotDone problem={problem} />
    </>
  );
}
