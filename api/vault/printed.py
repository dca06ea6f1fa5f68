"""The names that stand in a report where people have signed: as far as its reader may know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.vault.accesses import noted
from ledger.errors import NotFound

if TYPE_CHECKING:
    from api.reading import Reader

NAME = "name"


def is_colleague(reader: Reader, agent: str) -> bool:
    """Within an organisation, which employs its people; and not for who is nothing but an auditor."""
    found, own = reader.world.agent(agent), reader.agent
    works = own.is_administrator or bool(own.roles - {"auditor"})
    return works and found is not None and found.organisation == own.organisation


def printed_name(reader: Reader, agent: str) -> str:
    """Empty where there is no vault, or nothing in it for this reader. That it was read is kept."""
    vault = reader.node.vault
    if vault is None or not is_colleague(reader, agent):
        return ""
    try:
        name = vault.read(f"agent/{agent}").get(NAME, "")
    except NotFound:
        return ""
    if name:
        noted(reader, vault, f"agent/{agent}", "reported", (NAME,), "report")
    return name
