"""The demo's own small parts: what it prints, and the readings of its made-up logger."""

from __future__ import annotations

import io
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from clients.demo.cast import FIRST, PATIENTS, SECOND
from clients.demo.company import Company
from clients.demo.page import WIDTH, Page
from clients.demo.tale import carried, readings_by_way_of
from clients.sdk import Client


def printed(**options: bool) -> tuple[Page, io.StringIO]:
    out = io.StringIO()
    return Page(Console(width=WIDTH, highlight=False, file=out, **options)), out


@given(st.lists(st.integers(-20_000, 5_000), min_size=2, max_size=5), st.integers(2, 200))
def test_readings_begin_and_end_as_told_and_never_leave_the_band_between(
    values: list[int], count: int
) -> None:
    readings = readings_by_way_of(values, count)
    assert (len(readings), readings[0], readings[-1]) == (count, values[0], values[-1])
    assert min(values) <= min(readings) <= max(readings) <= max(values)


def test_a_line_says_when_it_was_signed_and_under_which_entry_it_stands() -> None:
    page, out = printed()
    page.recorded("Anna packed it", {"position": 7, "signed_at": "2026-03-01T09:30:00.000Z"})
    page.recorded("Kit took it", {"waiting": "ab", "signed_at": "2026-03-01T09:31:00.000Z"})
    assert out.getvalue().splitlines() == [
        "  09:30:00  ✓ Anna packed it (entry 7)",
        "  09:31:00  … Kit took it (on the phone, not yet sent)",
    ]


def test_what_the_ledger_raises_twice_is_told_once_with_both_entries() -> None:
    page, out = printed()
    raised = [{"code": "temperature_excursion", "position": position} for position in (8, 9)]
    page.recorded("x", {"position": 7, "signed_at": "2026-03-01T09:30:00.000Z", "deviations": raised})
    said = " ".join(out.getvalue().split())
    assert said.count("THE LEDGER RAISES TEMPERATURE EXCURSION") == 1
    assert "blocks release and infusion until Quality decides (entries 8 and 9)" in said


def test_good_and_bad_are_told_without_colour() -> None:
    page, out = printed()
    page.checked("this", holds=True)
    page.checked("that", holds=False)
    page.refused("no [bold]markup[/]")
    page.stop("WRONG BAG", ["why"])
    text = out.getvalue()
    assert "✓ this\n" in text
    assert "✗ FAILED: that" in text
    assert "✗ REFUSED: no [bold]markup[/]" in text
    assert "S T O P" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("stream", [FIRST.stream, "shipment/x"])
def test_only_a_shipment_says_whose_each_bag_is(stream: str) -> None:
    bags = [FIRST.fresh, SECOND.fresh]
    whose = [{"coi": one.coi, "containers": [one.fresh]} for one in PATIENTS]
    assert carried(stream, bags) == {"containers": bags} | (
        {"therapies": whose} if stream == "shipment/x" else {}
    )


def test_a_label_is_read_back_as_one_of_its_therapy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Serials are counted by therapy: without it another patient's label of this serial would do."""
    asked: list[tuple[Path, str | None]] = []

    def scan_back(_: object, photo: Path, coi: str | None = None) -> dict[str, object]:
        asked.append((photo, coi))
        return {"text": None}

    monkeypatch.setattr("clients.labels.Labels.scan_back", scan_back)
    monkeypatch.setattr("clients.labels.Labels.__init__", lambda *_: None)
    company = Company(tmp_path)
    company._clients["mia"] = cast("Client", object())
    company.read_label("mia", FIRST.coi, "label.png", "L-1", "BAG-1")
    assert asked == [(Path("label.png"), FIRST.coi)]
