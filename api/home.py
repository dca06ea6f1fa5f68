"""A server's directory: what lies where, and how it comes to be.

    DIR/keys/log.vkey     which log this is: origin and public key, as auditors pin it
    DIR/keys/log.pem      signs checkpoints and receipts (encrypted PKCS #8)
    DIR/keys/log-ml-dsa.pem  signs checkpoints too, where the log has a second key (encrypted PKCS #8)
    DIR/keys/event.pem    signs the deviations that the ledger raises (encrypted PKCS #8)
    DIR/keys/report.p12   signs the reports' PDFs, where there is one (PKCS #12, the same passphrase)
    DIR/ledger.db         the log, unless it lives in PostgreSQL
    DIR/high-water        the newest head that this node let out
    DIR/lock              held while a server runs here

A second node on the same PostgreSQL database needs a copy of `keys/` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.durable import locked, write_durably
from ledger.errors import Conflict, Fault, Malformed
from ledger.proof.checkpoint import log_vkey
from ledger.proof.keyfile import new_key, new_second_key, open_key, open_second_key, seal_key
from ledger.proof.note import VerifierKey

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.proof.keys import SigningKey
    from ledger.proof.ml_dsa import SecondSigner


@dataclass(frozen=True)
class Keys:
    """The log's origin, its two keys, and the second one for its heads, if there is one."""

    origin: str
    log_key: SigningKey
    event_key: SigningKey
    second_key: SecondSigner | None = None


class Home:
    """One server's directory. Opens nothing until asked."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.keys = self.path / "keys"
        self.database = self.path / "ledger.db"
        self.high_water = self.path / "high-water"
        self.certificate = self.keys / "report.p12"
        self._vkey = self.keys / "log.vkey"
        self._second = self.keys / "log-ml-dsa.pem"

    @property
    def database_url(self) -> str:
        """Of the embedded database."""
        return f"sqlite:///{self.database}"

    def vkey(self) -> VerifierKey:
        """Which log this is. Raises `Malformed`: `no_log_here`, `malformed_vkey`."""
        try:
            return VerifierKey.parse(self._vkey.read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            raise Malformed("no_log_here", f"{self.path} holds no log: begin one with init") from None

    def make_keys(self, origin: str, passphrase: bytes) -> Keys:
        """Draw the keys of a new log; those of an init that was interrupted are taken up again.

        Raises `Conflict` (`log_exists`) where the keys are another log's, and as `open_keys`.
        """
        self.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._vkey.exists():
            log_key, event_key = new_key(), new_key()
            vkey = log_vkey(origin, log_key.public)
            write_durably(self.keys / "log.pem", seal_key(log_key, passphrase))
            write_durably(self.keys / "event.pem", seal_key(event_key, passphrase))
            write_durably(self._vkey, f"{vkey}\n".encode())  # last: without it the keys are drawn anew
        elif self.vkey().name != origin:
            raise Conflict("log_exists", f"{self.keys} holds the keys of {self.vkey().name!r}")
        return self.open_keys(passphrase)

    def open_keys(self, passphrase: bytes) -> Keys:
        """Raises `Malformed` (`no_log_here`, `malformed_key_file`), `Unauthentic`
        (`wrong_passphrase`), `Fault` (`wrong_log`) where the key is not the one of `log.vkey`."""
        vkey = self.vkey()
        log_key = open_key((self.keys / "log.pem").read_bytes(), passphrase)
        event_key = open_key((self.keys / "event.pem").read_bytes(), passphrase)
        if str(log_vkey(vkey.name, log_key.public)) != str(vkey):
            raise Fault("wrong_log", f"{self.keys}/log.pem is not the key that log.vkey names")
        return Keys(vkey.name, log_key, event_key, self._open_second(vkey.name, passphrase))

    def _open_second(self, origin: str, passphrase: bytes) -> SecondSigner | None:
        return (
            open_second_key(self._second.read_bytes(), passphrase, origin) if self._second.exists() else None
        )

    def make_second_key(self, passphrase: bytes) -> None:
        """Draw the log's second key, once, under the passphrase of the others. Raises as `open_keys`."""
        keys = self.open_keys(passphrase)
        if keys.second_key is None:
            write_durably(self._second, seal_key(new_second_key(keys.origin), passphrase))

    def keep_certificate(self, pkcs12: bytes) -> None:
        """Durably. Raises `Conflict` (`certificate_exists`): reports that it signed go on being checked."""
        if self.certificate.exists():
            raise Conflict("certificate_exists", f"{self.certificate} is there already")
        write_durably(self.certificate, pkcs12)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else works on this directory meanwhile. Raises `Conflict` (`already_running`)."""
        with locked(self.path):
            yield
