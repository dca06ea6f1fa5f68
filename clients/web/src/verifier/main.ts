/** The page that lies in every bundle: it verifies one, from a file, with no network. */
import { auditBundle } from "../core/bundle/audit";
import { Problem } from "../core/problem";
import { extend } from "../messages";
import { drawn, element } from "./page";
import "./style.css";
import { TEXTS } from "./texts";

const result = element("section", { id: "result", "aria-live": "polite" });
const key = element("input", { id: "key", type: "text", spellcheck: "false", autocomplete: "off" }) as HTMLInputElement;
const file = element("input", { id: "file", type: "file", accept: ".zip,application/zip" }) as HTMLInputElement;
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
    const start = performance.now();
    const report = await auditBundle(data, key.value.trim());
    performance.measure("audit", { start }); // what `make bench` reads
    return drawn(report);
  } catch (error) {
    return element("p", { class: "bad", role: "status" }, error instanceof Problem ? error.detail : String(error));
  }
}

function choose(one: File | undefined): void {
  chosen = one ?? null;
  void check();
}

await extend("events", "phrases", "codes");
file.addEventListener("change", () => choose(file.files?.[0]));
key.addEventListener("change", () => void check());
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  choose(event.dataTransfer?.files[0]);
});
document.getElementById("page")!.append(
  element("h1", {}, TEXTS.title),
  element("p", {}, TEXTS.what),
  element("p", {}, TEXTS.trust),
  element("label", { for: "key" }, TEXTS.key), key,
  element("label", { for: "file" }, TEXTS.file), file,
  result,
);
