import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { extend, tCode } from "../../messages";
import type { Section } from "../../messages/later";
import { Notice, type Tone } from "./Notice";

type Said = { code: string; detail: string };

/** What a problem means, in the reader's language; beneath it what exactly was said, which is English. */
export function Why({ problem, tone = "stop", children }: { problem: Said; tone?: Tone; children?: ComponentChildren }) {
  return (
    <Notice tone={tone} title={useRefusal(problem.code)} live>
      <Exactly detail={problem.detail} />
      {children}
    </Notice>
  );
}

export function Exactly({ detail }: { detail: string }) {
  return <p class="soft small" lang="en">{detail}</p>;
}

/** The meaning of a code alone, for where the rest is said elsewhere. */
export function useRefusal(code: string): string {
  useTexts("codes");
  return tCode("refusal", code);
}

/** Sections that are not in the first load; what shows them is drawn again once they are there. */
function useTexts(...wanted: Section[]): void {
  const [, setLoaded] = useState(false);
  useEffect(() => void extend(...wanted).then(() => setLoaded(true), () => undefined), []);
}
