/** Which passkeys the ledger has for the person of this page: known at once where it was asked before. */

import { useEffect } from "preact/hooks";
import { Store } from "../core/store";
import type { Passkey } from "../core/types";
import { useClient } from "./session";
import { useStore } from "./store";

interface Known {
  agent: string;
  passkeys: readonly Passkey[];
}

const known = new Store<Known | null>(null);

/** Asks anew each time that a screen needs it. Null: not answered yet. Where nobody answers there is none to
 * ask for, and the passphrase does. */
export function usePasskeys(): readonly Passkey[] | null {
  const client = useClient();
  const agent = useStore(client.profile)?.agent ?? "";
  const found = useStore(known);
  useEffect(() => {
    const keep = (passkeys: readonly Passkey[]) => known.set({ agent, passkeys });
    client.passkeys().then((mine) => mine.known()).then(keep, () => known.get()?.agent === agent || keep([]));
  }, [client, agent]);
  return found?.agent === agent ? found.passkeys : null;
}
