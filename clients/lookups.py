"""The registry, what something touches, and search: lists as the server says them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from clients.remote import Remote
from ledger.errors import Malformed

Document = dict[str, Any]
# A stream's kind, and where the server keeps what it knows of it.
PLACES = {"lot": "lots", "equipment": "equipment", "site": "sites", "agent": "agents"}


class Lookups:
    """Questions about what is registered. Filters that are None are left out; `cursor` and
    `limit` page. Each raises what the server answers, as `Reads`."""

    remote: Remote

    def lots(self, **where: str | int | None) -> Document:
        """Filters `site`, `material`, `status`, `supplier_lot`."""
        return self._list("lots", where)

    def equipment(self, **where: str | int | None) -> Document:
        """Filters `site`, `kind`, `serial`."""
        return self._list("equipment", where)

    def sites(self, **where: str | int | None) -> Document:
        """Filters `kind`, `country`, `status`."""
        return self._list("sites", where)

    def agents(self, **where: str | int | None) -> Document:
        """People and devices."""
        return self._list("agents", where)

    def qualifications(self, **where: str | int | None) -> Document:
        """Filters `expiring_before`, `agent`, `qualification`."""
        return self._list("qualifications", where)

    def products(self, **where: str | int | None) -> Document:
        """Filter `product`."""
        return self._list("products", where)

    def keys(self, **where: str | int | None) -> Document:
        """Filters `status`, `agent`."""
        return self._list("keys", where)

    def quarantines(self, **where: str | int | None) -> Document:
        """Across therapies; `holding` "false" for those that were lifted."""
        return self._list("quarantines", where)

    def registered(self, stream: str) -> Document:
        """One of them: `lot/lv-1`, `equipment/p-7`, `site/st-mary`, `agent/nora`."""
        document: Document = self.remote.read(_path(stream))
        return document

    def reach(self, stream: str) -> Document:
        """All that it touches, and who holds each container now, however many pages that fills.

        {"status", "therapies", "hidden", …}: therapies that one may not see are counted.
        """
        whole: Document = self.remote.read(f"{_path(stream)}/reach")
        cursor = whole.pop("next_cursor")
        while cursor:
            page = self.remote.read(f"{_path(stream)}/reach", params={"cursor": cursor})
            whole["therapies"] += page["therapies"]
            whole["hidden"] += page["hidden"]
            cursor = page["next_cursor"]
        return whole

    def search(self, text: str) -> Document:
        """{"found", "more"}: all that begins with the text, three characters or more."""
        document: Document = self.remote.read("/v1/search", params={"q": text})
        return document

    def _list(self, name: str, where: dict[str, Any]) -> Document:
        given = {member: value for member, value in where.items() if value is not None}
        document: Document = self.remote.read(f"/v1/{name}", params=given)
        return document


def _path(stream: str) -> str:
    """Raises `Malformed` (`bad_value`) for a stream that is in no register."""
    kind, _, name = stream.partition("/")
    if kind not in PLACES or not name:
        raise Malformed("bad_value", f"{stream!r} is none of {', '.join(f'{one}/…' for one in PLACES)}")
    return f"/v1/{PLACES[kind]}/{quote(name, safe='')}"
