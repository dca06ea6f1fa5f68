/** The page that lies in every bundle: it verifies one, from a file, with no network. */
import { auditBundle } from "../core/bundle/audit";
import { Problem } from "../core/problem";
import { extend } from "../messages";
import { element } from "./element";
import { drawn } from "./page";
import "./style.css";
import { TEXTS } from "./texts";

const result = element("section", { id: "result", "aria-live": "polite" });
const key = element("input", { id: "key", type: "text", spellcheck: "false", autocomplete: "off" }) as HTMLInputElement;
const file = element("input", { id: "file", type: "file", accept: ".zip,application/zip" }) as HTMLInputElement;
const policy = element("textarea", { id: "policy", rows: "4", spellcheck: "false", autocomplete: "off" }) as HTMLTextAreaElement;
const note = element("textarea", { id: "note", rows: "4", spellcheck: "false", autocomplete: "off" }) as HTMLTextAreaElement;
let chosen: File | null = null;
let turn = 0;

async function check(): Promise<void> {
  if (!chosen) return;
  const mine = (turn += 1);
  result.replaceChildren(element("p", {}, TEXTS.working));
  const shown = await shownOf(chosen);
  if (mine === turn) result.replaceChildren(shown); // a newer choice has its own answer
}

async function shownOf(bundle: File): Promise<HTMLElement> {
  try {
    const data = new Uint8Array(await bundle.arrayBuffer());
    const brought = { policy: policy.value.trim() && policy.value, note: noteOf(note.value) };
    const start = performance.now();
    const report = await auditBundle(data, key.value.trim(), brought);
    performance.measure("audit", { start }); // what `make bench` reads
    return drawn(report, bundle.name, key.value.trim());
  } catch (error) {
    return element("p", { class: "bad", role: "status" }, error instanceof Problem ? error.detail : String(error));
  }
}

/** A note ends with a line, which is easily lost in a paste. */
function noteOf(text: string): string {
  return text.trim() && `${text.trimEnd()}\n`;
}

/** What was dropped: a bundle anywhere; a policy or a head where its text belongs. */
async function drop(one: File | undefined, onto: EventTarget | null): Promise<void> {
  const field = [policy, note].find((each) => each === onto);
  if (!field || !one) return choose(one);
  field.value = await one.text();
  void check();
}

function choose(one: File | undefined): void {
  chosen = one ?? null;
  void check();
}

await extend("events", "phrases", "codes");
file.addEventListener("change", () => choose(file.files?.[0]));
for (const one of [key, policy, note]) one.addEventListener("change", () => void check());
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  void drop(event.dataTransfer?.files[0], event.target);
});
document.getElementById("page")!.append(
  element("h1", {}, TEXTS.title),
  element("p", {}, TEXTS.what),
  element("p", {}, TEXTS.trust),
  element(
    "form", { class: "given" },
    element("label", { for: "key" }, TEXTS.key), key,
    element("label", { for: "file" }, TEXTS.file), file,
    element(
      "details", {}, element("summary", {}, TEXTS.more),
      element("label", { for: "policy" }, TEXTS.policy), policy,
      element("label", { for: "note" }, TEXTS.note), note,
    ),
  ),
  result,
);
