/** Whether alarms may sound and shake on this device. Not, unless somebody said so. */

import { remember, remembered } from "../../core/memory";

const KEPT = "unbroken.alarms_loud";

export function isLoud(): boolean {
  return remembered(KEPT) === "yes";
}

export function setLoud(loud: boolean): void {
  remember(KEPT, loud ? "yes" : null);
}
