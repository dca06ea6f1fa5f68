"""A donation number as it enters a form: typed by a person, or read by a scanner."""

from __future__ import annotations

from typing import Any

from ledger.domain.identifiers import check_of_flags, parse_scanned_din, parse_typed_din

SCANNED = "din_check"  # read with the number itself, so nobody is asked for it


def read_din(text: str) -> dict[str, str]:
    """What an event says of the number: `din`, and for a scanned one `din_check` if that was read.

    Typed, it ends with its check character, and a wrong one is refused: who typed it can look
    again. Scanned (it begins with `=`), what was read is said, right or wrong: the ledger flags it.
    Raises `Malformed`: `malformed_din`, `wrong_check_character`.
    """
    if not text.startswith("="):
        return {"din": parse_typed_din(text.replace(" ", "").upper()).value}
    din, flags = parse_scanned_din(text)
    check = check_of_flags(flags)
    return {"din": din.value} | ({"din_check": check} if check else {})


def entered(members: dict[str, Any]) -> dict[str, Any]:
    """The members of a part, its donation number as it was entered replaced by what was read."""
    return members | read_din(members["din"]) if members.get("din") else members
