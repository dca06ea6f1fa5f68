"""What was read in a logger's file, beside what the file itself prints: for people, and as JSON."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from rich.console import Console
from rich.text import Text

from clients.cli.screen import facts, rows
from clients.words import clock, degrees
from ledger.cold_chain.degrees import nearest
from ledger.cold_chain.logger_file import Channel, LoggerFile
from ledger.domain.kinetic import USP_ENERGY_J_MOL, mean_kinetic_centi_c
from ledger.domain.times import timestamp

_VERDICTS = {
    "valid": Text("✓ valid", style="green"),
    "absent": Text("none", style="dim"),
    "failed": Text("✗ FAILED: the file is not what the device signed", style="bold red"),
}
_STYLES = {"decided": "", "ignored": "dim", "contradicts": "bold red"}
_MOST_NOTES = 12


def shown_channels(file: LoggerFile, name: str | None) -> list[Channel]:
    return [channel for channel in file.channels if name in (None, channel.name)]


def channel_document(file: LoggerFile, channel: Channel) -> dict[str, Any]:
    """Numbers of one channel; `gaps` are the times between readings that are longer than the interval."""
    values = [value for value in channel.centi_c if value is not None]
    energy = file.printed.kinetic_energy_j_mol or USP_ENERGY_J_MOL
    known = [at_ms for at_ms, value, _ in channel.readings if value is not None]
    step_ms = (file.interval_s or 0) * 1000
    gaps = [pair for pair in pairwise(known) if step_ms and pair[1] - pair[0] > step_ms]
    return {
        "name": channel.name,
        "started_at": timestamp(channel.times_ms[0]) if channel.times_ms else None,
        "ended_at": timestamp(channel.times_ms[-1]) if channel.times_ms else None,
        "readings": len(values),
        "missing": len(channel.centi_c) - len(values),
        "gaps": [[timestamp(start), timestamp(end)] for start, end in gaps],
        "min_centi_c": min(values, default=None),
        "max_centi_c": max(values, default=None),
        "average_centi_c": nearest(sum(values), len(values)) if values else None,
        "mean_kinetic_centi_c": mean_kinetic_centi_c(((value, 1) for value in values), energy),
    }


def file_document(file: LoggerFile, channel: str | None) -> dict[str, Any]:
    """The whole, as JSON."""
    printed = file.printed
    return {
        "format": file.format,
        "why": file.why,
        "logger": file.serial,
        "model": file.model,
        "sha256": file.raw_sha256,
        "encoding": file.encoding,
        "zone": {"offset": file.zone.name, "known_by": file.zone.how},
        "interval_s": file.interval_s,
        "device_signature": {
            "verdict": file.device_signature.verdict,
            "checked": list(file.device_signature.checked),
            "root": file.device_signature.root,
        },
        "channels": [channel_document(file, one) for one in shown_channels(file, channel)],
        "printed": {
            "min_centi_c": printed.min_centi_c,
            "max_centi_c": printed.max_centi_c,
            "average_centi_c": printed.average_centi_c,
            "mean_kinetic_centi_c": printed.mean_kinetic_centi_c,
            "count": printed.count,
            "days": len(printed.days),
        },
        "notes": [{"weight": note.weight, "text": note.text, "line": note.line} for note in file.notes],
    }


def draw_file(console: Console, file: LoggerFile, channel: str | None) -> None:
    """Format, logger, clock; each channel beside the file's own summary; signature; notes."""
    every = f"{file.interval_s} s" if file.interval_s else "unknown"
    console.print(
        facts(
            {
                "format": f"{file.format}: {file.why}",
                "logger": file.serial or "not named",
                "model": file.model or "",
                "clock": f"{file.zone.name} ({file.zone.how})",
                "interval": every,
                "SHA-256": file.raw_sha256,
            }
        )
    )
    for one in shown_channels(file, channel):
        _draw_channel(console, file, channel_document(file, one))
    verdict = _VERDICTS[file.device_signature.verdict]
    console.print(Text.assemble("Device's signature: ", verdict))
    for check in file.device_signature.checked:
        console.print(Text(f"  {check}", style="dim"))
    _draw_notes(console, file)
    console.print()


def _draw_channel(console: Console, file: LoggerFile, read: dict[str, Any]) -> None:
    if read["started_at"] is None:
        console.print(f"\n{read['name']}: no readings\n")
        return
    console.print(f"\n{read['name']}: {clock(read['started_at'])} to {clock(read['ended_at'])} UTC, ", end="")
    console.print(f"{read['readings']} readings, {read['missing']} missing, {len(read['gaps'])} gaps")
    printed = _printed(file)
    table = rows("", "Read", *(["The file prints"] if printed else []), narrow=2)
    names = {"min": "lowest", "max": "highest", "average": "average"}
    if file.printed.mean_kinetic_centi_c is not None:  # of frozen cells it means nothing
        names["mean_kinetic"] = "mean kinetic"
    for member, name in names.items():
        cells = (degrees(read[f"{member}_centi_c"]) if read["readings"] else "", printed.get(member, ""))
        table.add_row(name, *cells[: 2 if printed else 1])
    if file.printed.count is not None:
        table.add_row("rows", str(read["readings"] + read["missing"]), printed["count"])
    console.print(table)
    if file.printed.truncates:
        console.print(Text("This device cuts averages to a tenth of a degree.", style="dim"))
    console.print()


def _printed(file: LoggerFile) -> dict[str, str]:
    """What the file prints, by the name of the figure; of a device that prints days, their extremes."""
    printed = file.printed
    figures = ("min", "max", "average", "mean_kinetic")
    values = {name: getattr(printed, f"{name}_centi_c") for name in figures}
    told = {name: degrees(value) for name, value in values.items() if value is not None}
    lows = [day.min_centi_c for day in printed.days if day.min_centi_c is not None]
    highs = [day.max_centi_c for day in printed.days if day.max_centi_c is not None]
    if lows and highs and not told:
        told = {"min": f"{degrees(min(lows))} on {len(lows)} days", "max": degrees(max(highs))}
    return told | ({"count": str(printed.count)} if printed.count is not None else {})


def _draw_notes(console: Console, file: LoggerFile) -> None:
    """What the file says against itself first."""
    ordered = sorted(file.notes, key=lambda note: note.weight != "contradicts")
    if ordered:
        console.print("\nIn reading it:")
    for note in ordered[:_MOST_NOTES]:
        place = f"line {note.line}: " if note.line else ""
        sign = "! " if note.weight == "contradicts" else "  "
        console.print(Text(f"{sign}{note.weight}: {place}{note.text}", style=_STYLES[note.weight]))
    if len(ordered) > _MOST_NOTES:
        console.print(Text(f"  and {len(ordered) - _MOST_NOTES} notes more, with --json", style="dim"))
