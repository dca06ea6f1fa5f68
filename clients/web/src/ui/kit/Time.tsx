import { language } from "../../messages";
import { useStore } from "../store";

/** A moment in the reader's zone, with UTC at hand. `at`: `YYYY-MM-DDThh:mm:ss.sssZ` or milliseconds. */
export function Time({ at, seconds = false }: { at: string | number; seconds?: boolean }) {
  const spoken = useStore(language);
  const moment = new Date(at);
  const utc = moment.toISOString();
  return (
    <time dateTime={utc} title={`${utc.replace("T", " ").slice(0, 19)} UTC`}>
      {localTime(moment, spoken, seconds)}
    </time>
  );
}

/** `4 Mar 2026, 14:05 GMT+1`: day and month in words, since 03/04 is two days. */
export function localTime(moment: Date, spoken: string, seconds = false): string {
  return moment.toLocaleString(spoken === "en" ? "en-GB" : spoken, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    timeZoneName: "short",
    hour12: false,
  });
}
