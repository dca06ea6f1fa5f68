/**
 * One container in one therapy: who held it, and when. A hand-over is a release and an acceptance with the
 * same giver and receiver, both of which list the container; the acceptance names the release, or none. It
 * moves the container if its giver is the holder, and waits if not yet (docs/glossary.md: custody).
 */
const MOST = 16; // halves that wait for one container: a busy one has two, more are not told
export const NOT_TOLD = "not told";

/** `until` null: as far as this bundle tells, they hold it still. `holder` may be `NOT_TOLD`. */
export interface Holding {
  container: string;
  holder: string;
  since: string;
  until: string | null;
  position: number;
}

/** `names`: the release that an acceptance or a refusal names. */
export interface Half {
  id: string;
  giver: string;
  receiver: string;
  names: string | null;
  since: string;
  position: number;
}

export class Bag {
  private readonly rows: Holding[] = [];
  private releases: Half[] = []; // they wait
  private claims: Half[] = []; // acceptances that wait
  private readonly moved = new Map<string, Half>(); // acceptances, by the release that each answered
  private readonly refused = new Set<string>();
  private doubt: { since: string; position: number } | null = null; // from here on it is not told
  private end: string | null = null; // infused, destroyed or lost
  private leftUl = 0;
  private emptied: string | null = null; // when something was last drawn
  private readonly container: string;

  constructor(container: string) {
    this.container = container;
  }

  /** It comes to be, once. */
  begin(holder: string, volumeUl: number, since: string, position: number): void {
    if (this.rows.length) return;
    this.leftUl += volumeUl;
    this.hold(holder, since, position);
    this.resolve();
  }

  release(half: Half): void {
    if (!this.refused.has(refusalOf(half, half.id))) this.wait(this.releases, half);
  }

  accept(half: Half): void {
    const first = half.names === null ? undefined : this.moved.get(half.names);
    if (first === undefined || !isBetweenSame(first, half)) this.wait(this.claims, half);
    else if (first.names === null) { // it may have meant another release: it steps back
      this.moved.set(half.names!, half);
      this.wait(this.claims, first);
    }
  }

  /** A refused release waits no longer. One that had moved by mistake is for the rules to put right. */
  refuse(half: Half): void {
    this.refused.add(refusalOf(half, half.names));
    this.releases = this.releases.filter((one) => one.id !== half.names || !isBetweenSame(one, half));
    if (this.moved.has(half.names ?? "")) this.doubt ??= half;
  }

  draw(volumeUl: number, since: string): void {
    this.leftUl -= volumeUl;
    if (volumeUl > 0) this.emptied = since;
  }

  /** Nobody holds it any more; null: it was found again. */
  finish(since: string | null): void {
    this.end = since;
  }

  /** Positions of the acceptances that wait. */
  get waiting(): number[] {
    return this.claims.map((one) => one.position);
  }

  /** Nothing of a container whose beginning is not given. `end`: when it left this therapy. */
  told(end: string | null = null): Holding[] {
    if (!this.rows.length) return [];
    const last = this.rows.at(-1)!;
    const doubt = this.doubt ?? this.claims.find((one) => one.position > last.position);
    const rows = this.rows.filter((one) => !doubt || one.position < doubt.position);
    if (doubt) rows.push({ container: this.container, holder: NOT_TOLD, since: doubt.since, until: null, position: doubt.position });
    const until = end ?? this.end ?? (this.leftUl <= 0 ? this.emptied : null);
    return rows.map((one, at) => ({ ...one, until: rows[at + 1]?.since ?? until }));
  }

  private wait(halves: Half[], half: Half): void {
    if (this.releases.length + this.claims.length >= MOST) this.doubt ??= half;
    else halves.push(half);
    this.resolve();
  }

  private hold(holder: string, since: string, position: number): void {
    this.rows.push({ container: this.container, holder, since, until: null, position });
  }

  private resolve(): void {
    for (let hop = this.hop(); hop; hop = this.hop()) {
      const [release, claim] = hop;
      this.releases = this.releases.filter((one) => one !== release);
      this.claims = this.claims.filter((one) => one !== claim);
      this.moved.set(release.id, claim);
      this.hold(claim.receiver, claim.since, claim.position);
    }
  }

  /** The holder's release, and the acceptance that names it, or else one that names none. */
  private hop(): [Half, Half] | null {
    const holder = this.rows.at(-1)?.holder;
    for (const release of this.releases.filter((one) => one.giver === holder)) {
      const fitting = this.claims.filter((one) => isBetweenSame(one, release));
      const claim = fitting.find((one) => one.names === release.id) ?? fitting.find((one) => one.names === null);
      if (claim) return [release, claim];
    }
    return null;
  }
}

function isBetweenSame(one: Half, other: Half): boolean {
  return one.giver === other.giver && one.receiver === other.receiver;
}

function refusalOf({ giver, receiver }: Half, release: string | null): string {
  return `${release} ${giver} ${receiver}`;
}
