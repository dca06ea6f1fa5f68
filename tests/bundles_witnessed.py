"""Bundles with witnesses' lines, and what a reader brings to them: for both verifiers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ledger.application import Answer, Ledger
from ledger.proof.checkpoint import Checkpoint, sign_checkpoint
from ledger.proof.cosignature import cosign
from ledger.proof.note import parse_note
from ledger.proof.pruned import Hidden, decode_records, encode_records
from ledger.proof.witnesses import Policy, parse_policy
from ledger.store.cosignatures import CosignatureStore
from tests.bundling import ask, files_of, made, remade, request_of, resigned, saying, stage
from tests.scenario import Scenario
from tests.witness_stage import TIME, key, policy, policy_text, vkey_of_number

OWN = policy(2, 11, 12, 13)  # the operator's
NOTES = "checkpoints/000000"


def cosign_head(ledger: Ledger, size: int, *numbers: int) -> None:
    """Keep the lines of witnesses with these keys' numbers."""
    head = ledger.store.checkpoint(size)
    assert head
    for number in numbers:
        vkey = vkey_of_number(number)
        line = cosign(parse_note(head.note).text, vkey, key(number), TIME)
        CosignatureStore(ledger.store).keep(size, str(vkey), TIME, line)


@dataclass(frozen=True)
class Cosigned:
    """`raw`: the bundle of a request whose head W11 alone cosigned; `smaller`: the size of one that W11 to
    W13 did. `later`: of a request whose head W11 and W12 cosigned."""

    scenario: Scenario
    asked: Answer
    smaller: int
    raw: bytes
    later: bytes

    @property
    def ledger(self) -> Ledger:
        return self.scenario.ledger

    @property
    def size(self) -> int:
        return request_of(self.ledger, self.asked).size

    def saying(self, **members: object) -> bytes:
        return saying(files_of(self.raw), self.ledger.config.log_key, **members)

    def unclaimed(self) -> bytes:
        """Without a word of the operator's policy."""
        files = files_of(self.raw)
        said = {name: one for name, one in json.loads(files["manifest.json"]).items() if name != "witnessed"}
        return remade(files, self.ledger.config.log_key, said)

    def with_notes(self, notes: list[bytes]) -> bytes:
        """With other checkpoints, signed again by whoever has the log's key."""
        files = files_of(self.raw) | {NOTES: encode_records(notes)}
        return resigned(files, self.ledger.config.log_key)


def cosigned_stage(folder: Path) -> Cosigned:
    scenario = stage(folder)
    ledger = scenario.ledger
    smaller = ledger.store.head()[0]
    cosign_head(ledger, ledger.store.checkpoints(0, 1)[0].size, 11)
    cosign_head(ledger, smaller, 11, 12, 13)
    asked = ask(scenario)
    cosign_head(ledger, request_of(ledger, asked).size, 11)
    raw = made(ledger, asked, policy=OWN)
    again = ask(scenario)
    cosign_head(ledger, request_of(ledger, again).size, 11, 12)
    return Cosigned(scenario, asked, smaller, raw, made(ledger, again, policy=OWN))


@dataclass(frozen=True)
class Case:
    """What is verified with what, and the verdicts of steps 8, 9 and 10; a step that is not there: "-"."""

    name: str
    raw: bytes
    verdicts: tuple[bool | str | None, bool | None, bool | str | None]
    policy: str = ""
    note: str = ""


def notes_of(raw: bytes) -> list[bytes]:
    return [one for one in decode_records(files_of(raw)[NOTES]) if isinstance(one, bytes)]


def policy_cases(told: Cosigned) -> list[Case]:
    """What witnesses say, under a policy from outside."""
    one_of, all_of = policy_text(1, 11, 12, 13), policy_text(3, 11, 12, 13)
    others = policy_text(1, 14, 15)
    notes = notes_of(told.raw)
    forged = notes[-1].replace(notes[-1].splitlines()[-1], notes[0].splitlines()[-1])
    twice = notes[-1] + notes[-1].splitlines(keepends=True)[-1]
    with_log = f"log {told.ledger.vkey}\n{one_of}"
    mixed, doubled = told.with_notes([*notes[:-1], forged]), told.with_notes([*notes[:-1], twice])
    return [
        Case("no policy", told.raw, ("-", True, "-")),
        Case("the newest head meets it", told.raw, (True, True, "-"), one_of),
        Case("a policy that names the log", told.raw, (True, True, "-"), with_log),
        Case("a smaller head meets it", told.raw, (None, True, "-"), all_of),
        Case("the newest of another", told.later, (True, True, "-"), policy_text(2, 11, 12, 13)),
        Case("no head meets it", told.raw, (False, True, "-"), others),
        Case("it asks for nobody", told.raw, (None, True, "-"), "quorum none\n"),
        Case("it is about another log", told.raw, (False, True, "-"), f"log {vkey_of_number(15)}\n{one_of}"),
        Case("a line is moved to another head", mixed, (False, True, "-"), one_of),
        Case("a line stands twice", doubled, (False, True, "-"), one_of),
    ]  # fmt: skip


def claim_cases(told: Cosigned) -> list[Case]:
    """What the operator says of its own policy, with the log's key."""
    claim = json.loads(files_of(told.raw)["manifest.json"])["witnessed"]
    false: dict[str, dict[str, object]] = {
        "the newest head": {"size": told.size},
        "no head here": {"size": 2},
        "nobody": {"policy": "quorum none\n"},
        "no policy": {"policy": "x"},
        "the log itself": {"policy": itself(told)},
    }
    none = Case("none", told.unclaimed(), ("-", True, "-"))
    return [none, *(Case(f"a claim of {name}", told.saying(witnessed=claim | said), ("-", False, "-"))
                    for name, said in false.items())]  # fmt: skip


def itself(told: Cosigned) -> str:
    """A policy whose witness is the log's own key."""
    return f"witness me {told.ledger.vkey.as_type(4)}\nquorum me\n"


def head_cases(told: Cosigned) -> list[Case]:
    """Heads that a reader got elsewhere."""
    later = told.ledger.store.latest_checkpoint()
    assert later
    small, cut = inside_hidden(told)
    return [
        Case("its last head", told.raw, ("-", True, True), note=note_at(told, told.size)),
        Case("a smaller head", told.raw, ("-", True, True), note=note_at(told, told.smaller)),
        Case("with another's lines", told.raw, ("-", True, True), note=told_by(told, told.smaller)),
        Case("between entries that are given", told.raw, ("-", True, True), note=note_at(told, small)),
        Case("between hidden ones", told.raw, ("-", True, None), note=forked(told, cut)),
        Case("a younger one", told.raw, ("-", True, None), note=later.note.decode()),
        Case("another history", told.raw, ("-", True, False), note=forked(told, told.smaller)),
        Case("another history, the newest", told.raw, ("-", True, False), note=forked(told, told.size)),
        Case("no entries", told.raw, ("-", True, False), note=forked(told, 0)),
        Case("by another key", told.raw, ("-", True, False), note=forked(told, told.size, other=True)),
        Case("no note", told.raw, ("-", True, False), note="a head\n"),
    ]


def inside_hidden(told: Cosigned) -> tuple[int, int]:
    """Sizes: of a head between two entries that are given, and of one that cuts a hash."""
    at, between, cut = 0, 0, 0
    for record in decode_records(files_of(told.raw)["entries/000000"]):
        width = 2**record.height if isinstance(record, Hidden) else 1
        if width > 1:
            cut = at + 1
        at += width
        if isinstance(record, bytes) and told.ledger.store.checkpoint(at):
            between = at
    assert between
    assert cut
    return between, cut


def note_at(told: Cosigned, size: int) -> str:
    head = told.ledger.store.checkpoint(size)
    assert head
    return head.note.decode()


def told_by(told: Cosigned, size: int) -> str:
    head = told.ledger.store.checkpoint(size)
    assert head
    return CosignatureStore(told.ledger.store).complete([head])[0].decode()


def forked(told: Cosigned, size: int, *, other: bool = False) -> str:
    """A head of this size with a root that the log never had, signed by its key, or by somebody's."""
    signer = key(9) if other else told.ledger.config.log_key
    return sign_checkpoint(Checkpoint(told.ledger.origin, size, bytes(32)), signer, TIME).decode()


def parsed(text: str) -> Policy | None:
    return parse_policy(text.encode()) if text else None
