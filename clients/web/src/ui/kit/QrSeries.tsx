import { useEffect, useState } from "preact/hooks";
import { t } from "../../messages";
import { Qr } from "./Qr";
import { Button } from "./Screen";

const TURN_MS = 1500; // long enough for a slow camera; the other phone takes parts in any order

/** Texts too long for one code, shown one after another until somebody stops it. */
export function QrSeries({ texts, label }: { texts: readonly string[]; label: string }) {
  const [part, setPart] = useState(0);
  const [turning, setTurning] = useState(true);
  useEffect(() => {
    if (!turning || texts.length < 2) return undefined;
    const timer = setInterval(() => setPart((now) => now + 1), TURN_MS);
    return () => clearInterval(timer);
  }, [turning, texts.length]);
  const text = texts[part % texts.length];
  if (!text) return null;
  return (
    <>
      <Qr text={text} label={label} />
      {texts.length > 1 && (
        <>
          <p class="soft">{t("qr.part", { part: (part % texts.length) + 1, of: texts.length })}</p>
          <div class="buttons">
            <Button onClick={() => setTurning(!turning)}>{turning ? t("qr.hold") : t("qr.turn")}</Button>
            <Button onClick={() => setPart(part + 1)}>{t("qr.next")}</Button>
          </div>
        </>
      )}
    </>
  );
}
