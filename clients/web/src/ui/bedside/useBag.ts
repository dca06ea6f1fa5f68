import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Client, Held, Reading } from "../../core/client";
import { asProblem, Problem } from "../../core/problem";
import type { Bag, Chain, InfusionCheck, LabelCheck, Visit } from "../../bedside/documents";
import { followed, type Followed, isDue, LOOK_MS, type Now, type Shown, unshown, type Whose, whose } from "../../bedside/following";
import { checksIn, endsOf } from "../../bedside/rules";
import { useClient } from "../session";
import { useStore } from "../store";

const BRIEF_MS = 4_000; // for the head

export interface Looked {
  check: Reading<InfusionCheck> | null; // null: nobody can say now
  bag: Reading<Bag> | null;
  chain: Reading<Chain> | null;
  label: LabelCheck | null;
  whose: Whose; // check, bag and chain
  problem: Problem | null; // why there is no check
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
  const shown = useRef<Shown>({ whose: "device", ends: [] });
  const last = useRef<Followed>({ size: null, looks: 0, at: nowOf(client) });
  const again = useCallback(async () => {
    const mine = ++asked.current;
    const settle = signed.mark(client.waiting.get());
    const found = await look(client, visit);
    if (!alive.current || mine < answered.current) return; // an older look that came late
    answered.current = mine;
    settle(found.bag?.from === "ledger");
    shown.current = { whose: found.whose, ends: endsOf(found.bag?.value ?? null, found.check?.value.gates ?? []) };
    setLooked(found);
  }, [client, visit.coi, visit.read.container, signed]);
  useEffect(() => void again(), [again, held.length]);
  useEffect(() => {
    alive.current = true;
    return () => void (alive.current = false);
  }, []);
  useEvery(LOOK_MS, async () => {
    const head = await client.refresh(BRIEF_MS).catch(() => null);
    const now = nowOf(client);
    const isBusy = !alive.current || asked.current !== answered.current;
    if (isBusy || !isDue(last.current, head, shown.current, now)) return;
    last.current = followed(last.current, head, now);
    await again();
  });
  return { looked, signed: signed.list(), again };
}

function nowOf(client: Client): Now {
  return { ...client.moment(), ledger: client.time().at };
}

/** `work` every so often while the page is in view, and when it comes back into it; one at a time. */
function useEvery(ms: number, work: () => Promise<void>): void {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    let busy = false;
    const turn = () => {
      if (busy || document.visibilityState !== "visible") return;
      busy = true;
      void latest.current().finally(() => (busy = false));
    };
    const timer = setInterval(turn, ms);
    document.addEventListener("visibilitychange", turn);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", turn);
    };
  }, [ms]);
}

/** What was signed here and no look shows yet: it waits, or was answered after the last look began. Else
 * a bag whose infusion has just begun would for a moment be one that has not. */
function useSigned(waiting: readonly Held[]) {
  const seen = useRef<Held[]>([]);
  for (const one of waiting) if (!seen.current.some(({ id }) => id === one.id)) seen.current.push(one);
  const mark = (then: readonly Held[]) => (isOfLedger: boolean) => void (seen.current = unshown(seen.current, then, isOfLedger));
  return useRef({ mark, list: () => seen.current }).current;
}

async function look(client: Client, visit: Visit): Promise<Looked> {
  const { container, link } = visit.read;
  const [label, ...answers] = await Promise.all([
    link ? labelOf(client, visit) : null,
    judged(client, visit).catch(asProblem),
    client.read<Bag>(`/v1/containers/${container}`).catch(asProblem), // another patient's may not be read
    client.read<Chain>(`/v1/chains/${visit.coi}`).catch(asProblem),
  ]);
  const [check, bag, chain] = [orNull(answers[0]), orNull(answers[1]), orNull(answers[2])];
  const problem = answers[0] instanceof Problem ? answers[0] : null;
  return { check, bag: bag?.value.chain === visit.coi ? bag : null, chain, label, whose: whose(answers), problem };
}

function orNull<T>(answer: Reading<T> | Problem): Reading<T> | null {
  return answer instanceof Problem ? null : answer;
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
