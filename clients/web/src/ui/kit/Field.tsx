import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Icon } from "./Icon";

type Props = {
  label: string;
  value: string;
  onValue: (value: string) => void;
  hint?: string | undefined;
  wrong?: string | undefined;
  type?: "text" | "password";
  autocomplete?: AutoFill;
  inputMode?: "text" | "numeric" | "decimal";
};

/** A labelled line of text with its hint, and what is wrong with it. */
export function Field(props: Props) {
  const id = useId();
  const said = [props.hint && `${id}-hint`, props.wrong && `${id}-wrong`].filter(Boolean).join(" ");
  const shared = {
    id,
    value: props.value,
    autocomplete: props.autocomplete ?? "off",
    autocapitalize: "none",
    spellcheck: false,
    inputMode: props.inputMode ?? "text",
    "aria-invalid": props.wrong ? "true" : undefined,
    "aria-describedby": said || undefined,
    onInput: (event: { currentTarget: HTMLInputElement }) => props.onValue(event.currentTarget.value),
  } as const;
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {props.hint && <span class="hint" id={`${id}-hint`}>{props.hint}</span>}
      {props.type === "password" ? <input type="password" {...shared} /> : <input type="text" {...shared} />}
      <Wrong id={`${id}-wrong`} text={props.wrong} />
    </div>
  );
}

/** One of a few, as large choices. */
export function Choice<T extends string>(props: {
  label: string;
  value: T | null;
  options: readonly { value: T; label: ComponentChildren }[];
  onValue: (value: T) => void;
  wrong?: string | undefined;
}) {
  const id = useId();
  return (
    <fieldset class="field" aria-describedby={props.wrong ? `${id}-wrong` : undefined} style={{ border: 0 }}>
      <legend>{props.label}</legend>
      {props.options.map((one) => (
        <label class="choice" key={one.value}>
          <input type="radio" name={id} checked={one.value === props.value} onChange={() => props.onValue(one.value)} />
          <span>{one.label}</span>
        </label>
      ))}
      <Wrong id={`${id}-wrong`} text={props.wrong} />
    </fieldset>
  );
}

function Wrong({ id, text }: { id: string; text: string | undefined }) {
  if (!text) return null;
  return (
    <span class="wrong" id={id} role="alert">
      <Icon name="stop" />
      {text}
    </span>
  );
}
