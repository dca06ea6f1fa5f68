import { useRef, useState } from "preact/hooks";
import type { Coi, Fact } from "../../core/events/types";
import { Problem } from "../../core/problem";
import { useClient } from "../session";

/** Records facts of one therapy. A second press while the first is being kept is no second fact. */
export function useRecording(coi: Coi): { record: (fields: Fact) => void; problem: Problem | null } {
  const client = useClient();
  const busy = useRef(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const keep = async (fields: Fact) => {
    busy.current = true;
    try {
      await client.record(fields, `chain/${coi}`);
      setProblem(null);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    } finally {
      busy.current = false;
    }
  };
  const record = (fields: Fact) => {
    if (!busy.current) void keep(fields);
  };
  return { record, problem };
}
