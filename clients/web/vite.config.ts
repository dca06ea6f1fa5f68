import { defineConfig } from "vitest/config";
import about from "./package.json" with { type: "json" };
import { precache } from "./plugins/precache";

// The server serves what is built here under /app/, with a Content-Security-Policy that allows
// nothing inline and nothing from elsewhere.
export default defineConfig({
  base: "/app/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: "index.html", demo: "demo.html", sw: "src/sw.ts" },
      // A service worker keeps its address for ever: browsers look for a newer one there.
      output: { entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
    },
  },
  plugins: [precache(about.version)],
  worker: { format: "es" },
  server: { proxy: { "/v1": "http://127.0.0.1:8000", "/log": "http://127.0.0.1:8000" } },
  test: { include: ["tests/**/*.test.ts"], testTimeout: 60_000 },
});
