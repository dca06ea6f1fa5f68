// A fake printer: labels as JSON lines on stdin, what it would burn as base64 PNG lines on stdout.
// { zpl: string, width: dots, height: dots, perMm: dots }
import { createInterface } from "node:readline";
import { ready } from "zpl-renderer-js";

const { api } = await ready;
for await (const line of createInterface({ input: process.stdin })) {
  const { zpl, width, height, perMm } = JSON.parse(line);
  const burnt = await api.zplToBase64Async(zpl, width / perMm, height / perMm, perMm);
  await new Promise((written) => process.stdout.write(burnt + "\n", written));
}
process.exit(0); // the renderer's own loop never ends
