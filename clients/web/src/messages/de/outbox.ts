import type { outbox as keys } from "../en/outbox";

export const outbox: Record<keyof typeof keys, string> = {
  "outbox.empty": "Nichts wartet. Alles, was Sie hier erfasst haben, steht im Register.",
  "outbox.send": "Jetzt senden",
  "outbox.export": "Als Datei sichern",
  "outbox.show": "Als QR-Codes zeigen",
  "outbox.show_hint": "Scannen Sie jeden mit dem anderen Telefon, in beliebiger Folge: {part} von {of}",
  "outbox.import": "Aus einer Datei übernehmen",
  "outbox.imported": "{count|Eine Aussage wurde übernommen|{count} Aussagen wurden übernommen}",
  "outbox.carried": "Mitgeführt für {agent}",
  "outbox.read": "Ich habe das gelesen",
  "outbox.again": "Noch einmal senden",
  "outbox.refused": "Das Register hat es abgelehnt",
  "outbox.kept": "Es bleibt auf diesem Gerät. Nichts geht verloren.",
  "outbox.waiting": "Wartet",
  "outbox.refused_title": "Abgelehnt",
  "outbox.recorded": "Erfasst",
  "outbox_state.queued": "Wartet auf diesem Gerät",
  "outbox_state.sent": "Gesendet, noch keine Antwort",
  "outbox_state.accepted": "Im Register als Eintrag {position}",
  "outbox_state.refused": "Abgelehnt",
};
