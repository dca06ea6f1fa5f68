"""A client of the ledger: signs on this device, believes only what is proved to it.

    client = Client(Device(home, passphrase))
    answer = client.record({"type": "CustodyReleased", ...}, "chain/isbt128:CH…")

A *fact* is signed at once and sent when the network allows: `record` returns an `Answer`
once the log has it, or a `Pending` while it waits in the outbox. A *decision* is signed only
with the ledger in reach, nothing on its way, and the therapy's state before the
signer's eyes: it names the chain version that `chain` showed last.

Every answer's receipt is verified against the log key pinned in the profile, and every tree
head is connected with those before it (`clients/heads.py`). The lists that reads return are
the server's word; `entry`, `receipt` and `download_log` bring the proof.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from clients.disk import Disk
from clients.download import Downloaded, Progress, download_log
from clients.drafts import Draft, draft, foreign, needs_version, signed
from clients.esignatures import signed_again
from clients.heads import Head, Heads
from clients.keys import Device
from clients.lookups import Lookups
from clients.outbox import Held, Link, Outbox, Signed
from clients.problems import error_of
from clients.reads import Reads
from clients.remote import BRIEFLY_S, Remote
from clients.sending import Answer, Outcome, Sender, stored_answer
from clients.vault import VaultQuestions
from ledger.errors import Fault, Malformed, NotFound, TooMany, UnbrokenError
from ledger.proof import canonical, statement
from ledger.proof.checkpoint import open_checkpoint
from ledger.proof.witnesses import Policy

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pending:
    """Signed and kept, not recorded yet: it is sent again until the log answers."""

    held: Held
    why: str


class Client(Reads, Lookups, VaultQuestions):
    """One person's device and one server. Close it, or use it as a context manager.

    Safe to share between threads; two clients of one home may run at the same time.
    """

    def __init__(
        self, device: Device | Path, server: str = "", transport: httpx.BaseTransport | None = None
    ) -> None:
        """Opens the device's store; reaches no network. Raises `Malformed` `incomplete_profile`."""
        self.device = device if isinstance(device, Device) else Device(device)
        self.vkey = self.device.profile.verifier()
        server = server or self.device.profile.server
        if not server and transport is None:
            self.device.profile.need("server")
        self.disk = Disk(self.device.store_path)
        self.outbox, self.heads = Outbox(self.disk), Heads(self.disk)
        remote = Remote(server or "http://ledger.invalid", self._session_statement, transport)
        super().__init__(remote, self.vkey)
        self._sender = Sender(self.outbox, self.heads, remote, self.vkey)
        self._aligned = False

    def close(self) -> None:
        self.remote.close()
        self.disk.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def sign_in(self) -> dict[str, Any]:
        """Open a session and learn the newest head: {"token", "agent", "expires_at"}."""
        session = self.remote.sign_in()
        self.refresh()
        return session

    def refresh(self) -> Head:
        """Fetch, verify and connect the newest checkpoint, which later statements name as `seen`.

        Raises `ProofInvalid` (`bad_checkpoint`, `fork_detected`, `wrong_tiles`).
        """
        note = self.remote.public("/log/checkpoint").content
        found = open_checkpoint(note, self.vkey).checkpoint
        self.heads.meet(Head(found.size, found.root, note))
        newest = self._sender.check_heads()
        assert newest is not None
        return newest

    def record(
        self, fields: Fields, stream: str, *, occurred_at: str | None = None, offline: bool = False
    ) -> Answer | Pending:
        """Sign an event (`type` and its own members) and have it recorded.

        `offline` only queues, and only facts. Raises the error with which the log refused
        it; `Malformed` `decision_offline`, `no_view`; `Fault` for a decision while the ledger
        is out of reach (nothing was signed); `ProofInvalid` for an answer that proves nothing.
        """
        made = self.draft(fields, stream, occurred_at)
        if made.is_decision:
            if offline:
                raise Malformed("decision_offline", f"{made.type} is a decision: it needs the ledger's view")
            return self._decide(made)
        held = self.queue(made, offline=offline)
        return Pending(held, "kept in the outbox") if offline else self.settle(held)

    def record_many(self, items: Iterable[tuple[Fields, str]]) -> list[Outcome]:
        """Sign many facts in one transaction, then send them together; what was answered, in order.

        Raises `Malformed` before anything is signed, and as `flush`.
        """
        drafts = [self.draft(fields, stream) for fields, stream in items]
        for made in drafts:
            if made.is_decision:
                raise Malformed("decision_in_batch", f"{made.type} is a decision: record it by itself")
        self._know_sequence()
        self.outbox.sign_all(self.kid, [partial(self._signed, made) for made in drafts])
        return self.flush()

    def sign_again(self, fields: Fields, passphrase: bytes, meaning: str | None = None) -> dict[str, Any]:
        """These fields with an e-signature of this moment: `passphrase` was just asked for again.

        Without a `meaning` it is the event's own (`ledger.domain.esignatures.MEANINGS`).
        Raises `Unauthentic` `wrong_passphrase`. Record soon: a decision takes it for five minutes.
        """
        event = str(fields.get("type", ""))
        return {**fields, "esignature": signed_again(self.device, event, passphrase, meaning)}

    def draft(self, fields: Fields, stream: str, occurred_at: str | None = None) -> Draft:
        """Check an event and add the chain version that was seen; signs nothing. As `drafts.draft`."""
        if needs_version(str(fields.get("type", ""))) and "chain_version" not in fields:
            version = self.versions.get(stream.removeprefix("chain/"))
            if version is None:
                raise Malformed(
                    "no_view", "look at the therapy first: a decision names the state it was made on"
                )
            fields = {**fields, "chain_version": version}
        return draft(fields, stream, occurred_at)

    def queue(self, made: Draft, *, offline: bool = False) -> Held:
        """Sign a draft and keep it, durably; sends nothing.

        A device that knows nothing of its key's sequence asks for it first, briefly, unless
        `offline`; without an answer it begins at 0, which the log takes as a gap at worst.
        """
        if not offline:
            self._know_sequence()
        return self.outbox.sign(self.kid, partial(self._signed, made), alone=made.is_decision)

    def flush(self) -> list[Outcome]:
        """Send all that waits; see `Sender.flush` for what stays. Then connect the new heads."""
        try:
            return self._sender.flush()
        finally:
            self._connect_heads()

    def carry(self, statements: Iterable[bytes]) -> int:
        """Keep statements that other devices signed, to send them from here; count the new ones."""
        return self.outbox.carry([foreign(raw) for raw in statements])

    def align(self, wait_s: float = 300.0) -> None:
        """Ask the log for this key's last statement, so that the sequence goes on from there.

        Waits so long for another program that sends. Raises what the server says;
        `NotFound` is taken as: it has recorded none.
        """
        with self.disk.sending(wait_s):
            try:
                known = self.remote.read(f"/v1/keys/{self.kid.hex()}")
            except NotFound:
                known = {}
            if known.get("seq") is not None:
                self.outbox.align(self.kid, int(known["seq"]), bytes.fromhex(known["last"]))
        self._aligned = True

    def download_log(
        self, folder: Path, progress: Progress | None = None, policy: Policy | None = None
    ) -> Downloaded:
        """Copy the whole log into `folder`, or bring a copy up to date (`clients/download.py`)."""
        self.refresh()
        return download_log(self.remote, self.vkey, folder, progress, policy)

    def settle(self, held: Held) -> Answer | Pending:
        """Send, then say what became of one statement, whichever process sent it."""
        why = "the log has not answered yet"
        try:
            self.flush()
        except (Fault, TooMany) as error:
            why = error.detail
        found = self.outbox.find(held.id)
        if found.state == "accepted":
            return stored_answer(found)
        if found.state == "refused":
            self._aligned = False
            raise error_of(found.problem or {})
        return Pending(found, why)

    @property
    def kid(self) -> bytes:
        return self.device.key.public.kid

    def _decide(self, made: Draft) -> Answer | Pending:
        self.flush()
        if not self._aligned:
            self.refresh()
            self.align()
        return self.settle(self.queue(made))

    def _connect_heads(self) -> None:
        """Out of reach, they wait for the next time; a fork is raised."""
        with contextlib.suppress(Fault, TooMany):
            self._sender.check_heads()

    def _know_sequence(self) -> None:
        if self.outbox.last(self.kid) or self.outbox.unsent(1):
            return
        with contextlib.suppress(UnbrokenError), self.remote.briefly():
            self.align(BRIEFLY_S)

    def _signed(self, made: Draft, link: Link) -> Signed:
        profile = self.device.profile
        profile.need("agent")
        return signed(made, link, self.device.key, profile.agent, profile.origin)

    def _session_statement(self, challenge: str) -> bytes:
        profile = self.device.profile
        profile.need("agent")
        return statement.sign(
            self.device.key,
            iss=profile.agent,
            sub="session",
            aud=profile.origin,
            cti=secrets.token_bytes(16),
            payload=canonical.encode({"challenge": challenge}),
            content_type=statement.SESSION_CONTENT_TYPE,
        )
