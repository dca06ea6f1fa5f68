"""Witness policies, read twice and apart: Python's parser and the browser's take and refuse the same."""

from __future__ import annotations

import os
from random import Random
from typing import Any

from ledger.errors import Malformed
from ledger.proof.witnesses import encode_policy, parse_policy
from tests.web.agent import Agent
from tests.witness_stage import policy_text, vkey_of_number

MUTANTS = int(os.environ.get("UNBROKEN_MUTANTS", "60")) * 4
GOOD = policy_text(2, 11, 12, 13, urls=["http://one.invalid/"])
LOG = f"log {vkey_of_number(15)}"
POLICIES = [
    "", "quorum none", "quorum none\nquorum none\n", "quorum W\n", GOOD, f"# said\n\n\t{GOOD}", f"{GOOD}\r\n",
    *(GOOD.replace("enough 2", f"enough {how}") for how in ("all", "any", "4", "02", "0", "x")),
    GOOD.replace("W12 W13", "W12 W12"), GOOD.replace("W13\n", "\n"), f"{LOG}\n{GOOD}",
    f"{LOG}\n{LOG}\n{GOOD}",
    f"{LOG} http://x y\n{GOOD}", f"witness {GOOD}", "x" * 65_537, f"{GOOD}quorum \u00e9\n",
    f"group none any W11\n{GOOD}", f"{GOOD}group more all enough\n",
]  # fmt: skip


def mangled(chance: Random) -> str:
    """Words of a good one, moved, doubled, left out."""
    lines = [line.split(" ") for line in GOOD.splitlines()]
    for _ in range(chance.randint(1, 3)):
        line, other = chance.choice(lines), chance.choice(lines)
        at = chance.randrange(len(line))
        line[at : at + chance.randint(0, 1)] = [chance.choice(other)] * chance.randint(0, 2) or [line[at]]
        if chance.random() < 0.2:
            lines.insert(chance.randrange(len(lines)), list(other))
    return "\n".join(" ".join(line) for line in lines)


def ours(text: str) -> dict[str, Any]:
    try:
        found = parse_policy(text.encode())
    except Malformed as error:
        return {"code": error.code}
    groups = [[name, least, list(members)] for name, (least, members) in found.groups.items()]
    return {"ok": [len(found.logs), list(found.witnesses), groups, found.quorum]}


def test_both_read_the_same_policies(node: Agent) -> None:
    texts = [*POLICIES, *(mangled(Random(number)) for number in range(MUTANTS))]
    taken = 0
    for text, answer in zip(texts, node.many([{"op": "policy", "text": one} for one in texts]), strict=True):
        assert {name: value for name, value in answer.items() if name != "detail"} == ours(text), text
        taken += "ok" in answer
    assert 10 < taken < len(texts) - 10


def test_a_policy_is_written_as_it_is_read_without_addresses() -> None:
    for text in (GOOD, f"{LOG}\n{GOOD}", "quorum none\n"):
        read = parse_policy(text.encode())
        again = parse_policy(encode_policy(read).encode())
        assert "http" not in encode_policy(read)
        assert (again.groups, again.quorum) == (read.groups, read.quorum)
        assert [str(one.vkey) for one in again.logs] == [str(one.vkey) for one in read.logs]
        assert {name: str(one.vkey) for name, one in again.witnesses.items()} == {
            name: str(one.vkey) for name, one in read.witnesses.items()
        }
