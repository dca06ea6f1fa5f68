import type { ComponentChildren } from "preact";
import type { Problem } from "../../core/problem";
import { t } from "../../messages";
import { Notice } from "./Notice";

const CODES = [
  "passkey_not_given", "passkey_exists_here", "passkey_wrong_address", "passkey_unsupported", "passkey_failed",
] as const;

/** Whether it was the passkey that gave no answer, and nobody else who said no. */
export function isOfPasskey(problem: Problem | null): boolean {
  return CODES.some((code) => code === problem?.code);
}

const OWN_WORDS = ["passkey_unsupported", "passkey_failed"]; // of the others browsers have one sentence each

/** Why a passkey gave no answer, in words, and what the browser said where that says more. */
export function PasskeyFailed(props: { title: string; problem: Problem | null; children?: ComponentChildren }) {
  const { problem } = props;
  if (!problem) return null;
  const code = CODES.find((one) => one === problem.code);
  return (
    <Notice tone="warn" title={props.title} live>
      {code && <p>{t(`passkey.code_${code}`)}</p>}
      {(!code || OWN_WORDS.includes(code)) && <p class="soft small" lang="en">{problem.detail}</p>}
      {props.children}
    </Notice>
  );
}
