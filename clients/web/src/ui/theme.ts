/** Light, dark, or as the system says; kept on this device. */

import { remember, remembered } from "../core/memory";

export type Theme = "auto" | "light" | "dark";
const KEPT = "unbroken.theme";

export function theme(): Theme {
  const kept = remembered(KEPT);
  return kept === "light" || kept === "dark" ? kept : "auto";
}

export function chooseTheme(chosen: Theme): void {
  remember(KEPT, chosen);
  startTheme();
}

export function startTheme(): void {
  const chosen = theme();
  if (chosen === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = chosen;
}
