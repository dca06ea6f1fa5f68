import type { Plugin, Rolldown } from "vite";

type Bundle = Rolldown.OutputBundle;

/** Puts scripts and styles into the page: one file that opens from anywhere. */
export function single(): Plugin {
  return {
    name: "unbroken-single",
    apply: "build",
    enforce: "post",
    generateBundle: { order: "post", handler: (_, bundle) => put(bundle) },
  };
}

function put(bundle: Bundle): void {
  const page = Object.values(bundle).find((one) => one.fileName.endsWith(".html"));
  if (page?.type !== "asset") throw new Error("there is no page to put anything into");
  let html = String(page.source);
  for (const one of Object.values(bundle)) {
    if (one === page) continue;
    const name = one.fileName.replaceAll(".", "\\.");
    const [tag, made] = one.type === "chunk"
      ? [new RegExp(`<script[^>]*src="[^"]*${name}"[^>]*></script>`), `<script type="module">${one.code.replaceAll("</script", "<\\/script")}</script>`]
      : [new RegExp(`<link[^>]*href="[^"]*${name}"[^>]*>`), `<style>${String(one.source)}</style>`];
    if (!tag.test(html)) throw new Error(`${one.fileName} has no place in the page`);
    html = html.replace(tag, () => made);
    delete bundle[one.fileName];
  }
  page.source = html;
}
