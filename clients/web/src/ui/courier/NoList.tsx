import { failureOf, type Problem } from "../../core/problem";
import { extend, t, tCode } from "../../messages";
import { Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";

void extend("codes"); // what the ledger says no with

/** Why the ledger does not show this list now, and what to do; nothing where it does. */
export function NoList({ problem }: { problem: Problem | null }) {
  if (!problem) return null;
  const failure = failureOf(problem);
  return (
    <Notice tone={failure === "refused" ? "warn" : "wait"} title={t(`courier.list_${failure}`)} live>
      <p>{t(`courier.list_${failure}_do`)}</p>
      {(failure === "trouble" || failure === "refused") && <p class="small">{tCode("refusal", problem.code)}</p>}
      {failure === "signed_out" && <Button kind="primary" to="/sign-in">{t("device.sign_in")}</Button>}
    </Notice>
  );
}
