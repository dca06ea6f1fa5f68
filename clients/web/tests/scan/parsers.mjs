// Answers questions to the app's parsers, line by line, for a test that asks Python's the same.

import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const entry = fileURLToPath(new URL("parsers.ts", import.meta.url));
const settings = { configFile: false, publicDir: false, logLevel: "error" };
const { output } = await build({ ...settings, build: { ssr: entry, write: false, minify: false } });
const { answer } = await import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString("base64")}`);

process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) process.stdout.write(`${answer(line)}\n`);
