/** Words that several of the auditor's views share. */

import { t, tCode } from "../../messages";
import { millilitres, party } from "../../messages/sentence";
import type { IconName } from "../kit/Icon";
import type { Tone } from "../kit/Notice";
import type { Container, Place } from "./documents";

export function place(one: Place): string {
  return party({ site: one.site, department: one.department });
}

export function holding(holder: Place | null): string {
  return holder ? t("audit.held_by", { place: place(holder) }) : t("audit.held_by_nobody");
}

const ICON_OF: Readonly<Record<string, IconName>> = {
  present: "bag", consumed: "next", thawing: "wait", thawed: "bag", infusing: "wait", paused: "warn", stopped: "warn",
  infused: "ok", destroyed: "stop",
};

/** How a container stands: a word, and a shape for it. Whatever forbids its use comes first. */
export function standing(one: Container): { tone: Tone | "plain"; icon: IconName; word: string } {
  const word = tCode("audit_status", one.status);
  const alarms = (["quarantined", "lost", "rejected"] as const).filter((name) => one[name]);
  if (alarms.length) return { tone: "stop", icon: "stop", word: [...alarms.map((name) => tCode("audit_status", name)), word].join(", ") };
  if (one.returned !== null) return { tone: "warn", icon: "warn", word: `${word}, ${tCode("audit_status", "returned")}` };
  return { tone: "plain", icon: ICON_OF[one.status] ?? "bag", word };
}

/** `25 ml`, or how much of it is left; of what was used up, how much it was. */
export function volume(one: Container): string {
  const { left_ul: left, volume_ul: whole } = one;
  return left === whole || left === 0 ? millilitres(whole) : t("audit.left_of", { left: millilitres(left), whole: millilitres(whole) });
}

/** Without the scheme, which every identifier of a log shares: what people read aloud. */
export function shortCoi(coi: string): string {
  return coi.slice(coi.indexOf(":") + 1);
}

export function madeBy(how: string): string {
  return tCode("audit_made", how);
}

/** An identifier as a part of an address; its colon may stand as it is. */
export function part(text: string): string {
  return encodeURIComponent(text).replaceAll("%3A", ":");
}
