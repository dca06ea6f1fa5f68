import { useRef, useState } from "preact/hooks";
import { asProblem, type Problem } from "../../core/problem";

export interface Act {
  run: () => void;
  busy: boolean;
  problem: Problem | null; // what came in its way
}

/** What a button does, once at a time: a gloved finger presses twice, and each press would sign. What
 * comes in its way is kept to be said: a press that does nothing and says nothing is taken for done. */
export function useAct(work: () => Promise<void>): Act {
  const running = useRef(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = async () => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { run: () => void run(), busy, problem };
}
