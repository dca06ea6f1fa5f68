/** Elements and drawings, made by hand: what a bundle says only ever becomes text. */

export type Child = Node | string;
const SVG = "http://www.w3.org/2000/svg";

export function element(name: string, attributes: Record<string, string> = {}, ...children: Child[]): HTMLElement {
  return filled(document.createElement(name), attributes, children);
}

export function drawing(name: string, attributes: Record<string, string | number> = {}, ...children: Child[]): SVGElement {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled<T extends Element>(made: T, attributes: Record<string, string | number>, children: Child[]): T {
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** A table with a head; numbers of columns that hold short things are kept on one line by the style. */
export function table(id: string, heads: readonly string[], rows: readonly (readonly Child[])[]): HTMLElement {
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map((row) => element("tr", {}, ...row.map((cell, at) => element("td", { "data-head": heads[at] ?? "" }, cell))));
  return element("table", { id }, element("thead", {}, head), element("tbody", {}, ...body));
}

/** `2026-09-21 14:00`, in UTC: of an ISO text or of seconds. */
export function moment(time: string | number): string {
  const iso = typeof time === "number" ? new Date(time * 1000).toISOString() : time;
  return iso.slice(0, 19).replace("T", " ");
}
