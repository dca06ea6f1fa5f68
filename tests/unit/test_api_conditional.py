"""What a client holds already is not sent again; what a cursor names is checked."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.requests import Request

from api.conditional import answer, document, matches
from api.pages import after_of, cursor_of, position_of
from api.routes.entries import accepted
from ledger.errors import Malformed


class Counted(BaseModel):
    version: int
    as_of_position: int
    lag: int = 0


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw})


def test_the_same_bytes_are_not_sent_twice() -> None:
    first = answer(request(), b"tile", "application/octet-stream", "no-cache")
    again = answer(request(if_none_match=first.headers["etag"]), b"tile", "a/b", "no-cache")
    assert (first.status_code, first.body) == (200, b"tile")
    assert (again.status_code, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_other_bytes_are_sent() -> None:
    first = answer(request(), b"tile", "a/b", "no-cache")
    other = answer(request(if_none_match=first.headers["etag"]), b"tilf", "a/b", "no-cache")
    assert (other.status_code, other.body) == (200, b"tilf")


def test_a_log_that_grew_elsewhere_makes_no_other_document() -> None:
    first = document(request(), Counted(version=3, as_of_position=10))
    etag = first.headers["etag"]
    assert etag.startswith("W/")
    later = document(request(if_none_match=etag), Counted(version=3, as_of_position=99, lag=4))
    changed = document(request(if_none_match=etag), Counted(version=4, as_of_position=99))
    assert (later.status_code, changed.status_code) == (304, 200)


def test_what_needs_a_session_is_kept_by_no_cache_on_the_way() -> None:
    assert (
        document(request(), Counted(version=1, as_of_position=1)).headers["cache-control"]
        == "private, no-cache"
    )


@pytest.mark.parametrize(
    ("header", "same"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ("*", True),
        ('"b"', False),
        ("", False),
        ("a", False),
    ],
)
def test_tags_match_as_the_standard_says(header: str, same: bool) -> None:
    assert matches(header, '"a"') is same


def reader(agent: str = "nora", key: bytes = bytes(32)) -> Any:
    return SimpleNamespace(node=SimpleNamespace(cursor_key=key), agent=SimpleNamespace(id=agent))


@pytest.mark.parametrize("key", ["0", "4711", "A9999-26-000001-D1", "ä b/c"])
def test_a_cursor_leads_back_to_its_key(key: str) -> None:
    assert after_of(reader(), cursor_of(reader(), key)) == key
    assert cursor_of(reader(), key) == cursor_of(reader(), key)  # a page keeps its ETag


def test_a_cursor_says_nothing_and_serves_only_whom_it_was_given_to() -> None:
    cursor = cursor_of(reader(), "SECRET-08 isbt128:CHA999926000002")
    assert b"SECRET" not in base64.urlsafe_b64decode(cursor + "==")
    for another in (reader("otto"), reader(key=b"k" * 32)):
        with pytest.raises(Malformed, match="invalid_request"):
            after_of(another, cursor)


@pytest.mark.parametrize("cursor", ["", "=", "!!", "NDcxMQ==", "NDcxMQ", "_w", "A" * 40])
def test_a_cursor_that_was_not_given_is_refused(cursor: str) -> None:
    with pytest.raises(Malformed, match="invalid_request"):
        after_of(reader(), cursor)


@pytest.mark.parametrize("key", ["x", "-1", "٣", "1" * 30])
def test_a_cursor_of_another_list_is_refused(key: str) -> None:
    with pytest.raises(Malformed, match="invalid_request"):
        position_of(reader(), cursor_of(reader(), key))


def test_a_page_without_a_cursor_begins_at_the_beginning() -> None:
    seven = cursor_of(reader(), "7")
    assert (after_of(reader(), None), position_of(reader(), None), position_of(reader(), seven)) == (
        "",
        -1,
        7,
    )


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("application/cose", "application/cose"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/html, application/cose;q=0.9", "application/cose"),
    ],
)
def test_an_entry_is_served_in_the_form_that_is_asked_for(header: str, form: str) -> None:
    assert accepted(request(accept=header)) == form


def test_an_entry_is_not_served_in_another_form() -> None:
    with pytest.raises(Malformed, match="not_acceptable"):
        accepted(request(accept="text/html"))
