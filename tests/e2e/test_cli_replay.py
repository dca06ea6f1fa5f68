"""The auditor asks through the program what was shown, changed, and in which order; takes tables away."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.cli.screen import REFUSED, USAGE
from ledger.proof import note
from ledger.proof.keyfile import new_key
from tests.e2e.live import APHERESIS, CHAIN, CLEANROOM, COI, DOSE, FRESH, VAN, Live, program, running


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Collected, handed over, made and released; a late fact; a copy of the log and a bundle."""
    with running(tmp_path_factory.mktemp("live")) as live:
        live.order_and_collect()
        live.hand_over(FRESH, ("anna", APHERESIS), ("kit", VAN))
        live.hand_over(FRESH, ("kit", VAN), ("mia", CLEANROOM))
        live.make_and_release()
        live.say("mia", "Stored", at=CLEANROOM, containers=[DOSE], location="FREEZER-1",
                 occurred_at="2026-01-01T00:00:00.000Z")  # fmt: skip
        evidence = str(live.folder / "evidence.zip")
        run(live, "export", "bundle", COI, "--out", evidence, "--why", "inspection", "--yes")
        run(live, "log", "download", str(live.folder / "copy"))
        yield live


def run(live: Live, *words: str, code: int = 0) -> str:
    done = program(live, "audrey", *words)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def as_json(live: Live, *words: str, code: int = 0) -> Any:
    return json.loads(run(live, *words, "--json", code=code))


def accepted(live: Live) -> int:
    """The position at which kit took the bag."""
    story = as_json(live, "timeline", COI)["entries"]
    return next(int(one["position"]) for one in story if one["type"] == "CustodyAccepted")


def test_what_a_courier_was_shown_before_and_after_taking_the_bag(live: Live) -> None:
    at = accepted(live)
    assert "kit was not shown this therapy" in run(
        live, "replay", COI, "--before", str(at - 1), "--for", "kit"
    )
    shown = " ".join(run(live, "replay", COI, "--before", str(at), "--for", "kit").split())
    assert "as shown to kit" in shown
    assert "gates were open" in shown
    assert as_json(live, "replay", COI, "--before", str(at), "--for", "kit")["account"]["moment"]["shown"]
    refused = program(live, "nora", "replay", COI, "--before", str(at), "--for", "kit")
    assert "not_yours" in refused.stderr


def test_the_changes_are_the_same_from_the_server_the_copy_and_the_bundle(live: Live) -> None:
    asked = ["replay", COI, "--from", str(accepted(live)), "--to", str(accepted(live) + 1)]
    served = as_json(live, *asked)
    (moved,) = [one for one in served["changes"] if one["point"] == f"custody/{FRESH}/holder"]
    assert (moved["before"], moved["after"]) == ("st-mary/apheresis", "swift-depot/van-2")
    for files in ("copy", "evidence.zip"):
        offline = as_json(live, *asked, "--in", str(live.folder / files))
        assert offline["audit"]["first_wrong"] is None
        assert {name: offline[name] for name in served} == served
    said = " ".join(run(live, *asked).split())
    assert f"{FRESH}: held by st-mary/apheresis swift-depot/van-2" in said
    assert "CustodyAccepted, kit" in said


def test_a_bag_and_a_site_are_asked_about_too(live: Live) -> None:
    at, copy = str(accepted(live) + 1), str(live.folder / "copy")
    for where in ([], ["--in", copy]):
        assert as_json(live, "replay", FRESH, "--before", at, *where)["points"]
        assert f"{FRESH}: held by" in run(live, "replay", FRESH, "--before", at, *where)
        found = as_json(live, "replay", "site/swift-depot", "--from", "0", "--to", at, *where)
        assert f"custody/{FRESH}/holder" in {one["point"] for one in found["changes"]}
    assert FRESH in run(live, "replay", "site/swift-depot", "--before", at)
    offline = as_json(live, "replay", "site/swift-depot", "--before", at, "--in", copy)
    assert offline["points"][f"custody/{FRESH}/holder"] == "swift-depot/van-2"


def test_the_claimed_order_names_what_a_decision_could_not_see(live: Live) -> None:
    found = as_json(live, "replay", COI, "--order")
    unseen = {(one["decision_type"], one["entry_type"]): one for one in found["unseen"]}
    assert unseen["Released", "Stored"]["why"] == "came_later"
    said = " ".join(run(live, "replay", COI, "--order").split())
    assert "Released by quinn" in said
    assert "Stored came to the log after it" in said
    offline = as_json(live, "replay", COI, "--order", "--in", str(live.folder / "copy"))
    assert {name: offline[name] for name in ("entries", "pairs", "unseen")} == {
        name: found[name] for name in ("entries", "pairs", "unseen")
    }


def test_tables_are_written_from_the_server_the_copy_and_the_bundle(live: Live, tmp_path: Path) -> None:
    counts = {}
    for name in ("", "copy", "evidence.zip"):
        where = ["--in", str(live.folder / name)] if name else []
        for form in ("csv", "parquet"):
            path = tmp_path / f"{name or 'served'}.{form}"
            told = as_json(live, "export", "events", f"--{form}", str(path), *where)
            assert path.stat().st_size > 0
            assert told["wrong"] == 0
            counts[path.name] = told["entries"]
    assert counts["served.csv"] == counts["copy.csv"] == counts["copy.parquet"]
    assert 0 < counts["evidence.zip.csv"] <= counts["copy.csv"]
    with (tmp_path / "served.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == counts["served.csv"]


def test_tables_of_one_therapy_with_the_containers_beside(live: Live, tmp_path: Path) -> None:
    told = run(live, "export", "events", "--csv", str(tmp_path / "e.csv"), "--containers",
               str(tmp_path / "c.csv"), "--therapy", CHAIN)  # fmt: skip
    assert "Whether the log is whole" in told
    with (tmp_path / "c.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["therapy"] for row in rows} == {COI}
    assert [row["container"] for row in rows if row["makes"] == "true"] == [FRESH, DOSE]


def test_questions_that_make_no_sense_are_refused(live: Live, tmp_path: Path) -> None:
    for words, code in (
        (["replay", COI], "bad_moment"),
        (["replay", COI, "--before", "3", "--from", "2"], "bad_moment"),
        (["replay", "?", "--before", "3"], "bad_subject"),
        (["replay", FRESH, "--order"], "bad_subject"),
        (["export", "events"], "bad_form"),
        (["export", "events", "--csv", str(tmp_path / "x"), "--containers", str(tmp_path / "x")], "bad_form"),
        (["replay", COI, "--order", "--from", "3"], "bad_moment"),
        (["replay", COI, "--order", "--for", "kit", "--in", str(live.folder / "copy")], "bad_moment"),
        (["replay", COI, "--from", "9", "--to", "3", "--in", str(live.folder / "copy")], "invalid_request"),
    ):
        assert as_json(live, *words, code=USAGE)["error"]["code"] == code


def test_files_of_another_logs_key_are_wrong_and_tell_nothing(live: Live, tmp_path: Path) -> None:
    name, algorithm = note.VerifierKey.parse(live.vkey).name, note.VerifierKey.parse(live.vkey).alg
    key = ["--log-key", str(note.VerifierKey(name, algorithm, new_key().public))]
    table = tmp_path / "events.csv"
    for files in ("copy", "evidence.zip"):
        where = ["--in", str(live.folder / files), *key]
        for words in (["--before", "20"], ["--from", "5", "--to", "20"], ["--order"]):
            found = as_json(live, "replay", COI, *words, *where, code=REFUSED)
            assert found["error"]["code"] == "audit_broke_off"
        as_json(live, "export", "events", "--csv", str(table), *where, code=REFUSED)
        assert not table.exists()


def test_a_name_that_is_not_known_is_no_answer(live: Live) -> None:
    copy = ["--in", str(live.folder / "copy")]
    asked = ["replay", COI, "--before", "20", "--for", "norra"]
    for words in (asked, [*asked, *copy]):
        assert as_json(live, *words, code=REFUSED)["error"]["code"] == "no_such_agent"
    unknown = as_json(live, "replay", "isbt128:NOPE000000001", "--order", *copy, code=REFUSED)
    assert unknown["error"]["code"] == "no_such_chain"
