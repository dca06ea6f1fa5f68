"""The past, as the ledger answers it: what it showed to whom, what changed, in which order it came."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from clients.forms import moment
from clients.remote import Remote
from ledger.errors import Malformed

Document = dict[str, Any]
_POSITION = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_CONTAINER = re.compile(r"[A-Z0-9][A-Z0-9-]{3,47}", re.ASCII)
PAGE = 1000


class When(NamedTuple):
    """Before a position, or by a time (text, UTC); neither: now."""

    position: int | None = None
    at: str | None = None

    def params(self, prefix: str = "") -> Document:
        named = {f"{prefix}position": self.position, f"{prefix}at": self.at}
        return {name: value for name, value in named.items() if value is not None}


class Subject(NamedTuple):
    """What is asked about: a therapy, one container of it, or a site (then without a therapy)."""

    coi: str = ""
    container: str | None = None
    site: str = ""


def when(text: str | None) -> When:
    """A position, or a moment with its zone. Raises `Malformed` (`bad_moment`)."""
    if text is None:
        return When()
    return When(int(text)) if _POSITION.fullmatch(text) else When(at=moment(text))


def subject_of(text: str) -> tuple[str, str]:
    """(kind, name) of `site/st-mary`, a container's id or a chain of identity. Raises `Malformed`."""
    kind, _, name = text.partition("/")
    if kind in ("site", "chain") and name:
        return kind, name
    if ":" in text:
        return "chain", text
    if _CONTAINER.fullmatch(text):
        return "container", text
    raise Malformed("bad_subject", f"{text!r}: a therapy (its COI), a bag, or site/NAME")


class Past:
    """Asks the ledger. Each raises what it answers."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def account(self, subject: Subject, then: When, seen_by: str | None = None) -> Document:
        """{"moment": {"shown"}, "points"}: all that the ledger shows of a therapy or container."""
        moments = {"before_position": then.position, "at": then.at}
        return self._read(f"chains/{_part(subject.coi)}/account", _given(subject, seen_by) | moments)

    def changes(self, subject: Subject, start: When, end: When, seen_by: str | None = None) -> Document:
        """{"start", "end", "changes", "entries"}."""
        of = f"sites/{subject.site}" if subject.site else f"chains/{_part(subject.coi)}"
        moments = start.params("from_") | end.params("to_")
        return self._read(f"{of}/changes", _given(subject, seen_by) | moments)

    def order(self, coi: str, then: When, seen_by: str | None = None) -> Document:
        """{"entries", "pairs", "unseen"}: the claimed order beside the proved one."""
        moments = {"before_position": then.position, "at": then.at, "for": seen_by}
        return self._read(f"chains/{_part(coi)}/order", moments)

    def custody(self, site: str, then: When, seen_by: str | None = None) -> Document:
        """Which bags the site held, however many pages."""
        params = {"site": site, "before_position": then.position, "at": then.at, "for": seen_by}
        whole = page = self._read("custody", params)
        while page.get("next_cursor"):
            page = self._read("custody", params | {"cursor": page["next_cursor"]})
            whole["holdings"] += page["holdings"]
        return whole

    def statements(self) -> Iterator[Document]:
        """Every statement that this device may read, with its bytes: {"position", "statement", …}."""
        after: int | None = -1
        while after is not None:
            page = self._read("statements", {"after": after, "limit": PAGE})
            yield from page["statements"]
            after = page["next_after"]

    def _read(self, path: str, params: Document) -> Document:
        given = {name: value for name, value in params.items() if value is not None}
        document: Document = self._remote.read(f"/v1/{path}", params=given)
        return document


def _given(subject: Subject, seen_by: str | None) -> Document:
    return {"container": subject.container, "for": seen_by}


def _part(text: str) -> str:
    return quote(text, safe=":")
