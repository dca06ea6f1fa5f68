"""How a log has its heads stamped: over a real socket, and what it makes of each wrong answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api import authorities, stamping, stamps_program
from api.authorities import RESPONSE, Authorities, must_be_url
from api.authorities import Authority as Asked
from api.metrics import Metrics
from api.stamping import Asking, Stamping, StampStanding
from ledger.errors import Malformed
from ledger.proof.evidence_record import check_record
from ledger.proof.time_stamp import MAX_TOKEN, Response, check_token
from ledger.store.time_stamps import TimeStampStore
from tests.e2e.api_stage import enrol
from tests.scenario import Clock, Scenario, open_scenario
from tests.tsa import DAY, Authority, authority, served

RSA, CURVE = (
    authority(),
    authority("Curve TSA", "sha512", elliptic=True, until=datetime.now(UTC) + 3650 * DAY),
)
ROOTS = (RSA.root, CURVE.root)
Answers = Callable[[bytes], tuple[int, str, bytes]]


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    now_ms = time.time_ns() // 1_000_000
    opened = open_scenario(f"sqlite:///{tmp_path}/ledger.db", clock=Clock(now_ms // 1000 * 1000))
    yield opened
    opened.ledger.close()


def by(tsa: Authority) -> Answers:
    return lambda request: (200, RESPONSE, tsa.answer(request))


def asking(scenario: Scenario, *urls: str, **more: Any) -> list[Asking]:
    asked = Authorities(urls, (*ROOTS, EXPIRED.root), **more)
    store = scenario.ledger.store
    return Stamping(store, TimeStampStore(store), asked, scenario.clock).asking


def grow(scenario: Scenario, name: str) -> int:
    enrol(scenario, name, "nurse", "ada", "st-mary-trust", "st-mary")
    return scenario.ledger.store.head()[0]


@pytest.mark.parametrize(("tsa", "hash_name"), [(RSA, "sha256"), (CURVE, "sha512")], ids=["RSA", "ECDSA"])
def test_the_newest_head_is_stamped_and_kept(scenario: Scenario, tsa: Authority, hash_name: str) -> None:
    with served(by(tsa)) as url:
        (one,) = asking(scenario, url, hash_name=hash_name)
        one.once()
    head = scenario.ledger.store.latest_checkpoint()
    (kept,) = TimeStampStore(scenario.ledger.store).records()
    assert head
    assert (kept.size, kept.record, one.standing.state) == (head.size, url, "stamps")
    assert check_record(kept.chains, head.note, ROOTS).first.at_ms == kept.at_ms == one.standing.at_ms


def test_a_head_is_stamped_at_most_once_in_the_interval_and_only_where_the_log_has_grown(
    scenario: Scenario,
) -> None:
    kept = TimeStampStore(scenario.ledger.store)
    with served(by(RSA)) as url:
        (one,) = asking(scenario, url, every_s=100)
        one.once()
        grow(scenario, "more")
        one.once()
        assert len(kept.records()) == 1
        assert one.pause_s() == 2
        scenario.clock.forward(150)
        one.once()
        scenario.clock.forward(150)
        one.once()
    assert len(kept.records()) == 2


def _tampered(change: Callable[[dict[str, Any]], None]) -> Answers:
    return by(Authority(RSA.root, RSA.leaf, RSA.key, altered=change))


def _nonce(told: dict[str, Any]) -> None:
    told["nonce"] += 1


def _imprint(told: dict[str, Any]) -> None:
    told["message_imprint"] = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}


def _clocked(away: timedelta) -> Answers:
    return by(Authority(RSA.root, RSA.leaf, RSA.key, now=lambda: datetime.now(UTC) + away))


def _slow(_: bytes) -> tuple[int, str, bytes]:
    time.sleep(1)
    return 200, RESPONSE, b""


EXPIRED = authority(since=datetime.now(UTC) - 9 * DAY, until=datetime.now(UTC) - DAY, root=None)
REFUSAL = Response({"status": {"status": "rejection", "status_string": ["closed"]}}).dump()
WRONG: dict[str, tuple[Answers, str]] = {
    "another nonce": (_tampered(_nonce), "bad_time_stamp"),
    "another imprint": (_tampered(_imprint), "bad_time_stamp"),
    "an unknown root": (by(authority()), "unknown_authority"),
    "an expired certificate": (by(EXPIRED), "bad_time_stamp"),
    "a clock an hour ahead": (_clocked(timedelta(hours=1)), "bad_time_stamp"),
    "a clock an hour behind": (_clocked(timedelta(hours=-1)), "bad_time_stamp"),
    "garbage": (lambda _: (200, RESPONSE, b"garbage"), "bad_time_stamp"),
    "nothing": (lambda _: (200, RESPONSE, b""), "bad_time_stamp"),
    "without an end": (lambda _: (200, RESPONSE, bytes(MAX_TOKEN + 1)), "authority_unreachable"),
    "a refusal": (lambda _: (200, RESPONSE, REFUSAL), "time_stamp_refused"),
    "a page for people": (lambda _: (503, "text/html", b"<p>later"), "time_stamp_refused"),
    "too slow": (_slow, "authority_unreachable"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_a_wrong_answer_is_called_and_nothing_is_kept(
    scenario: Scenario, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, code = WRONG[case]
    monkeypatch.setattr(authorities, "TIMEOUT", authorities.httpx.Timeout(0.3 if case == "too slow" else 5))
    with served(answers) as url:
        (one,) = asking(scenario, url)
        one.once()
        one.once()
    assert (one.standing.state, one.standing.failures) == (code, 2)
    assert one.pause_s() == 10
    assert TimeStampStore(scenario.ledger.store).records() == []


def test_nobody_there_is_a_failure_and_a_later_success_ends_it(scenario: Scenario) -> None:
    with served(by(RSA)) as url:
        pass
    (one,) = asking(scenario, url)
    one.once()
    assert one.standing.state == "authority_unreachable"
    with served(by(RSA)) as other:
        (again,) = asking(scenario, other)
        again.once()
    assert (again.standing.state, again.standing.failures) == ("stamps", 0)


def test_ingest_goes_on_while_an_authority_hangs(scenario: Scenario) -> None:
    hanging, done = threading.Event(), threading.Event()

    def hang(_: bytes) -> tuple[int, str, bytes]:
        hanging.set()
        done.wait(10)
        return 500, "text/plain", b""

    store = scenario.ledger.store
    with served(hang) as url:
        running = Stamping(store, TimeStampStore(store), Authorities((url,), ROOTS), scenario.clock)
        running.start()
        assert hanging.wait(10)
        before = store.head()[0]
        assert grow(scenario, "meanwhile") > before
        done.set()
        running.close()


# --- renewal ----------------------------------------------------------------------------------


def test_a_stamp_is_renewed_before_its_certificate_ends_and_holds_afterwards(scenario: Scenario) -> None:
    """SHA-256 and RSA by the first authority, SHA-512 and ECDSA by the next, which takes over."""
    store, kept = scenario.ledger.store, TimeStampStore(scenario.ledger.store)
    soon = authority("Soon", until=datetime.now(UTC) + DAY)
    roots = (soon.root, CURVE.root)
    with served(by(soon)) as first, served(by(CURVE)) as second:
        for url, name in ((first, "sha256"), (second, "sha512")):
            (one,) = Stamping(store, kept, Authorities((url,), roots, name, every_s=1), scenario.clock).asking
            one.once()
            scenario.clock.forward(1)
        assert one.standing.due == 0
    (found,) = [each for each in kept.records() if each.record == first]
    assert (found.record, found.authority, found.count, found.hash_name) == (first, second, 2, "sha512")
    head = store.checkpoint(found.size)
    assert head
    evidence = check_record(found.chains, head.note, roots)
    assert evidence.holds_at(int((datetime.now(UTC) + 1000 * DAY).timestamp() * 1000))


def test_a_renewal_that_would_hold_no_longer_is_not_kept_and_shown_as_due(scenario: Scenario) -> None:
    soon = authority("Soon", until=datetime.now(UTC) + DAY)
    store, kept = scenario.ledger.store, TimeStampStore(scenario.ledger.store)
    with served(by(soon)) as url:
        (one,) = Stamping(store, kept, Authorities((url,), (soon.root,)), scenario.clock).asking
        for _ in range(3):
            one.once()
            assert (one.standing.due, one.standing.failures) == (1, 0)
            assert one.standing.state == "nothing_renewed"
    assert [each.count for each in kept.records()] == [1]


def test_a_renewal_never_goes_to_a_weaker_hash_and_never_ends_sooner(scenario: Scenario) -> None:
    """Whatever hash new stamps are by, and by hand as by itself."""
    store, kept = scenario.ledger.store, TimeStampStore(scenario.ledger.store)
    soon = authority("Soon", until=datetime.now(UTC) + 30 * DAY)
    sooner = authority("Sooner", until=datetime.now(UTC) + 9 * DAY)
    later = authority("Later", until=datetime.now(UTC) + 900 * DAY)
    roots = (soon.root, sooner.root, later.root)
    with served(by(soon)) as url:
        Stamping(store, kept, Authorities((url,), roots, "sha512"), scenario.clock).asking[0].once()
    with served(by(sooner)) as url:
        done, failed = stamps_program.renew_all(store, Authorities((url,), roots, "sha256"), None)
    assert (done, "ends no later" in failed[0]) == (0, True)
    with served(by(later)) as url:
        assert stamps_program.renew_all(store, Authorities((url,), roots, "sha256"), None) == (1, [])
    (found,) = kept.records()
    assert (found.count, found.hash_name, len(found.chains)) == (2, "sha512", 1)


def test_a_record_does_not_grow_longer_than_verifiers_read(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = scenario.ledger.store
    monkeypatch.setattr(stamping, "MAX_STAMPS", 1)
    with served(by(RSA)) as first, served(by(CURVE)) as second:
        asking(scenario, first)[0].once()
        done, failed = stamps_program.renew_all(store, Authorities((second,), ROOTS), None)
    assert (done, "no more are read" in failed[0]) == (0, True)


def test_a_renewal_by_an_authority_that_is_away_is_told_for_each_record(scenario: Scenario) -> None:
    with served(by(RSA)) as url:
        (one,) = asking(scenario, url, every_s=1)
        for name in ("more", "still"):
            one.once()
            grow(scenario, name)
            scenario.clock.forward(10)
    done, failed = stamps_program.renew_all(scenario.ledger.store, Authorities((url,), ROOTS), None)
    assert (done, len(failed)) == (0, 2)


def test_one_record_that_cannot_be_renewed_stands_in_no_others_way(scenario: Scenario) -> None:
    """The row of the first names a head that the log never signed."""
    store, kept = scenario.ledger.store, TimeStampStore(scenario.ledger.store)
    soon = authority("Soon", until=datetime.now(UTC) + DAY)
    roots = (soon.root, CURVE.root)
    with served(by(soon)) as first, served(by(CURVE)) as second:
        (one,) = Stamping(store, kept, Authorities((first,), roots), scenario.clock).asking
        one.once()
        (sound,) = kept.records()
        stamp = check_token(sound.chains[0][0], store.checkpoint(sound.size).note, roots)  # type: ignore[union-attr]
        kept.keep(9_999, first, 0, first, replace(stamp, until_ms=stamp.until_ms - 1), scenario.clock)
        (other,) = Stamping(store, kept, Authorities((second,), roots), scenario.clock).asking
        other.once()
    assert (other.standing.state, other.standing.due) == ("bad_time_stamp", 1)
    assert [each.count for each in kept.records() if each.size == sound.size and each.record == first] == [2]


def test_a_stamp_counts_from_when_it_was_kept_and_not_from_when_it_was_asked_for(scenario: Scenario) -> None:
    """The authority takes eighteen seconds; a bundle that was made meanwhile was made without it."""
    store, kept = scenario.ledger.store, TimeStampStore(scenario.ledger.store)
    asked_ms = scenario.clock()

    def slowly(request: bytes) -> tuple[int, str, bytes]:
        scenario.clock.forward(18)
        return 200, RESPONSE, RSA.answer(request)

    with served(slowly) as url:
        asking(scenario, url)[0].once()
    size = store.head()[0]
    assert kept.sizes(size, asked_ms + 18_000) == []
    assert kept.sizes(size, scenario.clock() + 60_000) == [size]


def test_what_has_expired_cannot_be_renewed_any_more(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, kept = scenario.ledger.store, TimeStampStore(scenario.ledger.store)
    soon = authority("Soon", until=datetime.now(UTC) + timedelta(minutes=10))
    with served(by(soon)) as first, served(by(CURVE)) as second:
        asked = Authorities((first,), (soon.root, CURVE.root), renew_ms=0)
        Stamping(store, kept, asked, scenario.clock).asking[0].once()
        assert len(kept.records()) == 1
        monkeypatch.setattr(stamps_program, "_now_ms", lambda: time.time_ns() // 1_000_000 + 1_200_000)
        later = Authorities((second,), (soon.root, CURVE.root), "sha512")
        done, failed = stamps_program.renew_all(store, later, None)
    assert (done, len(failed)) == (0, 1)
    assert "expired" in failed[0]
    assert stamps_program.state(store)[0]["standing"] == "EXPIRED"


# --- what people see and say --------------------------------------------------------------------


def test_metrics_name_each_authority_and_how_it_stands() -> None:
    standing = StampStanding("http://a.invalid/", 7, 1_790_000_000_123, "stamps", 0, 2)
    text = Metrics().text(9, 0, authorities=[standing])
    assert 'unbroken_stamped_size{authority="http://a.invalid/"} 7' in text
    assert 'unbroken_stamped_seconds{authority="http://a.invalid/"} 1790000000.123' in text
    assert 'unbroken_stamp_failures{authority="http://a.invalid/",state="stamps"} 0' in text
    assert 'unbroken_stamps_due{authority="http://a.invalid/"} 2' in text


def test_state_says_in_words_who_stamped_what(scenario: Scenario) -> None:
    assert stamps_program.text(stamps_program.state(scenario.ledger.store)) == "No head is stamped yet."
    with served(by(RSA)) as url:
        asking(scenario, url)[0].once()
        told = stamps_program.text(stamps_program.state(scenario.ledger.store))
    assert f"by {url}  1 stamp, sha256, holds until" in told


@pytest.mark.parametrize(
    "url",
    [
        "",
        "tsa.example/secret",
        "ftp://tsa.example/secret",
        "https://me:secret@tsa.example/",
        "https://tsa.example/?api_key=secret",
        "https://tsa.example/?",
        "https://tsa.example/#secret",
        "http://",
    ],
)
def test_an_authority_is_named_by_an_address_without_a_secret_and_a_refusal_repeats_none(url: str) -> None:
    with pytest.raises(Malformed) as caught:
        must_be_url(url)
    assert caught.value.code == "bad_authority"
    assert "secret" not in caught.value.detail


def test_an_authority_without_roots_is_not_asked(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="root certificates"):
        stamps_program.authorities_of(["http://a.invalid/"], None, "sha256")
    (tmp_path / "roots").write_bytes(RSA.pem + CURVE.pem)
    found = stamps_program.authorities_of(["http://a.invalid/"], tmp_path / "roots", "sha512", 60)
    assert found == Authorities(("http://a.invalid/",), ROOTS, "sha512", 60)
    assert stamps_program.authorities_of(None, None, "sha256") is None


def test_the_request_asks_for_the_certificate_and_carries_a_nonce() -> None:
    from asn1crypto import tsp

    with served(by(RSA)) as url:
        RSA.asked.clear()
        Asked(url, Authorities((url,), ROOTS)).stamp(b"note", time.time_ns() // 1_000_000)
    wanted = tsp.TimeStampReq.load(RSA.asked[0])
    assert wanted["cert_req"].native
    assert wanted["nonce"].native.bit_length() > 32


def test_a_head_under_which_somebody_asked_for_evidence_is_stamped_before_the_interval_is_over(
    scenario: Scenario,
) -> None:
    enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
    kept, say = TimeStampStore(scenario.ledger.store), scenario.say
    with served(by(RSA)) as url:
        (one,) = asking(scenario, url)
        one.once()
        answer = say(
            "audrey", "log/ledger.example/unbroken", "ExportRequested", scope="log", reason="inspection"
        )
        grow(scenario, "behind")
        scenario.clock.forward(2)
        one.once()
        assert len(kept.records()) == 1  # not again so soon
        scenario.clock.forward(10)
        one.once()
    head = scenario.ledger.store.checkpoint_covering(answer.position)
    assert [each.size for each in kept.records()][1:] == [head.size]
