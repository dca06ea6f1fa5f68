import type { ComponentChildren } from "preact";
import { FAILURES } from "../../core/passkey";
import type { Problem } from "../../core/problem";
import { t } from "../../messages";
import { Notice } from "./Notice";

const OWN_WORDS = ["passkey_unsupported", "passkey_failed"]; // of the others browsers have one sentence each

/** Why a passkey gave no answer, in words, and what the browser said where that says more. */
export function PasskeyFailed(props: { title: string; problem: Problem | null; children?: ComponentChildren }) {
  const { problem } = props;
  if (!problem) return null;
  const code = FAILURES.find((one) => one === problem.code);
  return (
    <Notice tone="warn" title={props.title} live>
      {code && <p>{t(`passkey.code_${code}`)}</p>}
      {(!code || OWN_WORDS.includes(code)) && <p class="soft small" lang="en">{problem.detail}</p>}
      {props.children}
    </Notice>
  );
}
