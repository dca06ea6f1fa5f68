import { defineConfig } from "vite";
import { single } from "./plugins/single";

// One page without any other file, for the bundles of evidence: it opens from file://.
export default defineConfig({
  base: "./",
  publicDir: false,
  build: {
    outDir: "dist-verifier",
    target: "es2022",
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { verify: "verify.html" }, output: { codeSplitting: false } },
  },
  plugins: [single()],
});
