import { useState } from "preact/hooks";
import { language } from "../../messages";
import { useStore } from "../store";

/** A moment in the reader's zone; pressed, or with the keyboard's focus, in UTC beside it. `at`:
 * `YYYY-MM-DDThh:mm:ss.sssZ` or milliseconds. `still`: inside something else that is pressed. */
export function Time({ at, seconds = false, still = false }: { at: string | number; seconds?: boolean; still?: boolean }) {
  const spoken = useStore(language);
  const moment = new Date(at);
  const text = localTime(moment, spoken, seconds);
  return still ? <time dateTime={moment.toISOString()} title={inUtc(moment)}>{text}</time> : <WithUtc moment={moment} text={text} />;
}

/** `text`: the moment as it is shown. No `button`, whose text would not run on in the line. */
export function WithUtc({ moment, text }: { moment: Date; text: string }) {
  const [opened, setOpened] = useState(false);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    setOpened(!opened);
  };
  return (
    <span role="button" tabIndex={0} class="time" aria-expanded={opened} title={inUtc(moment)} onClick={() => setOpened(!opened)} onKeyDown={onKeyDown}>
      <time dateTime={moment.toISOString()}>{text}</time>
      <span class="utc"> = {inUtc(moment)}</span>
    </span>
  );
}

const inUtc = (moment: Date): string => `${moment.toISOString().replace("T", " ").slice(0, 19)} UTC`;

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
