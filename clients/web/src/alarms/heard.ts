/** The open alarms, as far as this page has heard of them. */

import { Store } from "../core/store";
import type { Alarm } from "./alarm";

/** `link`: nobody is signed in | what begins is told | the connection is lost. `asOf`: epoch
 * milliseconds of the last word. */
export interface Heard {
  alarms: readonly Alarm[];
  link: "none" | "open" | "lost";
  asOf: number | null;
}

export const NOTHING: Heard = { alarms: [], link: "none", asOf: null };
export const heard = new Store<Heard>(NOTHING);
