import { useEffect, useMemo, useState } from "preact/hooks";
import type { Client } from "../../core/client";
import type { Party } from "../../core/events/types";
import { asProblem, type Problem } from "../../core/problem";
import { type Handover, type Holding, type MyList, myList } from "../../courier/bags";
import { useClient } from "../session";
import { useStore } from "../store";
import { meet } from "./where";

export interface Read {
  holdings: Holding[];
  handovers: Handover[];
  asOf: number;
  from: "ledger" | "device";
  why: Problem | null; // why it is this device's word
}

const PAGE = 500;

/** The list of one department, with this device's unsent statements laid over the ledger's word. Where
 * there is no list, `problem` says why; scanning works all the same. */
export function useMyList(here: Party): { list: MyList; read: Read | null; problem: Problem | null } {
  const client = useClient();
  const held = useStore(client.waiting);
  const [read, setRead] = useState<Read | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    let current = true; // another department's answer, and one that comes late, are none
    const settle = (found: Read | null, failed: Problem | null) => {
      if (!current) return;
      setRead(found);
      setProblem(failed);
    };
    look(client, here).then((found) => settle(found, null), (error: unknown) => settle(null, asProblem(error)));
    return () => void (current = false);
  }, [client, here, held.length]); // when something was answered, the ledger knows more
  const list = useMemo(
    () => myList(read?.holdings ?? [], read?.handovers ?? [], held, here),
    [read, held, here],
  );
  return { list, read, problem };
}

async function look(client: Client, here: Party): Promise<Read> {
  const [custody, waiting] = await Promise.all([
    client.readAll<Holding>("/v1/custody", "holdings", { ...here, limit: PAGE }),
    client.readAll<Handover>("/v1/handovers", "handovers", { site: here.site, limit: PAGE }),
  ]);
  meet(...waiting.value.flatMap((one) => [one.giver, one.receiver]));
  return {
    holdings: custody.value,
    handovers: waiting.value,
    asOf: Math.min(custody.asOf, waiting.asOf),
    from: custody.from === "device" || waiting.from === "device" ? "device" : "ledger",
    why: custody.why ?? waiting.why ?? null,
  };
}
