/** Hand-overs in a chart: a dotted line with a letter, and who gave to whom beneath. */

import { t } from "../../messages";
import { party } from "../../messages/sentence";
import { Time } from "../kit/Time";
import type { Scale } from "./chart";
import { Entry } from "./Custody";
import { letterOf, momentOf } from "./handovers";
import type { Hand } from "./story";

export function HandLines({ handed, x, top, bottom }: { handed: readonly Hand[]; x: Scale; top: number; bottom: number }) {
  return (
    <g class="handed-lines">
      {handed.map((one, n) => momentOf(one) >= x.from && momentOf(one) <= x.to && (
        <g key={one.told.position}>
          <line x1={x.at(momentOf(one))} x2={x.at(momentOf(one))} y1={top} y2={bottom} />
          <text x={x.at(momentOf(one)) + 4} y={bottom - 8}>{letterOf(n)}</text>
        </g>
      ))}
    </g>
  );
}

export function HandList({ handed, from, to }: { handed: readonly Hand[]; from: number; to: number }) {
  const shown = handed.map((hand, n) => ({ hand, letter: letterOf(n) })).filter(({ hand }) => momentOf(hand) >= from && momentOf(hand) <= to);
  if (!shown.length) return null;
  return (
    <ol class="handed small" aria-label={t("audit.handed")}>
      {shown.map(({ hand: { told, giver, receiver }, letter }) => (
        <li key={told.position}>
          <strong>{letter}</strong> {party(giver)} → {party(receiver)} · <Time at={told.occurred_at} /> · <Entry position={told.position} />
        </li>
      ))}
    </ol>
  );
}
