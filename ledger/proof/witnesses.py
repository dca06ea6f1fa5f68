"""Which witnesses must have cosigned a head before it counts: c2sp.org/tlog-policy.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name>…
    quorum <name>|none

Read from bytes that people write, so blanks, comments and a missing last line break are let
pass; all else that the page does not allow is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from ledger.errors import Malformed
from ledger.proof.cosignature import cosigned_at
from ledger.proof.note import COSIGNATURE, Note, VerifierKey

NONE = "none"
MAX_FILE = 64 * 1024  # bytes
MAX_WITNESSES = 64  # their lines must find room in one note beside the log's
MAX_GROUPS = 64
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")  # "Character set"
_BLANK = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class Named:
    """A log or a witness: its key, and where it is asked, if the file says so."""

    vkey: VerifierKey
    url: str


@dataclass(frozen=True, slots=True)
class Policy:
    """`logs` by key; `witnesses` by the name that the file gives them; `groups`: (threshold, members)."""

    logs: tuple[Named, ...] = ()
    witnesses: dict[str, Named] = field(default_factory=dict)
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    quorum: str = NONE

    @property
    def asks(self) -> bool:
        """False for a policy that is met without anybody's word, which proves nothing."""
        return self.quorum != NONE

    def met_by(self, cosigned: Collection[str]) -> bool:
        """Whether these witnesses' cosignatures are enough. `cosigned`: names of this file."""
        return self.quorum == NONE or self._met(self.quorum, cosigned)

    def _met(self, name: str, cosigned: Collection[str]) -> bool:
        if name not in self.groups:
            return name in cosigned
        threshold, members = self.groups[name]
        return sum(self._met(member, cosigned) for member in members) >= threshold

    def knows_log(self, vkey: VerifierKey) -> bool:
        """Whether heads of this log are its matter: "an empty set of logs" leaves that to others."""
        return not self.logs or any(
            (each.vkey.name, each.vkey.public.raw) == (vkey.name, vkey.public.raw) for each in self.logs
        )

    def must_watch(self, vkey: VerifierKey) -> None:
        """A log is no witness of itself: its key makes any head of any history look cosigned.

        Raises `Malformed` (`malformed_policy`) where a witness has this log's public key.
        """
        for name, each in self.witnesses.items():
            if each.vkey.public.raw == vkey.public.raw:
                raise _wrong(f"the witness {name} has the key of the log {vkey.name!r} itself")

    def cosigners(self, found: Note) -> dict[str, int]:
        """Which witnesses cosigned the note, and when (s since the epoch).

        Raises `ProofInvalid` (`no_signature`, `bad_cosignature`) where a line under a witness's key
        is not by it, or stands twice: "clients SHOULD reject the whole note" (signed-note).
        """
        signed = {(each.name, each.key_id) for each in found.signatures}
        return {
            name: cosigned_at(found, each.vkey)
            for name, each in self.witnesses.items()
            if (each.vkey.name, each.vkey.key_id) in signed
        }


def parse_policy(data: bytes) -> Policy:
    """Raises `Malformed` (`malformed_policy`), naming the line."""
    reader = _Reader()
    for number, words in _lines(data):
        try:
            reader.take(words)
        except Malformed as error:
            raise Malformed("malformed_policy", f"line {number}: {error.detail}") from None
    if reader.quorum is None:
        raise Malformed("malformed_policy", "there is no quorum line; without witnesses, say: quorum none")
    return Policy(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum)


def encode_policy(policy: Policy) -> str:
    """The policy as `parse_policy` reads it, without addresses: whom it believes, not where they are."""
    lines = [f"log {each.vkey}" for each in policy.logs]
    lines += [f"witness {name} {each.vkey}" for name, each in policy.witnesses.items()]
    lines += [f"group {name} {least} {' '.join(of)}" for name, (least, of) in policy.groups.items()]
    return "\n".join([*lines, f"quorum {policy.quorum}", ""])


def parse_logs(data: bytes) -> tuple[Named, ...]:
    """A file of `log` lines alone, as a witness has it. Raises `Malformed` (`malformed_policy`)."""
    if any(words[0] != "log" for _, words in _lines(data)):
        raise Malformed("malformed_policy", "a witness's list of logs holds lines that begin with log")
    return parse_policy(data.rstrip(b"\n") + b"\nquorum none\n").logs


def _lines(data: bytes) -> Iterable[tuple[int, list[str]]]:
    """(line number, words) of each line that says something. A byte that is no UTF-8 shows as \\xNN."""
    if len(data) > MAX_FILE or _CONTROL.search(data):
        raise Malformed("malformed_policy", "the file is too long, or holds a control character")
    for number, line in enumerate(data.decode("utf-8", "backslashreplace").split("\n"), 1):
        text = line.strip(" \t")
        if text and not text.startswith("#"):
            yield number, _BLANK.split(text)


class _Reader:
    """The lines so far. "A line defining a group can only reference names … on preceding lines." """

    def __init__(self) -> None:
        self.logs: list[Named] = []
        self.witnesses: dict[str, Named] = {}
        self.groups: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.quorum: str | None = None
        self._members: set[str] = set()
        self._kinds: dict[str, Callable[..., None]] = {
            "log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum,
        }  # fmt: skip

    def take(self, words: list[str]) -> None:
        kind, *rest = words
        try:
            self._kinds[kind](*rest)
        except (KeyError, TypeError):
            raise _wrong(f"{' '.join(words)[:80]!r} is not a log, witness, group or quorum line") from None

    def _log(self, vkey: str, url: str = "") -> None:
        found = VerifierKey.parse(vkey)
        self._must_be_new(found, self.logs)
        self.logs.append(Named(found, url))

    def _witness(self, name: str, vkey: str, url: str = "") -> None:
        found = VerifierKey.parse(vkey)
        if found.alg != COSIGNATURE:
            raise _wrong(f"the key of {name} is not one that cosigns (type 0x04)")
        self._must_be_free(name)
        self._must_be_new(found, self.witnesses.values())
        self.witnesses[name] = Named(found, url)
        if len(self.witnesses) > MAX_WITNESSES:
            raise _wrong(f"more than {MAX_WITNESSES} witnesses")

    def _group(self, name: str, how: str, *members: str) -> None:
        self._must_be_free(name)
        for member in members:
            self._must_be_known(member)
        if len(self.groups) == MAX_GROUPS:
            raise _wrong(f"more than {MAX_GROUPS} groups")
        if len(set(members)) != len(members) or self._members & set(members):
            raise _wrong("each name can be a member of one group only, once")
        self._members.update(members)
        self.groups[name] = _threshold(how, len(members)), members

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise _wrong("there is a quorum line already")
        if name != NONE:
            self._must_be_known(name)
        self.quorum = name

    def _must_be_known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise _wrong(f"{name!r} is not defined on a line before")

    def _must_be_free(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise _wrong(f"the name {name!r} is taken")

    @staticmethod
    def _must_be_new(vkey: VerifierKey, others: Iterable[Named]) -> None:
        """ "Duplicate … if they wrap the same underlying public key"."""
        if any(each.vkey.public.raw == vkey.public.raw for each in others):
            raise _wrong("this public key stands on a line before")


def _threshold(how: str, members: int) -> int:
    """At least 1, at most all. Raises `Malformed`."""
    named = {"all": members, "any": 1}
    decimal = how.isascii() and how.isdigit() and len(how) < 4 and str(int(how)) == how
    found = named.get(how, int(how) if decimal else 0)
    if not 1 <= found <= members:
        raise _wrong(f"{how[:20]!r} of {members} members is no threshold")
    return found


def _wrong(what: str) -> Malformed:
    return Malformed("malformed_policy", what)
