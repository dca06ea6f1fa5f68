import { heard } from "../../alarms/heard";
import { saying } from "../../alarms/alarm";
import { t } from "../../messages";
import { Icon } from "../kit/Icon";
import { href } from "../route";
import { useStore } from "../store";

/** The open alarms, in the frame of every screen, where they cover nothing that is pressed. */
export function Strip() {
  const { alarms, link } = useStore(heard);
  const [first] = alarms;
  if (!first && link !== "lost") return null;
  const unseen = alarms.filter((one) => one.acknowledged_by === null).length;
  return (
    <div class={`state ${unseen ? "refused" : "owing"}`} role="status">
      {first && (
        <a href={href("/alarms")}>
          <Icon name="bell" />
          {t("alarms.open", { count: alarms.length })}: {t(...saying(first))}
        </a>
      )}
      {link === "lost" && <span>{t("alarms.lost")}</span>}
    </div>
  );
}
