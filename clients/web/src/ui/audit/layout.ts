/**
 * Where the containers of a therapy stand in its lineage: generations from left to right, and
 * between them the acts (split, pool, fill …) that made one from the other. Pure; units are pixels.
 */

export interface Made {
  container: string;
  parents: readonly string[];
  made_by: string;
  position: number; // the entry that made it
}

export interface Sizes {
  width: number; // of a container
  height: number;
  act: number; // the width of the column of acts between two generations
  gap: number; // between two containers of a generation
}

export interface Box {
  name: string;
  x: number;
  y: number;
  generation: number;
}

/** An act: one entry that made children from parents. */
export interface Act {
  position: number;
  how: string;
  parents: string[];
  children: string[];
  x: number; // its middle
  y: number;
}

export interface Drawing {
  width: number;
  height: number;
  boxes: Box[];
  acts: Act[];
}

export function draw(made: readonly Made[], sizes: Sizes): Drawing {
  const known = new Map(made.map((one) => [one.container, one]));
  const generations = generationsOf(known);
  const columns = columnsOf(made, generations);
  const y = heights(columns, known, sizes);
  const stride = sizes.width + sizes.act;
  const boxes = made.map((one) => {
    const generation = generations.get(one.container) ?? 0;
    return { name: one.container, x: generation * stride, y: y.get(one.container) ?? 0, generation };
  });
  const acts = actsOf(known, boxes, sizes);
  return {
    width: Math.max(0, columns.length * stride - sizes.act),
    height: Math.max(0, ...boxes.map((one) => one.y + sizes.height)),
    boxes,
    acts,
  };
}

/** The longest way from a container without parents; a loop, which only false facts make, ends. */
function generationsOf(known: ReadonlyMap<string, Made>): Map<string, number> {
  const depth = new Map<string, number>();
  const look = (name: string, above: ReadonlySet<string>): number => {
    const found = depth.get(name);
    if (found !== undefined) return found;
    const parents = (known.get(name)?.parents ?? []).filter((one) => known.has(one) && !above.has(one));
    const deepest = Math.max(-1, ...parents.map((one) => look(one, new Set(above).add(name))));
    depth.set(name, deepest + 1);
    return deepest + 1;
  };
  for (const name of known.keys()) look(name, new Set());
  return depth;
}

function columnsOf(made: readonly Made[], generations: ReadonlyMap<string, number>): string[][] {
  const columns: string[][] = [];
  for (const { container } of made) {
    const at = generations.get(container) ?? 0;
    while (columns.length <= at) columns.push([]);
    columns[at]?.push(container);
  }
  return columns;
}

/** Each beside the middle of its relatives, without two on one place: swept to and fro. */
function heights(columns: string[][], known: ReadonlyMap<string, Made>, sizes: Sizes): Map<string, number> {
  const step = sizes.height + sizes.gap;
  const y = new Map<string, number>();
  for (const column of columns) for (const [row, name] of column.entries()) y.set(name, row * step);
  const children = childrenOf(known);
  for (let sweep = 0; sweep < 4; sweep++) {
    const down = sweep % 2 === 0;
    for (const column of down ? columns : [...columns].reverse()) {
      settle(column, (name) => (down ? known.get(name)?.parents : children.get(name)) ?? [], y, step);
    }
  }
  const top = Math.min(...y.values());
  for (const [name, at] of y) y.set(name, Math.round(at - top));
  return y;
}

function settle(
  column: string[], relatives: (name: string) => readonly string[], y: Map<string, number>, step: number,
): void {
  const wanted = new Map(column.map((name) => [name, mean(relatives(name), y) ?? y.get(name) ?? 0]));
  column.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
  for (const cluster of clusters(column.map((name) => wanted.get(name) ?? 0), step)) {
    for (const { index, at } of cluster) y.set(column[index] ?? "", at);
  }
}

/** Places at least one step apart, each group around the middle of what its members wanted. */
function clusters(wanted: readonly number[], step: number): { index: number; at: number }[][] {
  const groups: { members: number[]; start: number }[] = [];
  for (const [index, place] of wanted.entries()) {
    groups.push({ members: [index], start: place });
    for (let last = groups.length - 1; last > 0; last--) {
      const [before, after] = [groups[last - 1], groups[last]];
      if (!before || !after || before.start + before.members.length * step <= after.start) break;
      const members = [...before.members, ...after.members];
      const middle = members.reduce((sum, one, row) => sum + (wanted[one] ?? 0) - row * step, 0) / members.length;
      groups.splice(last - 1, 2, { members, start: middle });
    }
  }
  return groups.map(({ members, start }) => members.map((index, row) => ({ index, at: start + row * step })));
}

function mean(names: readonly string[], y: ReadonlyMap<string, number>): number | null {
  const found = names.map((name) => y.get(name)).filter((one) => one !== undefined);
  return found.length ? found.reduce((sum, one) => sum + one, 0) / found.length : null;
}

function childrenOf(known: ReadonlyMap<string, Made>): Map<string, string[]> {
  const children = new Map<string, string[]>();
  for (const one of known.values()) {
    for (const parent of one.parents) children.set(parent, [...(children.get(parent) ?? []), one.container]);
  }
  return children;
}

function actsOf(known: ReadonlyMap<string, Made>, boxes: readonly Box[], sizes: Sizes): Act[] {
  const place = new Map(boxes.map((one) => [one.name, one]));
  const acts = new Map<string, Act>();
  for (const one of known.values()) {
    const parents = one.parents.filter((name) => known.has(name));
    if (!parents.length) continue;
    const generation = place.get(one.container)?.generation ?? 0;
    const key = `${one.position} ${generation}`;
    const act = acts.get(key) ?? { position: one.position, how: one.made_by, parents: [], children: [], x: 0, y: 0 };
    act.parents = [...new Set([...act.parents, ...parents])];
    act.children.push(one.container);
    act.x = generation * (sizes.width + sizes.act) - sizes.act / 2;
    acts.set(key, act);
  }
  for (const act of acts.values()) act.y = middle([...act.parents, ...act.children], place, sizes);
  return apart([...acts.values()]);
}

function middle(names: readonly string[], place: ReadonlyMap<string, Box>, sizes: Sizes): number {
  const found = names.map((name) => (place.get(name)?.y ?? 0) + sizes.height / 2);
  return found.reduce((sum, one) => sum + one, 0) / Math.max(1, found.length);
}

const BETWEEN = 48; // two acts of one column, from middle to middle

function apart(acts: Act[]): Act[] {
  const columns = new Map<number, Act[]>();
  for (const act of acts) columns.set(act.x, [...(columns.get(act.x) ?? []), act]);
  for (const column of columns.values()) {
    column.sort((a, b) => a.y - b.y);
    for (const [row, act] of column.entries()) {
      const before = column[row - 1];
      if (before && act.y < before.y + BETWEEN) act.y = before.y + BETWEEN;
    }
  }
  return acts;
}

/** A curve from one point to another that leaves and arrives level. */
export function curve(from: { x: number; y: number }, to: { x: number; y: number }): string {
  const bend = (to.x - from.x) / 2;
  return `M${from.x} ${from.y}C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
}
