/** From what was read to what is signed. */

import type { InfusionChecked } from "../core/events/types";
import type { Visit } from "./documents";

/** One blind check: what this person read, and how. Where either was typed, the check was. */
export function checkOf({ here, wristband, read }: Visit): InfusionChecked {
  const reason = wristband.reason ?? read.reason;
  return {
    type: "InfusionChecked",
    site: here.site,
    container: read.container,
    patient: wristband.patient,
    method: reason === null ? "scan" : "typed",
    ...(reason === null ? {} : { typed_reason: reason }),
    ...(read.label === null ? {} : { label: read.label }),
  };
}
