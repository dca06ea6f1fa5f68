import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { Aimed } from "../../src/scan/camera";
import type { Verdict } from "../../src/scan/feedback";
import { Scanning, type Reading, type Told, type Wish } from "../../src/scan/scanning";

const CHECK = "0123456789ABCDEF";
const label = (container: string, serial = `L-${container}`) => `HTTPS://LEDGER.EXAMPLE/B/${container}.${serial}.${CHECK}`;
const DIN = "=A99992112345663";

function seen(text: string, aimed = true): Aimed {
  return { text, aimed, linear: text === DIN, corners: [] };
}

let readings: Reading[];
let told: (Told | null)[];
let verdicts: string[];
let judge: (reading: Reading) => Verdict | void;

function scanning(wish: Partial<Wish> = {}): Scanning {
  const whole: Wish = { setting: { hosts: ["ledger.example"] }, wanted: null, continuous: false, ...wish };
  return new Scanning(whole, {
    read: (reading) => {
      readings.push(reading);
      return judge(reading);
    },
    told: (one) => told.push(one),
    verdict: (verdict) => verdicts.push(verdict),
    failed: () => verdicts.push("failed"),
  });
}
/** The same frame for a while: ten a second. */
function look(at: Scanning, symbols: Aimed[], from: number, long = 1000): void {
  for (let now = from; now <= from + long; now += 100) at.frame(symbols, now, now);
}
const last = () => told.filter((one) => one !== null).at(-1)?.code;
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

beforeEach(() => {
  [readings, told, verdicts, judge] = [[], [], [], () => {}];
});

describe("single mode", () => {
  test("takes one reading and then waits", () => {
    const one = scanning();
    look(one, [seen(label("DOSE-1"))], 0);
    expect(readings).toHaveLength(1);
    one.again();
    look(one, [seen(label("DOSE-2"))], 5000);
    expect(readings.map((reading) => reading.text)).toEqual([label("DOSE-1"), label("DOSE-2")]);
  });

  test("prefers a label's link to the symbols printed beside it", () => {
    look(scanning(), [seen("=<S1234V00"), seen(label("DOSE-1"))], 0);
    expect(readings.map((reading) => reading.scanned.kind)).toEqual(["label"]);
  });

  test("takes what the screen wants, whatever else is there", () => {
    look(scanning({ wanted: ["product"] }), [seen("=<S1234V00"), seen(label("DOSE-1"))], 0);
    expect(readings.map((reading) => reading.scanned.kind)).toEqual(["product"]);
  });

  test("asks which of two, and takes neither although a later frame shows only one", () => {
    const one = scanning();
    look(one, [seen(label("DOSE-1")), seen(label("DOSE-2"))], 0);
    one.frame([seen(label("DOSE-1"))], 1100, 1100);
    expect(readings).toEqual([]);
    expect(last()).toBe("several");
  });

  test("leaves what is beside the frame, and says so", () => {
    look(scanning(), [seen(label("DOSE-1"), false)], 0);
    expect(readings).toEqual([]);
    expect(last()).toBe("beside");
  });

  test("says what it is when something else is wanted, but not of one frame alone", () => {
    const one = scanning({ wanted: ["wristband"] });
    one.frame([seen(label("DOSE-1"))], 0, 0);
    expect(told).toEqual([]);
    look(one, [seen(label("DOSE-1"))], 100);
    expect(last()).toBe("unwanted");
  });

  test("believes a linear symbol when two frames agree", () => {
    const one = scanning();
    one.frame([seen(DIN)], 0, 0);
    expect(readings).toEqual([]);
    one.frame([], 100, 100);
    one.frame([seen(DIN)], 200, 200);
    expect(readings).toHaveLength(1);
  });

  test("is ready again when the screen could not judge", async () => {
    const one = scanning();
    judge = () => {
      throw new Error("no answer");
    };
    one.frame([seen(label("DOSE-1"))], 0, 0);
    await settle();
    expect(verdicts).toEqual(["failed"]);
    judge = () => "match";
    one.frame([seen(label("DOSE-1"))], 100, 100);
    await settle();
    expect(verdicts).toEqual(["failed", "match"]);
  });
});

describe("continuous mode", () => {
  const many = () => scanning({ continuous: true, wanted: ["label"] });

  test("takes each label once, all that are in view", () => {
    const all = many();
    look(all, [seen(label("DOSE-1")), seen(label("DOSE-2"), false)], 0);
    look(all, [seen(label("DOSE-3"))], 1000);
    expect(readings).toHaveLength(3);
    expect(verdicts.filter((one) => one === "duplicate")).toEqual([]);
  });

  test("calls it a duplicate when it went out of sight and came back", async () => {
    const all = many();
    look(all, [seen(label("DOSE-1"))], 0);
    look(all, [seen(label("DOSE-1"))], 9000);
    await settle();
    expect(readings).toHaveLength(1);
    expect(verdicts).toEqual(["duplicate", "read"].sort());
  });

  test("judges again what did not match, or could not be judged, and never calls it read already", async () => {
    const all = many();
    judge = () => "mismatch";
    look(all, [seen(label("DOSE-1"))], 0);
    await settle();
    look(all, [seen(label("DOSE-1"))], 9000);
    await settle();
    judge = () => {
      throw new Error("the device's store failed");
    };
    look(all, [seen(label("DOSE-2"))], 20_000, 0);
    await settle();
    judge = () => "match";
    look(all, [seen(label("DOSE-2"))], 29_000);
    await settle();
    expect(verdicts).toEqual(["mismatch", "mismatch", "failed", "match"]);
  });

  test("reads the labels of a frame before the symbols that are printed beside them", () => {
    const all = scanning({ continuous: true, wanted: ["coi", "label"] });
    all.frame([seen("&/CHA999926000001"), seen(label("DOSE-1"))], 0, 0);
    expect(readings.map(({ scanned }) => scanned.kind)).toEqual(["label", "coi"]);
  });

  test("takes it again once it is off the list", () => {
    const all = many();
    look(all, [seen(label("DOSE-1"))], 0);
    all.forget(readings[0] as Reading);
    look(all, [seen(label("DOSE-1"))], 5000);
    expect(readings).toHaveLength(2);
  });
});

describe("a keyboard scanner", () => {
  const ways = (computer: string, us: string) => [
    { layout: "computer", text: computer } as const,
    { layout: "us", text: us } as const,
  ];

  test("is read as the only way says that makes sense, and the app remembers which", () => {
    const one = scanning();
    one.wedge(ways("´A99992112345663", DIN), true, 0);
    expect(readings[0]?.scanned.kind).toBe("din");
    expect(one.layout).toBe("us");
    expect(last()).toBe("layout_mended");
  });

  test("is doubted where Y and Z may have changed places", () => {
    const one = scanning();
    one.wedge(ways("BAG-Z1", "BAG-Y1"), true, 0);
    expect(readings).toEqual([]);
    expect(last()).toBe("layout_uncertain");
    one.layout = "us";
    one.wedge(ways("BAG-Z1", "BAG-Y1"), true, 0);
    expect(readings[0]?.text).toBe("BAG-Y1");
  });

  test("of a symbol cut anywhere, neither part is taken for another, and each says to scan again", () => {
    const symbols = [label("DOSE-1"), "DOSE-0001", "UBB1:NORA", "MRN-4711|1961-04-23", "=+03000=A99992112345600=<S1234V00&/CHA999926ABC123"];
    const setting = { hosts: ["ledger.example"], wristband: "MRN-[0-9]+\\|[0-9-]{10}" };
    const known = [...symbols, "=A99992112345600", "=<S1234V00"]; // whole structures, true as far as they go
    fc.assert(fc.property(fc.constantFrom(...symbols), fc.nat(), (text, place) => {
      [readings, told] = [[], []];
      const cut = 1 + (place % (text.length - 1));
      const one = scanning({ setting, continuous: true });
      for (const part of [text.slice(0, cut), text.slice(cut)]) one.wedge([{ layout: "computer", text: part }], false, 0);
      for (const { text: taken } of readings) expect(known).toContain(taken);
      if (readings.length === 0) expect(last()).toBe("torn");
    }));
  });

  test.each([["BAG-0001", 0], [`OSE-1.L1.${CHECK}`, 0], [label("DOSE-1"), 1], [DIN, 1], [`=+02000${DIN}&`, 0]])("may have lost a part: of %s %i is taken", (text, count) => {
    scanning().wedge([{ layout: "computer", text }], false, 0);
    expect(readings).toHaveLength(count);
    if (count === 0) expect(last()).toBe("torn");
  });
});

describe("typed entry", () => {
  test("is read after a second typing, with its reason", () => {
    const one = scanning();
    one.type("dose-1", "symbol_frosted");
    expect(readings).toEqual([]);
    expect(one.typeAgain("DOSE-7", 0)).toMatchObject({ wrong: "differs", at: [5] });
    expect(one.typeAgain("DOSE-I", 0)).toMatchObject({ wrong: "looks_alike" });
    expect(one.typeAgain("dose-1 ", 0)).toBeNull();
    expect(readings[0]).toMatchObject({ method: "typed", reason: "symbol_frosted", text: "DOSE-1" });
  });

  test("is read after a scan of any symbol that names it, and not of another", () => {
    const one = scanning({ wanted: ["container"] });
    one.type("DOSE-1", "symbol_damaged");
    one.frame([seen(label("DOSE-2"))], 0, 0);
    expect(readings).toEqual([]);
    expect(last()).toBe("wrong");
    one.frame([seen(label("DOSE-1"))], 100, 100);
    expect(readings[0]).toMatchObject({ method: "typed", source: "typed", text: "DOSE-1" });
  });

  test.each([DIN, "&/CHA999926000001", "=+02000" + DIN + "&/CHA999926000001"])("of a bag is not proved by %s, which names none", (text) => {
    const one = scanning({ wanted: ["container"] });
    one.type("A99992112345663", "symbol_damaged");
    for (const now of [0, 100]) one.frame([seen(text)], now, now);
    expect(readings).toEqual([]);
    expect(told.at(-1)).toMatchObject({ code: "wrong", wrong: { wrong: "names_no_bag" } });
  });

  test("gives the label that proved it, where a label is wanted: it may be void", () => {
    const one = scanning({ continuous: true, wanted: ["label", "container"] });
    one.type("DOSE-1", "symbol_damaged");
    one.frame([seen(label("DOSE-1"))], 0, 0);
    expect(readings[0]).toMatchObject({ method: "scan", reason: null, scanned: { kind: "label", serial: "L-DOSE-1" } });
  });

  test.each([
    ["A99992112345G3", "A999921123456" + "3"],
    ["G123498654321" + "H", undefined],
    ["GI23498654321H", "G123498654321H"],
  ])("of %s asks whether %s was meant", (text, perhaps) => {
    const found = scanning({ wanted: ["din"] }).type(text, "symbol_missing");
    if (perhaps) expect(found).toMatchObject({ perhaps });
    else expect(found).toMatchObject({ scanned: { kind: "din" } });
  });
});
