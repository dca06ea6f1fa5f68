/** What one can do with the scanner besides scanning, in reach of a gloved thumb. */

import { useState } from "preact/hooks";
import { t } from "../../messages";
import { Button } from "./Screen";
import { isMuted, mute, type useScanning } from "./useScanning";

type Props = {
  scanner: ReturnType<typeof useScanning>;
  full: boolean;
  onFull: (full: boolean) => void;
  onType: () => void;
};

export function ScannerTools({ scanner, full, onFull, onType }: Props) {
  const [silent, setSilent] = useState(isMuted());
  const { camera, torch } = scanner.state;
  const hush = () => {
    mute(!silent);
    setSilent(!silent);
  };
  return (
    <div class="buttons">
      {camera === "off" && <Button kind="primary" onClick={scanner.retry}>{t("scan.retry")}</Button>}
      <Button onClick={onType}>{t("scan.type")}</Button>
      {torch !== "none" && <Button onClick={scanner.light}>{t(torch === "on" ? "scan.torch_off" : "scan.torch_on")}</Button>}
      <Button onClick={() => onFull(!full)}>{t(full ? "scan.smaller" : "scan.larger")}</Button>
      <Button onClick={hush}>{t(silent ? "scan.sound_on" : "scan.sound_off")}</Button>
    </div>
  );
}
