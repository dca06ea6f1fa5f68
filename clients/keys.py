"""A person's device: their encrypted key, and whom they trust.

    ~/.unbroken (or UNBROKEN_HOME), 0700
      key.pem        the signing key, encrypted under the passphrase; losing it loses nothing
                     but the ability to sign: a new key is enrolled
      next-key.pem   a key made to replace it, until `switch` puts it in place
      profile.json   who I am, which server, which log, and that log's pinned public key;
                     whoever edits it can point me at a false log
      outbox.db      what I signed, and the newest tree head that I have seen

The passphrase comes from UNBROKEN_PASSPHRASE, from a file, or from a prompt; never from the
command line, which every process of the machine can read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ledger.errors import Conflict, Malformed, NotFound, Unauthentic
from ledger.proof.keyfile import new_key, open_key, seal_key
from ledger.proof.keys import ED25519, PublicKey, SigningKey
from ledger.proof.note import VerifierKey

KEY_FILE = "key.pem"
NEXT_KEY_FILE = "next-key.pem"
PROFILE_FILE = "profile.json"
STORE_FILE = "outbox.db"


@dataclass(frozen=True, slots=True)
class Profile:
    """Who signs here, and the one log that is believed. Empty text: not set yet."""

    agent: str = ""
    origin: str = ""
    log_key: str = ""  # the log's C2SP verifier key, pinned
    server: str = ""

    def need(self, *names: str) -> None:
        """Raise `Malformed` `incomplete_profile` naming every member of `names` that is not set."""
        missing = [name for name in names if not getattr(self, name)]
        if missing:
            options = " ".join(f"--{name.replace('_', '-')} …" for name in missing)
            raise Malformed(
                "incomplete_profile", f"this device does not know {', '.join(missing)}: profile set {options}"
            )

    def verifier(self) -> VerifierKey:
        """The pinned log key. Raises `Malformed` when it is not set, or is not the origin's."""
        self.need("log_key", "origin")
        vkey = VerifierKey.parse(self.log_key)
        if vkey.name != self.origin:
            raise Malformed(
                "wrong_log_key", f"the pinned key is of log {vkey.name!r}, the profile's is {self.origin!r}"
            )
        return vkey


class Device:
    """A home directory with a profile and, once made, a key.

    `key` is decrypted on first use and kept in memory until the process ends.
    """

    def __init__(self, home: Path, passphrase: Callable[[], bytes] | bytes = b"") -> None:
        self.home = home
        self._passphrase = passphrase
        self._key: SigningKey | None = None
        self.profile = _read_profile(home / PROFILE_FILE)

    @property
    def key(self) -> SigningKey:
        """The signing key.

        Raises `NotFound` `no_device_key`, `Unauthentic` `wrong_passphrase`, `Malformed`
        `malformed_key_file`.
        """
        if self._key is None:
            self._key = self._open(KEY_FILE)
        return self._key

    def confirm(self, passphrase: bytes) -> None:
        """Open the key file once more with a passphrase that was just given.

        Raises `Unauthentic` `wrong_passphrase`, and as `key`.
        """
        path = self.home / KEY_FILE
        if open_key(path.read_bytes(), passphrase).public.kid != self.key.public.kid:
            raise Unauthentic("wrong_passphrase", "the passphrase opens another key than the one in use")

    @property
    def has_key(self) -> bool:
        return (self.home / KEY_FILE).exists()

    @property
    def store_path(self) -> Path:
        return self.home / STORE_FILE

    def make_key(self, alg: int = ED25519, *, following: bool = False) -> PublicKey:
        """Draw a key and store it encrypted; `following` makes the next one beside it.

        Never overwrites a key: raises `Conflict` `key_exists`.
        """
        path = self.home / (NEXT_KEY_FILE if following else KEY_FILE)
        if path.exists():
            raise Conflict("key_exists", f"{path} holds a key already; a key is never overwritten")
        key = new_key(alg)
        write_private(path, seal_key(key, self._secret()), exclusive=True)
        if not following:
            self._key = key
        return key.public

    def next_public(self) -> PublicKey:
        """The public part of the key that waits to replace this one. Errors as `key`."""
        return self._open(NEXT_KEY_FILE).public

    def switch(self) -> PublicKey:
        """Put the next key in place of this one, which is kept under its own id.

        Two renames: killed between them, the device has no `key.pem`, and `switch` again
        completes it.
        """
        following = self._open(NEXT_KEY_FILE)
        if self.has_key:
            old = self.home / f"key-{self.key.public.kid.hex()[:16]}.pem"
            (self.home / KEY_FILE).rename(old)
        (self.home / NEXT_KEY_FILE).rename(self.home / KEY_FILE)
        self._key = following
        return following.public

    def set_profile(self, **changes: str) -> Profile:
        """Change members of the profile, durably.

        Raises `Malformed` for a log key of another log, `Conflict` `other_log` once this home
        holds statements and heads of its log: another log needs another home.
        """
        profile = replace(self.profile, **changes)
        if profile.log_key and not profile.origin:
            profile = replace(profile, origin=VerifierKey.parse(profile.log_key).name)
        if profile.log_key:
            profile.verifier()
        if self.store_path.exists() and self.profile.origin not in ("", profile.origin):
            raise Conflict(
                "other_log", f"this home belongs to the log {self.profile.origin}; use another home"
            )
        text = json.dumps(asdict(profile), indent=2, sort_keys=True) + "\n"
        write_private(self.home / PROFILE_FILE, text.encode())
        self.profile = profile
        return profile

    def _open(self, name: str) -> SigningKey:
        path = self.home / name
        if not path.exists():
            raise NotFound("no_device_key", f"there is no key at {path}: make one with `unbroken key new`")
        return open_key(path.read_bytes(), self._secret())

    def _secret(self) -> bytes:
        if callable(self._passphrase):
            self._passphrase = self._passphrase()
        if not self._passphrase:
            raise Malformed("no_passphrase", "a key file needs a passphrase: set UNBROKEN_PASSPHRASE")
        return self._passphrase


def default_home() -> Path:
    return Path(os.environ.get("UNBROKEN_HOME") or "~/.unbroken").expanduser()


def find_passphrase(file: Path | None = None, ask: Callable[[], str] | None = None) -> bytes:
    """Take the passphrase from `file`, else UNBROKEN_PASSPHRASE, else by asking.

    One line end after a file's passphrase is not part of it. Raises `Malformed`
    `no_passphrase` when there is nobody to ask.
    """
    if file is not None:
        return file.read_bytes().removesuffix(b"\n").removesuffix(b"\r")
    if "UNBROKEN_PASSPHRASE" in os.environ:
        return os.environ["UNBROKEN_PASSPHRASE"].encode()
    if ask is None:
        raise Malformed("no_passphrase", "set UNBROKEN_PASSPHRASE, or name a file with --passphrase-file")
    return ask().encode()


def write_private(path: Path, data: bytes, *, exclusive: bool = False) -> None:
    """Write a file that only its owner may read: whole or not at all, durable on return.

    `exclusive` raises `FileExistsError` where another process was faster, by linking
    instead of renaming.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if exclusive:
            os.link(fresh, path)
        else:
            fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """A rename is durable only once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read_profile(path: Path) -> Profile:
    if not path.exists():
        return Profile()
    try:
        members: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if all(isinstance(value, str) for value in members.values()):
            return Profile(**members)
    except (ValueError, TypeError, AttributeError):
        pass
    raise Malformed("bad_profile", f"{path} is not a profile that this program wrote")
