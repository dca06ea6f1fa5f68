/** The points of a therapy's account in words: what each is about, and what its value says. */

import type { Json, JsonObject } from "../../core/canonical";
import { t, tCode } from "../../messages";
import { millilitres, spaced } from "../../messages/sentence";
import type { Change } from "./documents";
import { span } from "./story";

const VOLUMES = new Set(["left_ul", "dose_given_ul"]);

/** `custody/BAG-1/holder`: `BAG-1: held by`. */
export function about(point: string): string {
  const [kind = "", first = "", second = "", third = ""] = point.split("/");
  if (kind === "gate") return t("audit.point_gate", { bag: second === third ? first : second, gate: tCode("gate_name", third), check: tCode("audit_check", first) });
  if (kind === "role") return `${first}: ${tCode("audit_point", second)} ${third}`;
  if (kind === "deviation" || kind === "quarantine" || kind === "therapy") return tCode("audit_point", kind === "therapy" ? first : kind);
  if (kind === "temperature") return `${first}: ${tCode("audit_point", "temperature")}, ${tCode("audit_phase", second)}`;
  return second ? `${first}: ${tCode("audit_point", second)}` : `${tCode("audit_kind", kind)} ${first}`;
}

/** What a value says; null: there was no such point. */
export function said(point: string, value: Json): string {
  const name = point.slice(point.lastIndexOf("/") + 1);
  if (value === null) return "–";
  if (typeof value === "boolean") return t(value ? "audit.point_yes" : "audit.point_no");
  if (Array.isArray(value)) return value.map((one) => (point.startsWith("role/") ? tCode("role", String(one)) : String(one))).join(", ");
  if (typeof value === "object") return toldOf(point, value);
  if (typeof value === "number") return VOLUMES.has(name) ? millilitres(value) : String(value);
  if (name === "status") return tCode("audit_status", value);
  return point.startsWith("custody/") ? placed(value) : value;
}

function placed(value: string): string {
  const [site = "", department = ""] = value.split("/");
  return t("audit.point_place", { site, department });
}

function toldOf(point: string, value: JsonObject): string {
  if (point.startsWith("gate/")) return `${tCode("audit_outcome", String(value["outcome"]))}: ${String(value["detail"])}`;
  if (point.startsWith("temperature/")) return temperature(value);
  const code = String(value["code"] ?? value["reason"]);
  const bags = Array.isArray(value["containers"]) && value["containers"].length ? value["containers"].join(", ") : t("audit.whole_therapy");
  const blocks = value["blocks"] ? `, ${t("audit.blocks")}` : "";
  return `${value["code"] ? tCode("finding_name", code) : spaced(code)} (${bags}): ${stateOf(String(value["state"]))}${blocks}`;
}

function stateOf(state: string): string {
  if (state === "open") return t("audit.undecided");
  if (state === "holds") return t("audit.in_quarantine");
  return state === "lifted" ? t("audit.quarantine_lifted") : tCode("audit_disposition", state);
}

function temperature(value: JsonObject): string {
  const verdict = t(value["within_limits"] ? "audit.in_limits" : "audit.out_of_limits");
  return `${verdict}, ${t("audit.spent", { span: span(Number(value["spent_s"]) * 1000) })}`;
}

export type Turn = "begun" | "ended" | "worse" | "better" | "changed";

/** How a change is drawn: what a gate or a deviation does counts more than that its text is another one. */
export function turnOf({ point, before, after }: Change): Turn {
  const [was, is] = [bad(point, before), bad(point, after)];
  if (was !== is) return is ? "worse" : "better";
  return before === null ? "begun" : after === null ? "ended" : "changed";
}

function bad(point: string, value: Json): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return /\/(quarantined|rejected|lost)$/.test(point) && value === true;
  if (point.startsWith("gate/")) return value["outcome"] === "failed";
  if (point.startsWith("deviation/")) return value["blocks"] === true;
  if (point.startsWith("quarantine/")) return value["state"] === "holds";
  return value["within_limits"] === false;
}

/** What each entry changed, in the log's order; last what only time changed. Gates are apart: they follow. */
export interface Made {
  position: number | null;
  at: string;
  facts: Change[];
  gates: Change[];
}

export function byEntry(changes: readonly Change[]): Made[] {
  const found = new Map<string, Made>();
  const ordered = [...changes].sort((a, b) => a.at.localeCompare(b.at) || (a.position ?? -1) - (b.position ?? -1) || a.point.localeCompare(b.point));
  for (const one of ordered) {
    const key = one.position === null ? one.at : String(one.position);
    const made = found.get(key) ?? { position: one.position, at: one.at, facts: [], gates: [] };
    (one.point.startsWith("gate/") ? made.gates : made.facts).push(one);
    found.set(key, made);
  }
  return [...found.values()];
}
