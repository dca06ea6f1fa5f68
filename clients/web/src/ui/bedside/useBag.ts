import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Client, Held, Reading } from "../../core/client";
import { Problem } from "../../core/problem";
import type { Bag, Chain, InfusionCheck, LabelCheck, Visit } from "../../bedside/documents";
import { followed, type Followed, isDue, LOOK_MS } from "../../bedside/following";
import { checksIn } from "../../bedside/rules";
import { useClient } from "../session";
import { useStore } from "../store";

const BRIEF_MS = 4_000; // for the head

export interface Looked {
  check: Reading<InfusionCheck> | null; // null: nobody can say now
  bag: Reading<Bag> | null;
  chain: Reading<Chain> | null;
  label: LabelCheck | null;
  problem: Problem | null;
}

/** What the ledger says of the bag that was read, for the patient whose wristband was read, kept up to
 * date while the screen is in view; without a network what this device last heard. */
export function useBag(visit: Visit): { looked: Looked | null; signed: readonly Held[]; again: () => Promise<void> } {
  const client = useClient();
  const held = useStore(client.waiting);
  const signed = useSigned(held);
  const [looked, setLooked] = useState<Looked | null>(null);
  const alive = useRef(true);
  const asked = useRef(0);
  const answered = useRef(0);
  const whole = useRef(false); // the last look was at the ledger's own answers
  const last = useRef<Followed>({ size: null, looks: 0, at: client.moment() });
  const again = useCallback(async () => {
    const mine = ++asked.current;
    const settle = signed.mark(client.waiting.get());
    const found = await look(client, visit);
    if (!alive.current || mine < answered.current) return; // an older look that came late
    answered.current = mine;
    settle();
    whole.current = found.check?.from === "ledger" && found.chain?.from === "ledger";
    setLooked(found);
  }, [client, visit.coi, visit.read.container, signed]);
  useEffect(() => void again(), [again, held.length]);
  useEffect(() => {
    alive.current = true;
    return () => void (alive.current = false);
  }, []);
  useEvery(LOOK_MS, async () => {
    const head = await client.refresh(BRIEF_MS).catch(() => null);
    const now = client.moment();
    const isBusy = !alive.current || asked.current !== answered.current;
    if (isBusy || !isDue(last.current, head, whole.current, now)) return;
    last.current = followed(last.current, head, now);
    await again();
  });
  return { looked, signed: signed.list(), again };
}

/** `work` every so often while the page is in view, one at a time. */
function useEvery(ms: number, work: () => Promise<void>): void {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    let busy = false;
    const timer = setInterval(() => {
      if (busy || document.visibilityState !== "visible") return;
      busy = true;
      void latest.current().finally(() => (busy = false));
    }, ms);
    return () => clearInterval(timer);
  }, [ms]);
}

/** What was signed here and no look shows yet: it waits, or was answered after the last look began. Else
 * a bag whose infusion has just begun would for a moment be one that has not. */
function useSigned(waiting: readonly Held[]) {
  const seen = useRef<Held[]>([]);
  for (const one of waiting) if (!seen.current.some(({ id }) => id === one.id)) seen.current.push(one);
  const mark = (now: readonly Held[]) => {
    const shown = seen.current.filter(({ id }) => !now.some((one) => one.id === id && one.state !== "refused"));
    return () => void (seen.current = seen.current.filter((one) => !shown.includes(one)));
  };
  return useRef({ mark, list: () => seen.current }).current;
}

async function look(client: Client, visit: Visit): Promise<Looked> {
  const { container, link } = visit.read;
  let problem: Problem | null = null;
  const orNull = (error: unknown): null => {
    if (!(error instanceof Problem)) throw error;
    problem = error;
    return null;
  };
  const [check, bag, chain, label] = await Promise.all([
    judged(client, visit).catch(orNull),
    client.read<Bag>(`/v1/containers/${container}`).catch(() => null), // another patient's may not be read
    client.read<Chain>(`/v1/chains/${visit.coi}`).catch(() => null),
    link ? labelOf(client, visit) : null,
  ]);
  return { check, bag: bag?.value.chain === visit.coi ? bag : null, chain, label, problem };
}

/** Before both checks are in, against this wristband; then as the authorisation will see it. */
async function judged(client: Client, { coi, read, here, wristband, matched }: Visit): Promise<Reading<InfusionCheck>> {
  const ask = (patient: Visit["wristband"]["patient"] | null) =>
    client.consult<InfusionCheck>(`/v1/chains/${coi}/infusion-check`, { container: read.container, site: here.site, patient });
  const mine = await ask(matched ? wristband.patient : null);
  return checksIn(mine.value) < 2 || !matched ? mine : ask(null);
}

/** From the ledger; without a network from the list of voided labels that this device keeps. */
async function labelOf(client: Client, { read }: Visit): Promise<LabelCheck | null> {
  try {
    return await client.readPublic<LabelCheck>(`/v1/labels/${read.link}`);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const kept = read.label ? await client.voided(read.label) : null;
    return kept?.value ? { genuine: true, current: false, status: "voided", contact: null } : null;
  }
}
