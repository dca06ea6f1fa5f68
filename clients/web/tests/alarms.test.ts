/** Alarms in the app: which are shown and in which order, and that none is lost when a connection breaks. */

import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { after, calls, inOrder, saying, type Alarm, type Kind, type Told } from "../src/alarms/alarm";
import { events } from "../src/alarms/events";
import { follow } from "../src/alarms/following";
import { heard, NOTHING } from "../src/alarms/heard";
import { alarms as english } from "../src/messages/en/alarms";

const KINDS = ["excursion", "budget", "silence", "clock", "tilt", "battery"] as const satisfies readonly Kind[];
const alarm = (number: number, more: Partial<Alarm> = {}): Alarm => ({
  alarm: number, chain: "isbt128:A", container: "BAG-1", phase: "frozen", kind: "excursion", logger: "log-1",
  began_at: "2026-03-01T12:00:00.000Z", closed_at: null, late: false, peak_centi_c: -14_210, step_pct: null,
  tilt_deg: null, battery_pct: null, clock_s: null, acknowledged_by: null, ...more,
});
const told = (event: number, what: Told["what"], one: Alarm): Told =>
  ({ ...one, event, what, closed_at: what === "ended" ? "2026-03-01T12:09:00.000Z" : one.closed_at });
const numbers = (found: readonly Alarm[]): number[] => found.map((one) => one.alarm);

beforeEach(() => heard.set(NOTHING));

test("what nobody has seen stands first, then the gravest, then the newest", () => {
  const all = [alarm(1, { kind: "battery" }), alarm(2), alarm(3, { acknowledged_by: "quinn" }), alarm(4), alarm(5, { kind: "silence" })];
  expect(numbers(inOrder(all))).toEqual([4, 2, 5, 1, 3]);
});

test("whatever is told in whatever order of alarms, exactly those that are not over are shown, each once", () => {
  const story = fc.array(fc.record({ alarm: fc.integer({ min: 0, max: 6 }), what: fc.constantFrom("begun", "ended", "acknowledged") }));
  fc.assert(fc.property(story, (said) => {
    let shown: Alarm[] = [];
    const open = new Set<number>();
    for (const [event, one] of said.entries()) {
      const what = one.what as Told["what"];
      shown = after(shown, told(event, what, alarm(one.alarm)));
      if (what === "ended") open.delete(one.alarm);
      else open.add(one.alarm);
    }
    expect([...numbers(shown)].sort()).toEqual([...open].sort());
  }));
});

test("only what begins now calls for somebody", () => {
  expect(calls(told(1, "begun", alarm(1)))).toBe(true);
  for (const quiet of [told(1, "ended", alarm(1)), told(1, "acknowledged", alarm(1)), told(1, "begun", alarm(1, { late: true }))]) {
    expect(calls(quiet)).toBe(false);
  }
});

test("every kind has its words, with nothing left unfilled", () => {
  for (const kind of KINDS) {
    const [key, given] = saying(alarm(1, { kind, step_pct: 80, tilt_deg: 90, battery_pct: 12, clock_s: -3_600 }));
    const names = [...english[key].matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
    expect(names.every((name) => String(given[name] ?? "") !== "")).toBe(true);
  }
  expect(saying(alarm(1))[1]["degrees"]).toBe("-142.10");
});

const written = (one: Told): string => `event: ${one.what}\ndata: ${JSON.stringify(one)}\nid: ${one.event}\n\n`;

function stream(text: string, cuts: readonly number[]): ReadableStream<Uint8Array> {
  const data = new TextEncoder().encode(text);
  const ends = [...new Set([...cuts.map((cut) => cut % (data.length + 1)), data.length])].sort((one, other) => one - other);
  return new ReadableStream({
    start(controller) {
      let start = 0;
      for (const end of ends) {
        controller.enqueue(data.slice(start, end));
        start = end;
      }
      controller.close();
    },
  });
}

test("a feed is read however the network cuts it, heartbeats and passed events aside", async () => {
  const said = [told(3, "begun", alarm(3, { container: "BEUTEL-Ä" })), told(5, "ended", alarm(3))];
  const text = `id: 2\nretry: 2000\n\n: still here\n\n${said.map(written).join("id: 4\n\n")}`;
  await fc.assert(fc.asyncProperty(fc.array(fc.nat()), async (cuts) => {
    const found: Told[] = [];
    for await (const one of events<Told>(stream(text, cuts), 1000)) found.push(one);
    expect(found).toEqual(said);
  }), { numRuns: 40 });
});

test("a feed that is silent for too long counts as broken", async () => {
  const dead = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new TextEncoder().encode(": still here\n\n")) });
  const reading = (async () => { for await (const one of events(dead, 20)) throw new Error(`told ${one}`); })();
  await expect(reading).rejects.toThrow("silent");
});

test("when the connection breaks it is said, and what stands is asked for anew: nothing is lost", async () => {
  const leaving = new AbortController();
  const asked: string[] = [];
  const links: string[] = [];
  const called: number[] = [];
  const answers = [
    () => Response.json({ last_event: 7, alarms: [alarm(2)], next_cursor: "more" }),
    () => Response.json({ last_event: 8, alarms: [alarm(1, { acknowledged_by: "mia" })], next_cursor: null }),
    () => new Response(written(told(8, "begun", alarm(8)))),
    () => { throw new Error("no network"); },
    () => Response.json({ last_event: 12, alarms: [alarm(9)], next_cursor: null }),
    () => new Response(written(told(13, "ended", alarm(9)))),
  ];
  const client = { request: (path: string) => {
    asked.push(path);
    return Promise.resolve().then(() => (answers.shift() as () => Response)());
  } };
  const ended = heard.subscribe(() => links.push(`${heard.get().link} ${numbers(heard.get().alarms)}`));
  const pauses: number[] = [];
  await follow(client, leaving.signal, (one) => called.push(one.alarm), async (ms) => {
    pauses.push(ms);
    if (!answers.length) leaving.abort();
  });
  ended();
  expect(links).toEqual(["open 2,1", "open 8,2,1", "lost 8,2,1", "lost 8,2,1", "open 9", "open ", "lost "]);
  expect(called).toEqual([8]);
  expect(asked[2]).toBe("/v1/alarms/feed?after=7");
  expect(asked[5]).toBe("/v1/alarms/feed?after=12");
  expect(pauses[1]).toBeGreaterThan(pauses[0] as number);
});
