"""From bytes to a packet that an enrolled, active device signed. Safe to use from any thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import NotPermitted, Unauthentic, UnbrokenError
from ledger.live.packet import parse_packet, verify_packet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.application import Ledger
    from ledger.application.followed import Followed
    from ledger.domain.world import World
    from ledger.live.packet import Packet

Signer = str | UnbrokenError  # a device's agent id, or why its key does not count


def check_all(raws: Sequence[bytes], ledger: Ledger, followed: Followed) -> list[Packet | UnbrokenError]:
    """Each checked on its own, in the order given. Raises `Fault` alone: then nothing is known of any."""
    parsed = [_parsed(raw) for raw in raws]
    kids = {one.statement.kid for one in parsed if not isinstance(one, UnbrokenError)}
    with followed.now() as world:
        signers = {kid: _signer(world, kid.hex()) for kid in kids}
    return [
        one if isinstance(one, UnbrokenError) else _checked(one, signers[one.statement.kid], ledger)
        for one in parsed
    ]


def _parsed(raw: bytes) -> Packet | UnbrokenError:
    try:
        return parse_packet(raw)
    except UnbrokenError as error:
        return error


def _signer(world: World, kid: str) -> Signer:
    key = world.key(kid)
    if key is None:
        return Unauthentic("unknown_key", f"no key {kid} was enrolled in this log")
    if key.status != "active":
        return Unauthentic(f"{key.status}_key", f"the key {kid} is {key.status}")
    agent = world.agent(key.agent)
    if agent is None or "device" not in agent.roles:
        return NotPermitted("not_a_device", f"{key.agent!r} is not enrolled as a device")
    return key.agent


def _checked(packet: Packet, signer: Signer, ledger: Ledger) -> Packet | UnbrokenError:
    said = packet.statement
    if said.aud != ledger.origin:
        return Unauthentic("wrong_log", f"signed for the log {said.aud!r:.80}; this one is {ledger.origin!r}")
    if isinstance(signer, UnbrokenError):
        return signer
    if signer != packet.logger:
        return Unauthentic("wrong_signer", f"the key {said.kid.hex()} is not {packet.logger!r}'s")
    try:
        verify_packet(packet, ledger.keys.get(said.kid))
    except UnbrokenError as error:
        return error
    return packet
