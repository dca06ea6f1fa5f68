"""Logs to be witnessed, built from leaves: each history knows its heads, and proofs between them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import zip_longest
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519

from api.witness.home import WitnessHome
from api.witness.register import Head, Refused, Register, Witness
from ledger.proof import merkle, tiles
from ledger.proof.add_checkpoint import Submission
from ledger.proof.checkpoint import Checkpoint, log_vkey, sign_checkpoint, with_lines
from ledger.proof.cosignature import cosign
from ledger.proof.keyfile import seal_key
from ledger.proof.keys import SigningKey
from ledger.proof.note import COSIGNATURE, VerifierKey, parse_note, vkey_of
from ledger.proof.witnesses import Policy, parse_policy

ROOT = Path(__file__).parents[1]
PASSPHRASE = b"of a witness"
TIME = 1_790_000_000
ORIGIN = "ledger.example/witnessed"


def key(number: int) -> SigningKey:
    return SigningKey(ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


LOG_KEY, WITNESS_KEY = key(1), key(2)
LOG = log_vkey(ORIGIN, LOG_KEY.public)
WITNESS = vkey_of("witness.example/one", WITNESS_KEY.public, COSIGNATURE)


class History:
    """A log of these leaves, of fewer than 256: every head of it can be signed and proved."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self.leaves = list(leaves)
        edge, changed = tiles.grow(tiles.EMPTY_EDGE, [merkle.leaf_hash(leaf) for leaf in self.leaves])
        self._read = tiles.edge_reader(edge, changed)

    def root(self, size: int) -> bytes:
        return merkle.root(size, self._read)

    def signed(self, size: int, signer: SigningKey = LOG_KEY, origin: str = ORIGIN) -> bytes:
        return sign_checkpoint(Checkpoint(origin, size, self.root(size)), signer, TIME)

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        return tuple(merkle.consistency_proof(old, new, self._read)) if 0 < old <= new else ()

    def submission(self, old: int, new: int) -> Submission:
        return Submission(old, self.proof(old, new), self.signed(new))


class Clock:
    """Seconds, set by hand."""

    def __init__(self, now_s: int = TIME) -> None:
        self.now_s = now_s

    def __call__(self) -> int:
        return self.now_s


def witness(path: Path, clock: Clock | None = None, follows: VerifierKey = LOG) -> Witness:
    """One on the register that is there, or on a new one."""
    if not path.exists():
        Register.create(path, WITNESS)
    return Witness(Register(path), WITNESS, WITNESS_KEY, {follows.name: [follows]}, clock or Clock())


def cosigned(note: bytes, *numbers: int) -> bytes:
    """The note with the lines of witnesses by their keys' numbers."""
    text = parse_note(note).text
    return with_lines(note, (cosign(text, vkey_of_number(one), key(one), TIME) for one in numbers))


def vkey_of_number(number: int) -> VerifierKey:
    return vkey_of(f"witness.example/{number}", key(number).public, COSIGNATURE)


def policy_text(threshold: int, *numbers: int, urls: Sequence[str] = ()) -> str:
    """So many of these witnesses are enough; each is named W and its number."""
    named = zip_longest(numbers, urls, fillvalue="")
    lines = [f"witness W{one} {vkey_of_number(int(one))} {url}".rstrip() for one, url in named]
    members = " ".join(f"W{one}" for one in numbers)
    return "\n".join([*lines, f"group enough {threshold} {members}", "quorum enough", ""])


def policy(threshold: int, *numbers: int, urls: Sequence[str] = ()) -> Policy:
    return parse_policy(policy_text(threshold, *numbers, urls=urls).encode())


class Process:
    """A real witness in its own process, with the key of this number; on one port throughout."""

    def __init__(self, folder: Path, number: int, *logs: VerifierKey) -> None:
        self.number = number
        self.home = WitnessHome(folder / f"witness-{number}")
        self.home.path.mkdir()
        (self.home.path / "witness.vkey").write_text(f"{vkey_of_number(number)}\n")
        (self.home.path / "witness.pem").write_bytes(seal_key(key(number), PASSPHRASE))
        Register.create(self.home.register, vkey_of_number(number))
        for vkey in logs:
            self.home.follow(vkey)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns when it listens."""
        words = ["witness", "serve", "--data", str(self.home.path), "--port", str(self.port)]
        command = [sys.executable, "-m", "api.program", *words]
        env = os.environ | {"UNBROKEN_PASSPHRASE": PASSPHRASE.decode()}
        with (self.home.path / "stderr").open("a") as told:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=told, text=True, cwd=ROOT, env=env
            )
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert self.url in line, f"the witness said {line!r}: {(self.home.path / 'stderr').read_text()}"

    def kill(self) -> None:
        """As a power cut would."""
        assert self._process
        assert self._process.stdout
        self._process.kill()
        self._process.wait(10)
        self._process.stdout.close()
        self._process = None

    def stop(self) -> None:
        if self._process:
            self.kill()

    def heads(self) -> list[Head]:
        """What it cosigned last of each log."""
        with closing(Register(self.home.register)) as register:
            return register.heads()

    def refused(self) -> list[Refused]:
        with closing(Register(self.home.register)) as register:
            return register.refused()


@contextmanager
def processes(folder: Path, numbers: Iterable[int], *logs: VerifierKey) -> Iterator[list[Process]]:
    """Witnesses that follow these logs, listening."""
    found = [Process(folder, number, *logs) for number in numbers]
    try:
        for one in found:
            one.start()
        yield found
    finally:
        for one in found:
            one.stop()
