import { useRef, useState } from "preact/hooks";
import type { Client } from "../../core/client";
import type { ContainerId } from "../../core/events/types";
import { type LabelSeen, type LabelWord, type Voided, wordOf } from "../../courier/labels";
import type { Scan } from "../../courier/scans";
import type { Link } from "../../scan/link";
import { useClient } from "../session";

const PROMPT_MS = 1_500; // a scan waits so long for the ledger's word, which may still come after it
const PATIENT_MS = 8_000;
const SIGNING_MS = 4_000; // and a signature so long
const NO_BAG = "–";

export interface Labels {
  voided: Voided | null; // a hard stop
  noList: boolean; // this device has no list of void labels: without a network none can stop
  word: (link: Link) => Promise<LabelWord | null>; // null: nobody can say now
  clear: (scans: readonly Scan[]) => Promise<boolean>; // before signing: true where none is void, as of now
  acted: (voided: Voided) => void; // on this stop, and on no other
}

/** Which labels are void: by the list that this device keeps, at once, and by the ledger where it is in
 * reach, since the list may be older than the voiding. `onDoubt`: what the ledger says of the others. */
export function useLabels(onDoubt: (container: ContainerId | null, word: "doubtful" | "unknown") => void): Labels {
  const client = useClient();
  const [stops, setStops] = useState<readonly Voided[]>([]); // one frame may show several
  const [noList, setNoList] = useState(false);
  const latest = useRef(stops);
  const stopped = useRef(0); // how often so far: a stop that was acted on meanwhile stops a signature, too
  const pending = useRef(new Set<Promise<unknown>>());
  const keep = (next: readonly Voided[]): void => {
    latest.current = next;
    setStops(next);
  };
  const stop = (voided: Voided): void => {
    stopped.current++;
    if (!latest.current.some((one) => isOne(one, voided))) keep([...latest.current, voided]);
  };
  const isListed = async (container: ContainerId, serial: string): Promise<boolean> => {
    const found = await client.voided(serial);
    setNoList(found === null);
    if (found?.value) stop({ container, serial, status: String(found.value["status"] ?? "voided"), asOf: found.asOf, by: "device" });
    return Boolean(found?.value);
  };
  const ask = async (link: Link): Promise<LabelWord | null> => {
    const { container, serial } = link;
    const seen = await seenBy(client, link);
    const word = seen && wordOf(seen);
    if (word === "void") stop({ container: container ?? NO_BAG, serial, status: seen?.status ?? "voided", asOf: client.moment().wall, by: "ledger" });
    if (word === "doubtful" || word === "unknown") onDoubt(container, word);
    return word;
  };
  const word = async (link: Link): Promise<LabelWord | null> => {
    if (await isListed(link.container ?? NO_BAG, link.serial)) return "void";
    const asking = ask(link);
    pending.current.add(asking);
    void asking.finally(() => pending.current.delete(asking));
    return Promise.race([asking, after(PROMPT_MS)]);
  };
  const clear = async (scans: readonly Scan[]): Promise<boolean> => {
    const before = stopped.current;
    const list = client.reach.get() === "online" ? [client.refreshVoided().catch(() => null)] : [];
    await Promise.race([Promise.all([...list, ...pending.current]), after(SIGNING_MS)]);
    await Promise.all(scans.map((one) => one.label !== null && isListed(one.container, one.label)));
    return latest.current.length === 0 && stopped.current === before;
  };
  const acted = (voided: Voided): void => keep(latest.current.filter((one) => !isOne(one, voided)));
  return { voided: stops[0] ?? null, noList, word, clear, acted };
}

const isOne = (one: Voided, other: Voided): boolean => one.container === other.container && one.serial === other.serial;

/** What the ledger says of a label now; null: it is out of reach, or said nothing. */
async function seenBy(client: Client, { container, serial, check }: Link): Promise<LabelSeen | null> {
  if (client.reach.get() === "offline") return null;
  const link = `${container ?? "-"}.${serial}.${check}`;
  return client.readPublic<LabelSeen>(`/v1/labels/${link}`, {}, PATIENT_MS).catch(() => null);
}

const after = (ms: number): Promise<null> => new Promise((resolve) => setTimeout(() => resolve(null), ms));
