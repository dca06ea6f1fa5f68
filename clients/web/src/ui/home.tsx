import { type Key, t } from "../messages";
import { Icon, type IconName } from "./kit/Icon";
import { Notice } from "./kit/Notice";
import { Button, Screen } from "./kit/Screen";
import { href } from "./route";
import { hasRole, session, useClient } from "./session";
import { useStore } from "./store";

type Tile = { to: string; icon: IconName; key: "courier" | "bedside" | "quality" | "alarms" | "audit" | "scan" | "admin" | "outbox" | "settings"; roles?: string[] };

const HOLDERS = ["courier", "apheresis", "cell_lab", "manufacturer", "nurse", "coordinator", "quality", "physician"];
const TILES: readonly Tile[] = [
  { to: "/courier", icon: "road", key: "courier", roles: HOLDERS },
  { to: "/bedside", icon: "bed", key: "bedside", roles: ["nurse", "physician"] },
  { to: "/quality", icon: "proof", key: "quality", roles: ["quality"] },
  { to: "/alarms", icon: "bell", key: "alarms", roles: [...HOLDERS, "auditor"] },
  { to: "/scan", icon: "scan", key: "scan" },
  { to: "/audit", icon: "search", key: "audit", roles: [...HOLDERS, "auditor", "administrator"] },
  { to: "/admin", icon: "person", key: "admin", roles: ["administrator"] },
  { to: "/outbox", icon: "outbox", key: "outbox" },
  { to: "/settings", icon: "device", key: "settings" },
];

/** Only what this person does. The ledger decides what they may; the tiles merely don't distract. */
export function Home() {
  const client = useClient();
  const lock = useStore(client.lock);
  const seen = useStore(session);
  const tiles = TILES.filter((tile) => !tile.roles || hasRole(seen, ...tile.roles));
  return (
    <Screen title={t("shell.home")}>
      {lock === "empty" && <NotEnrolled />}
      {lock === "locked" && (
        <Notice tone="info" title={t("home.locked")}>
          <div class="buttons">
            <Button kind="primary" to="/sign-in">{t("device.sign_in")}</Button>
          </div>
        </Notice>
      )}
      {seen && <p class="soft">{t("home.hello", { agent: seen.agent, organisation: seen.organisation })}</p>}
      <nav class="tiles" aria-label={t("shell.home")}>
        {tiles.map((tile) => (
          <a class="tile" href={href(tile.to)} key={tile.key}>
            <Icon name={tile.icon} />
            <span class="body">
              <strong>{t(`home.${tile.key}`)}</strong>
              <span class="soft small">{t(`home.${tile.key}_hint` as Key)}</span>
            </span>
          </a>
        ))}
      </nav>
    </Screen>
  );
}

function NotEnrolled() {
  return (
    <Notice tone="info" title={t("device.enrol")}>
      <p>{t("device.enrol_why")}</p>
      <div class="buttons">
        <Button kind="primary" to="/enrol">{t("device.enrol")}</Button>
      </div>
    </Notice>
  );
}
