"""A witness's directory.

DIR/witness.vkey   its name and public key, as logs and policies name it
DIR/witness.pem    its key (encrypted PKCS #8)
DIR/logs           the logs that it follows: lines `log <vkey>`, as in c2sp.org/tlog-policy
DIR/register.db    what it cosigned last; never put this back from a backup
DIR/lock           held while it runs
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.durable import write_durably
from api.witness.register import Register
from ledger.errors import Conflict, Fault, Malformed
from ledger.proof.keyfile import new_key, open_key, seal_key
from ledger.proof.note import COSIGNATURE, VerifierKey, vkey_of
from ledger.proof.witnesses import parse_logs

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.proof.keys import SigningKey


class WitnessHome:
    """Opens nothing until asked."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.register = self.path / "register.db"
        self._vkey = self.path / "witness.vkey"
        self._key = self.path / "witness.pem"
        self._logs = self.path / "logs"

    def begin(self, name: str, passphrase: bytes) -> VerifierKey:
        """Draw the key and begin the register. Raises `Conflict` (`witness_exists`), `Malformed`
        (`malformed_vkey`), `Fault` (`store_failed`)."""
        if self._vkey.exists():
            raise Conflict("witness_exists", f"{self.path} is the witness {self.vkey().name!r}")
        key = new_key()
        vkey = vkey_of(name, key.public, COSIGNATURE)
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(self._key, seal_key(key, passphrase))
        Register.create(self.register, vkey)
        write_durably(self._vkey, f"{vkey}\n".encode())  # last: without it the key is drawn anew
        return vkey

    def vkey(self) -> VerifierKey:
        """Raises `Malformed`: `no_witness_here`, `malformed_vkey`."""
        try:
            return VerifierKey.parse(self._vkey.read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            raise Malformed("no_witness_here", f"{self.path} holds no witness") from None

    def open_key(self, passphrase: bytes) -> SigningKey:
        """Raises as `ledger.proof.keyfile.open_key`, and `Fault` (`wrong_register`)."""
        key, vkey = open_key(self._key.read_bytes(), passphrase), self.vkey()
        if key.public.raw != vkey.public.raw:
            raise Fault("wrong_register", f"{self._key} is not the key that witness.vkey names")
        return key

    def logs(self) -> dict[str, list[VerifierKey]]:
        """By origin. Raises `Malformed` (`malformed_policy`)."""
        found: dict[str, list[VerifierKey]] = {}
        for each in parse_logs(self._logs.read_bytes() if self._logs.exists() else b""):
            found.setdefault(each.vkey.name, []).append(each.vkey)
        return found

    def follow(self, vkey: VerifierKey) -> None:
        """Add a log; again changes nothing. Raises `Malformed` (`malformed_policy`, `no_witness_here`)."""
        self.vkey()
        if str(vkey) in map(str, self.logs().get(vkey.name, [])):
            return
        before = self._logs.read_bytes() if self._logs.exists() else b""
        gap = b"\n" if before and not before.endswith(b"\n") else b""
        after = before + gap + f"log {vkey}\n".encode()
        parse_logs(after)
        write_durably(self._logs, after)
