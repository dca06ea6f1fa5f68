import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import type { Party } from "../../core/events/types";
import { type Handover, type Holding, type MyList, myList } from "../../courier/bags";
import { useClient } from "../session";
import { useStore } from "../store";
import { meet } from "./where";

interface Read {
  holdings: Holding[];
  handovers: Handover[];
  asOf: number;
  from: "ledger" | "device";
}

/** The list of one department, with this device's unsent statements laid over the ledger's word. */
export function useMyList(here: Party | null): { list: MyList; read: Read | null; look: () => void } {
  const client = useClient();
  const held = useStore(client.waiting);
  const [read, setRead] = useState<Read | null>(null);
  const look = useCallback(() => {
    if (!here) return;
    Promise.all([
      client.read<{ holdings: Holding[] }>("/v1/custody", { site: here.site, department: here.department, limit: 500 }),
      client.read<{ handovers: Handover[] }>("/v1/handovers", { site: here.site, limit: 500 }),
    ]).then(
      ([custody, waiting]) => {
        meet(...waiting.value.handovers.flatMap((one) => [one.giver, one.receiver]));
        setRead({
          holdings: custody.value.holdings,
          handovers: waiting.value.handovers,
          asOf: Math.min(custody.asOf, waiting.asOf),
          from: custody.from === "device" || waiting.from === "device" ? "device" : "ledger",
        });
      },
      () => setRead(null), // never reached the ledger: scanning works all the same
    );
  }, [client, here]);
  useEffect(look, [look, held.length]); // when something was answered, the ledger knows more
  const list = useMemo(
    () => myList(read?.holdings ?? [], read?.handovers ?? [], held, here ?? { site: "", department: "" }),
    [read, held, here],
  );
  return { list, read, look };
}
