/** What becomes of a label that a courier scans. Pure. */

import type { ContainerId, Label } from "../core/events/types";

/** `GET /v1/labels/{link}`, as far as it matters here. */
export interface LabelSeen {
  genuine: boolean;
  current: boolean;
  status: string | null;
}

/** `void`: nothing may be done with what it is on. `unknown`: this ledger issued no such label. */
export type LabelWord = "current" | "void" | "doubtful" | "unknown";

/** Of these none may be on any bag; one that is not current for another reason is a question. */
const ENDED = ["voided", "destroyed", "returned", "replaced"];

export function wordOf({ genuine, current, status }: LabelSeen): LabelWord {
  if (!genuine) return "unknown";
  if (current) return "current";
  return ENDED.includes(status ?? "") ? "void" : "doubtful";
}

/** A hard stop, and who says so: the ledger now, or the list that this device keeps, of `asOf`. */
export interface Voided {
  container: ContainerId;
  serial: Label;
  status: string;
  asOf: number;
  by: "ledger" | "device";
}
