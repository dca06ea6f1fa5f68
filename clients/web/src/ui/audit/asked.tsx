/** A question that is on its way, answered or failed; and what is said when it failed. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { asProblem, type Problem } from "../../core/problem";
import { t, tCode } from "../../messages";
import { Busy, Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";
import { Exactly } from "../kit/Why";

export interface Asked<T> {
  value: T | null; // of an earlier question while the newest is on its way
  problem: Problem | null;
  busy: boolean;
  again: () => void;
}

/** Asks when it first shows and whenever `keys` change. Late answers to old questions are dropped. */
export function useAsked<T>(ask: () => Promise<T>, keys: readonly unknown[]): Asked<T> {
  const [value, setValue] = useState<T | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(true);
  const newest = useRef(0);
  const again = useCallback(() => {
    const mine = ++newest.current;
    const settle = (act: () => void) => {
      if (mine !== newest.current) return;
      act();
      setBusy(false);
    };
    setBusy(true);
    ask().then(
      (found) => settle(() => (setValue(() => found), setProblem(null))),
      (error: unknown) => settle(() => setProblem(asProblem(error))),
    );
  }, keys);
  useEffect(() => {
    again();
    return () => void newest.current++;
  }, [again]);
  return { value, problem, busy, again };
}

/** Why nothing can be shown, and what to do. */
export function Failed({ problem, again }: { problem: Problem; again?: () => void }) {
  const signIn = ["locked", "no_session", "not_enrolled"].includes(problem.code);
  return (
    <Notice tone={signIn ? "info" : "warn"} title={signIn ? t("audit.sign_in_first") : tCode("refusal", problem.code)} live>
      <Exactly detail={problem.detail} />
      <div class="buttons">
        {problem.code === "not_enrolled" ? <Button kind="primary" to="/enrol">{t("device.enrol")}</Button> : signIn && <Button kind="primary" to="/sign-in">{t("device.sign_in")}</Button>}
        {again && <Button onClick={again}>{t("shell.retry")}</Button>}
      </div>
    </Notice>
  );
}

/** The value once it is there; until then what is going on. */
export function Shown<T>({ asked, children }: { asked: Asked<T>; children: (value: T) => preact.ComponentChildren }) {
  if (asked.problem) return <Failed problem={asked.problem} again={asked.again} />;
  if (asked.value === null) return <Busy />;
  return <>{children(asked.value)}</>;
}
