import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { t } from "../../messages";
import { Notice } from "../kit/Notice";
import { Button } from "../kit/Screen";
import { useClient } from "../session";
import { useStore } from "../store";

/** What became of a signature and outlives the form in which it was made: that is drawn anew, or not at
 * all, with each look at the therapy. */
interface Stand {
  moved: boolean; // the therapy moved on before it was signed: nothing was
  kept: boolean; // it was signed, and the ledger has not answered
  onMoved: (moved: boolean) => void;
  onKept: (statement: string) => void; // its id, hex
}

const Context = createContext<Stand>({ moved: false, kept: false, onMoved: () => undefined, onKept: () => undefined });

export const useStanding = (): Stand => useContext(Context);

/** Holds it for one screen. `onSent`: what was kept here waits no more, so that there is something new
 * to look at. */
export function Standing({ onSent, children }: { onSent: () => void; children: ComponentChildren }) {
  const waiting = useStore(useClient().waiting);
  const [moved, onMoved] = useState(false);
  const [statement, onKept] = useState<string | null>(null);
  const kept = waiting.some(({ id, state }) => id === statement && state !== "refused");
  useEffect(() => {
    if (statement && !kept) onSent();
  }, [kept]);
  return (
    <Context.Provider value={{ moved, kept, onMoved, onKept }}>
      {kept && <Kept />}
      {children}
    </Context.Provider>
  );
}

function Kept() {
  return (
    <Notice tone="wait" title={t("quality.kept")} live>
      <p>{t("quality.kept_why")}</p>
      <div class="buttons"><Button to="/outbox">{t("home.outbox")}</Button></div>
    </Notice>
  );
}

/** Where the therapy moved on since they looked: they look before they sign again. */
export function Moved() {
  const { moved, onMoved } = useStanding();
  if (!moved) return null;
  return (
    <Notice tone="warn" title={t("quality.stale")} live>
      <p>{t("quality.stale_why")}</p>
      <div class="buttons"><Button onClick={() => onMoved(false)}>{t("quality.stale_looked")}</Button></div>
    </Notice>
  );
}

/** Said where the ledger cannot be asked, unless something was signed just now. */
export function Unsigned() {
  return useStanding().kept ? null : <p>{t("quality.offline_why")}</p>;
}
