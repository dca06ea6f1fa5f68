"""The master key: it wraps every other key, and never leaves where it lies.

Written as one word:

    file:PATH        32 bytes in hex, a file that its owner alone may read (0600)
    env:NAME         the same in an environment variable
    pkcs11:MODULE?token=LABEL&object=LABEL&pin-file=PATH
                     a secret key in a token, which the token never gives out (PKCS #11 v2.40)

All that is asked of it is HMAC-SHA-256 (RFC 2104) over a label: the answer wraps one key. A token
needs no more than that mechanism, and what it wraps is bound to its place by the label.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
import threading
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl

from ledger.errors import Fault, Malformed
from ledger.vault.sealing import KEY_SIZE
from ledger.vault.whole_file import made_whole

ID_SIZE = 8
_ID = b"unbroken vault master id v1"


class Master(Protocol):
    """Safe to use from any thread."""

    def derive(self, label: bytes) -> bytes:
        """HMAC-SHA-256 of the label; 32 bytes. Raises `Fault` (`master_unavailable`)."""
        ...


class HeldMaster:
    """A master key in this process's memory."""

    def __init__(self, key: bytes) -> None:
        """Raises `Malformed` (`bad_master_key`)."""
        if len(key) != KEY_SIZE:
            raise Malformed("bad_master_key", f"a master key has {KEY_SIZE} bytes, in hex")
        self._key = key

    def derive(self, label: bytes) -> bytes:
        return hmac.digest(self._key, label, "sha256")


class TokenMaster:
    """A secret key in a PKCS #11 token. One session, opened when it is first needed."""

    def __init__(self, module: str, token: str, label: str, pin: str) -> None:
        self._where = (module, token, label, pin)
        self._turn = threading.Lock()
        self._opened: tuple[Any, Any] | None = None  # session and key: the first keeps the second

    def derive(self, label: bytes) -> bytes:
        try:
            with self._turn:
                pkcs11, key = self._key()
                made: bytes = key.sign(label, mechanism=pkcs11.Mechanism.SHA256_HMAC)
                return made
        except ImportError:
            raise Malformed("bad_master_key", "PKCS #11 needs the extra unbroken[pkcs11]") from None
        except Exception as error:  # the library's errors have no common base that tells more
            self._opened = None
            raise Fault("master_unavailable", f"the token does not answer: {type(error).__name__}") from None

    def _key(self) -> tuple[Any, Any]:
        import pkcs11  # an extra, that few need

        if self._opened is None:
            module, token, label, pin = self._where
            there = pkcs11.lib(module).get_token(token_label=token)
            try:
                session = there.open(user_pin=pin)
            except pkcs11.UserAlreadyLoggedIn:  # by another session of this process, which counts for all
                session = there.open()
            self._opened = (session, session.get_key(label=label, object_class=pkcs11.ObjectClass.SECRET_KEY))
        return pkcs11, self._opened[1]


def id_of(master: Master) -> bytes:
    """By which a wrapped key says what wrapped it; tells nothing of the key."""
    return master.derive(_ID)[:ID_SIZE]


def open_master(word: str) -> Master:
    """Raises `Malformed` (`bad_master_key`), for a token later `Fault` (`master_unavailable`)."""
    kind, _, where = word.partition(":")
    if kind == "file" and where:
        return HeldMaster(_from_hex(_own_file(Path(where)), word))
    if kind == "env" and where:
        return HeldMaster(_from_hex(os.environ.get(where, ""), word))
    if kind == "pkcs11" and where:
        return _token(where)
    raise Malformed("bad_master_key", "a master key is file:PATH, env:NAME or pkcs11:MODULE?token=…")


def make_master_file(path: Path) -> None:
    """Draw a master key and keep it, durably. Never overwrites: raises `FileExistsError`."""
    with made_whole(path) as half:
        half.write_text(secrets.token_hex(KEY_SIZE) + "\n", encoding="ascii")


def _own_file(path: Path) -> str:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise Malformed("bad_master_key", f"others may read {path}: make it 0600")
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise Malformed("bad_master_key", f"there is no {path}") from None
    except ValueError:
        raise Malformed("bad_master_key", f"{path} is not a master key in hex") from None


def _from_hex(text: str, word: str) -> bytes:
    try:
        return bytes.fromhex(text.strip())
    except ValueError:
        raise Malformed("bad_master_key", f"{word} holds no master key in hex") from None


def _token(where: str) -> TokenMaster:
    module, _, query = where.partition("?")
    given = dict(parse_qsl(query))
    if not module or given.keys() != {"token", "object", "pin-file"}:
        raise Malformed("bad_master_key", "a token's key is pkcs11:MODULE?token=…&object=…&pin-file=…")
    pin = _own_file(Path(given["pin-file"])).strip()
    return TokenMaster(module, given["token"], given["object"], pin)
