/** The courier's area: my list, take over, hand over, refuse. */

import { useState } from "preact/hooks";
import type { Party } from "../../core/events/types";
import { t } from "../../messages";
import { Button, Screen } from "../kit/Screen";
import { go } from "../route";
import { session, sitesOf } from "../session";
import { useStore } from "../store";
import "./courier.css";
import { Hand } from "./Hand";
import { MyBags } from "./MyBags";
import { isParty, PartyField } from "./PartyField";
import { Take } from "./Take";
import { acting, actFor } from "./where";

export default function Courier({ parts }: { parts: Record<string, string> }) {
  const here = useStore(acting);
  if (!here || parts["rest"] === "/where") return <Where now={here} />;
  if (parts["rest"] === "/take") return <Take here={here} />;
  if (parts["rest"] === "/hand") return <Hand here={here} />;
  return <MyBags here={here} />;
}

function Where({ now }: { now: Party | null }) {
  const seen = useStore(session);
  const [first] = sitesOf(seen, "courier", "nurse", "apheresis", "cell_lab", "manufacturer");
  const [party, setParty] = useState<Party>(now ?? { site: first ?? "", department: "" });
  const [tried, setTried] = useState(false);
  const keep = () => {
    setTried(true);
    if (!isParty(party)) return;
    actFor(party);
    go("/courier", { replace: true });
  };
  return (
    <Screen title={t("courier.where")} back="/" foot={<Button kind="primary" onClick={keep}>{t("shell.continue")}</Button>}>
      <p>{t("courier.where_why")}</p>
      <section class="card">
        <PartyField label={t("courier.where")} value={party} onValue={setParty} tried={tried} />
      </section>
    </Screen>
  );
}
