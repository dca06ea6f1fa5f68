"""How often strangers may ask: an address its limit at once and in each minute, and no more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import pace
from api.pace import PERIOD_S, Pace, network
from ledger.errors import TooMany

LIMIT = 6


class Watch:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def taken(paced: Pace, address: str, times: int) -> int:
    done = 0
    for _ in range(times):
        try:
            paced.take(address)
        except TooMany:
            continue
        done += 1
    return done


def test_the_limit_is_for_each_address() -> None:
    paced = Pace(LIMIT, Watch())
    assert taken(paced, "192.0.2.1", 20) == LIMIT
    assert taken(paced, "192.0.2.2", 20) == LIMIT


def test_who_waits_as_long_as_told_may_ask_again() -> None:
    watch = Watch()
    paced = Pace(LIMIT, watch)
    taken(paced, "192.0.2.1", LIMIT)
    with pytest.raises(TooMany, match="too_many_label_checks") as refused:
        paced.take("192.0.2.1")
    assert refused.value.extra == {"retry_after_s": PERIOD_S // LIMIT}
    watch.now += refused.value.extra["retry_after_s"]
    paced.take("192.0.2.1")


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=30))
def test_in_no_minute_are_there_more_than_twice_the_limit_and_over_hours_only_the_limit(
    asked: list[tuple[int, int]],
) -> None:
    watch, times = Watch(), []
    paced = Pace(LIMIT, watch)
    for later, many in asked:
        watch.now += later
        times += [watch.now] * taken(paced, "192.0.2.1", many)
    for start in times:
        assert len([one for one in times if start <= one < start + PERIOD_S]) <= 2 * LIMIT
    assert len(times) <= LIMIT * (1 + (watch.now - Watch.now) / PERIOD_S)


def test_an_ipv6_line_is_one_address_and_a_mapped_one_is_the_ipv4_that_it_is() -> None:
    assert network("2001:db8:0:1::7") == network("2001:db8:0:1:ffff::9") != network("2001:db8:0:2::7")
    assert network("::ffff:192.0.2.1") == network("192.0.2.1")
    assert network("no address " * 20) == ("no address " * 20)[:64]


def test_of_more_addresses_than_are_kept_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "MOST", 2)
    paced = Pace(1, Watch())
    for last in (1, 2, 3):
        paced.take(f"192.0.2.{last}")
    assert [taken(paced, f"192.0.2.{last}", 1) for last in (2, 3, 1)] == [0, 0, 1]
