/** What the scanner says of itself, one thing at a time, read aloud where a screen reader listens. */

import type { Verdict } from "../../scan/feedback";
import type { Wrong } from "../../scan/identifiers";
import { namesNoBag, shown, type Kind, type Scanned } from "../../scan/parse";
import type { Reading, Told } from "../../scan/scanning";
import { t, tCode } from "../../messages";
import { Notice, type Tone } from "./Notice";
import { Button } from "./Screen";
import type { State } from "./useScanning";

type Props = {
  state: State;
  wanted: readonly Kind[] | undefined;
  continuous: boolean | undefined;
  onChoose: (reading: Reading) => void;
};

type Said = { tone: Tone; title: string; more?: string };

export function ScannerSaid({ state, wanted, continuous, onChoose }: Props) {
  const { tone, title, more } = inTwo(said(state, wanted, continuous === true));
  const choices = state.told?.code === "several" ? state.told.choices : [];
  return (
    <div class="said" role="status" aria-live="polite">
      <Notice tone={tone} title={title}>
        {more && <p>{more}</p>}
        {choices.length > 0 && (
          <div class="buttons">
            {choices.map((one) => (
              <Button key={one.text} onClick={() => onChoose(one)}>{shown(one.scanned)}</Button>
            ))}
          </div>
        )}
      </Notice>
    </div>
  );
}

/** What is the matter stands out; what to do about it stands below. */
function inTwo({ tone, title, more }: Said): Said {
  const end = title.indexOf(". ") + 1;
  return end === 0 || more ? { tone, title, ...(more ? { more } : {}) } : { tone, title: title.slice(0, end), more: title.slice(end + 1) };
}

/** What most needs saying: the verdict, then what is in view, then why nothing is. */
function said({ last, told, why, camera }: State, wanted: Props["wanted"], continuous: boolean): Said {
  if (last?.verdict === "failed") return { tone: "stop", title: t("scan.failed") };
  if (told) return ofTold(told, wanted);
  if (last?.verdict === "judging") return { tone: "wait", title: t("scan.judging") };
  if (continuous && why && why !== "nothing") return { tone: "warn", title: t(`scan.why.${why}`) };
  if (last?.reading) return ofVerdict(last.verdict, last.reading, wanted);
  if (why) return { tone: why === "nothing" ? "info" : "warn", title: t(`scan.why.${why}`) };
  if (camera === "starting") return { tone: "wait", title: t("scan.starting") };
  return { tone: "info", title: t(continuous ? "scan.aim_many" : "scan.aim") };
}

function ofVerdict(verdict: Verdict | "read", reading: Reading, wanted: Props["wanted"]): Said {
  const name = shown(reading.scanned);
  if (verdict === "mismatch") return { tone: "stop", title: t("scan.verdict.mismatch"), more: name };
  if (verdict === "duplicate") return { tone: "info", title: t("scan.verdict.duplicate"), more: name };
  if (verdict === "match") return { tone: "ok", title: t("scan.verdict.match"), more: name };
  if (isNoBag(reading.scanned, wanted)) return { tone: "info", title: name, more: t("scan.names_no_bag") };
  return { tone: "info", title: name, more: t(`scan.kind.${reading.scanned.kind}`) };
}

function ofTold(told: Told, wanted: Props["wanted"]): Said {
  switch (told.code) {
    case "several":
      return { tone: "warn", title: t("scan.which") };
    case "unwanted":
      return { tone: "warn", title: ofUnwanted(told.scanned, wanted) };
    case "wrong":
      return { tone: "warn", title: ofWrong(told.wrong) };
    default:
      return { tone: told.code === "layout_mended" ? "info" : "warn", title: t(`scan.${told.code}`) };
  }
}

/** A bag is to be scanned, and this does not say which. */
const isNoBag = (scanned: Scanned, wanted: Props["wanted"]): boolean => Boolean(wanted?.includes("label")) && namesNoBag(scanned);

function ofUnwanted(scanned: Scanned, wanted: Props["wanted"]): string {
  if (isNoBag(scanned, wanted)) return t("scan.names_no_bag");
  if (scanned.kind === "foreign") return t("scan.wrong.foreign", { host: scanned.host });
  const kind = t(`scan.kind.${scanned.kind}`);
  if (!wanted?.length) return t("scan.unwanted_any", { kind });
  return t("scan.unwanted", { kind, wanted: wanted.map((one) => t(`scan.kind.${one}`)).join(", ") });
}

/** The text of what is wrong, with what was read cut to a line. */
export function ofWrong({ wrong, got }: Wrong): string {
  const line = got.replace(/[^\x20-\x7e\u00a0-\uffff]/g, "·");
  return tCode("scan.wrong", wrong, { got: line.length > 48 ? `${line.slice(0, 47)}…` : line });
}
