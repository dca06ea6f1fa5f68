"""Endpoints of alarms: how they are named, how a message is signed, when it is tried again."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from api.webhooks.endpoints import Endpoint, read_endpoints
from api.webhooks.message import headers_of, message_id
from api.webhooks.sending import ATTEMPTS, FIRST_MS, MOST_MS, Sending, pause_ms
from ledger.errors import Malformed
from ledger.store.webhooks import Delivery

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ENTRY = """
[[webhook]]
name = "northcell-alerts"
url = "https://alerts.northcell.example/hook"
organisation = "northcell"
secret_env = "HOOK"
"""


def read(folder: Path, text: str, **environment: str) -> tuple[Endpoint, ...]:
    path = folder / "webhooks.toml"
    path.write_text(text)
    return read_endpoints(path, {"HOOK": SECRET, **environment})


def test_an_endpoint_is_read_and_hears_of_every_kind_unless_told(tmp_path: Path) -> None:
    (one,) = read(tmp_path, ENTRY)
    assert (one.name, one.organisation, one.sites, one.secret) == (
        "northcell-alerts",
        "northcell",
        frozenset(),
        SECRET,
    )
    assert one.kinds == {"excursion", "budget", "silence", "tilt", "battery", "clock"}
    assert SECRET not in repr(one)


def test_a_secret_may_lie_in_a_file_beside(tmp_path: Path) -> None:
    (tmp_path / "hook.secret").write_text(SECRET + "\n")
    text = ENTRY.replace('secret_env = "HOOK"', 'secret_file = "hook.secret"\nkinds = ["tilt"]')
    (one,) = read(tmp_path, text.replace('organisation = "northcell"', 'sites = ["northcell-1"]'))
    assert (one.secret, one.kinds, one.sites) == (SECRET, {"tilt"}, {"northcell-1"})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("https://alerts", "http://alerts", "https"),
        ("https://alerts", "ftp://alerts", "https"),
        ("https://alerts", "https://me:secret@alerts", "user, password"),
        ("https://alerts", "http://127.0.0.1.evil", "https"),
        ("https://alerts", "https://a..b", "cannot be called"),
        ("northcell.example/", "northcell.example:99999/", "cannot be called"),
        ("https://alerts", f"https://{'a' * 70}", "cannot be called"),
        ("https://alerts", "https://xn--", "cannot be called"),
        ('organisation = "northcell"', "", "organisation or its sites"),
        (
            'organisation = "northcell"',
            'organisation = "northcell"\nsites = ["a"]',
            "organisation or its sites",
        ),
        ('secret_env = "HOOK"', "", "secret_file or secret_env"),
        ('secret_env = "HOOK"', 'secret_env = "NOWHERE"', "24 to 64 bytes"),
        ('secret_env = "HOOK"', 'secret_env = "SHORT"', "24 to 64 bytes"),
        ("[[webhook]]", '[[webhook]]\nkinds = ["deviation"]', "kinds"),
        ("[[webhook]]", "[[webhook]]\nretries = 3", "retries"),
        ("[[webhook]]", "[[webhook", "not TOML"),
        ('"northcell-alerts"', '"Northcell"', "name"),
    ],
)
def test_what_is_wrong_with_an_endpoint_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in ENTRY
    with pytest.raises(Malformed, match="bad_webhooks") as caught:
        read(tmp_path, ENTRY.replace(old, new, 1), SHORT="whsec_c2hvcnQ=")
    assert said in caught.value.detail
    assert "c2hvcnQ" not in caught.value.detail


def test_a_name_stands_for_one_endpoint(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="once"):
        read(tmp_path, ENTRY + ENTRY)


def test_plain_http_reaches_this_machine_alone(tmp_path: Path) -> None:
    for host in ("127.0.0.1:9000", "[::1]:9000", "127.9.9.9"):
        text = ENTRY.replace("https://alerts.northcell.example", f"http://{host}")
        assert read(tmp_path, text)[0].url.startswith("http://")


def test_a_signature_is_the_one_that_standard_webhooks_publishes() -> None:
    """The vector of its libraries' own tests, and the same by hand from its text."""
    id_, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
    headers = headers_of(SECRET, id_, body, 1_614_265_330_999)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, b".".join([id_.encode(), b"1614265330", body]), hashlib.sha256)
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(mac.digest()).decode()}"
    assert headers["webhook-timestamp"] == "1614265330"


def test_a_receiver_with_the_published_library_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    body = b'{"type":"alarm.begun"}'
    headers = headers_of(SECRET, message_id("a.example/log", 3), body, time.time_ns() // 1_000_000)
    assert Webhook(SECRET).verify(body, headers) == {"type": "alarm.begun"}


def test_a_message_has_one_id_for_ever_and_no_other_logs() -> None:
    ids = {message_id(origin, seq) for origin in ("a.example/log", "b.example/log") for seq in range(100)}
    assert len(ids) == 200
    assert message_id("a.example/log", 3) == message_id("a.example/log", 3)
    assert not any("." in one for one in ids)  # it would be ambiguous in what is signed


def test_pauses_grow_to_hours_and_are_spread() -> None:
    plain = [pause_ms(attempts, 0.5) for attempts in range(ATTEMPTS)]
    assert plain[0] == FIRST_MS
    assert plain == sorted(plain)
    assert max(plain) == MOST_MS
    assert pause_ms(0, 0.0) < FIRST_MS < pause_ms(0, 1.0)


def test_whatever_goes_wrong_with_an_attempt_it_was_one(tmp_path: Path) -> None:
    """As with a host that cannot be written down: it must not be tried without end."""
    endpoint = replace(read(tmp_path, ENTRY)[0], url="https://xn--/hook")
    kept = Kept()
    of: Any = kept
    one = Sending(endpoint, "a.example/log", of, of, of, of, lambda: 0, lambda: 0.5)
    asyncio.run(one.step(httpx.AsyncClient(trust_env=False)))
    assert kept.failures == ["no answer (IDNAError)"]


class Kept:
    """Alarms, deliveries and the log at once: one delivery, until it failed."""

    def __init__(self) -> None:
        self.failures: list[str] = []

    def length(self) -> int:
        return 0

    def begin(self, *_: object) -> int:
        return 0

    def events(self, *_: object) -> list[Any]:
        return []

    @contextmanager
    def now(self) -> Iterator[None]:
        yield

    def next(self, endpoint: str) -> Delivery | None:
        return None if self.failures else Delivery(endpoint, 0, b"{}", 0, 0, 0, "")

    def take(self, *_: object) -> bool:
        return True

    def failed(self, _: Delivery, told: str, __: int | None) -> None:
        self.failures.append(told)
