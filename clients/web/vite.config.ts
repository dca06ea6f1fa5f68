import { defineConfig } from "vitest/config";

// The server serves what is built here under /app/, with a Content-Security-Policy that allows
// nothing inline and nothing from elsewhere.
export default defineConfig({
  base: "/app/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: "es" },
  server: { proxy: { "/v1": "http://127.0.0.1:8000", "/log": "http://127.0.0.1:8000" } },
  test: { include: ["tests/**/*.test.ts"] },
});
