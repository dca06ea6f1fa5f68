"""The rules: may this be recorded, what is wrong with it, and what does it concern?

`judge` in numbered steps:

1. The signer is who the key says; the key is not revoked; the stream fits the event.
   Otherwise nothing is recorded.
2. Genesis, and what the ledger itself says, have rules of their own: it raises deviations, and
   attests what a logger sent live (`seals.py`).
3. A decision is checked: device, role, view, gates. It passes, or is refused.
4. A fact by somebody with no part in the therapy is kept for review and changes nothing; so
   is one about a therapy that nobody ordered, unless it is of a collection (`provisional.py`).
5. Any other fact is recorded, with everything that is wrong with it.

Pure: the same entry and the same world before it give the same verdict, anywhere, in thirty
years. That is what an audit replays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from ledger.domain.admission import authenticate, find_device_faults, require_sound_device
from ledger.domain.chain import Chain
from ledger.domain.decisions import check_chain_decision, check_export, check_order
from ledger.domain.erasure import erasure_tags
from ledger.domain.esignatures import require_sound_esignature
from ledger.domain.facts import find_faults, find_overdue
from ledger.domain.findings import CLEAN, Found, finding
from ledger.domain.findings import Finding as Finding
from ledger.domain.findings import Verdict as Verdict
from ledger.domain.naming import STREAM_KINDS, containers_of, label_tags, linked_tags, registry_tags
from ledger.domain.policy import is_qualified, permits
from ledger.domain.provisional import FOLLOWING, begin, may_open
from ledger.domain.registry import LEDGER, Agent
from ledger.domain.registry_rules import RULE_SET as RULE_SET
from ledger.domain.registry_rules import check_genesis, check_registry_decision
from ledger.domain.seals import is_seal, require_seal
from ledger.domain.shares import is_carried, shares, therapies_of
from ledger.domain.standing import has_part_in

if TYPE_CHECKING:
    from ledger.domain.registry import Key
    from ledger.domain.temperature_events import TemperatureEvidenceAttached
    from ledger.domain.world import Entry, World

_NOT_OPENED = Verdict((finding("chain_not_opened"),), standing=False)
_LINKED = Verdict((finding("chain_linked"),), standing=False)
_UNRELATED = Verdict((finding("unrelated_signer"),), standing=False)


def judge(entry: Entry, world: World) -> Verdict:
    """The verdict on an entry, given the world just before it. Changes nothing.

    Raises `Unauthentic` for anything that the key, signer or stream does not prove, and
    for a decision `Refused` or a kind of it (`Malformed` where it enrols what is no key).
    A fact signed with an enrolled key that was not revoked is never refused.
    """
    event = entry.event
    if event.type == "LogOpened":
        check_genesis(entry, world)
        return CLEAN
    key = authenticate(entry, world)
    if event.kind == "decision":
        return _judge_decision(entry, key, world)
    if entry.signer == LEDGER and event.type == "DeviationRaised":
        return CLEAN
    return _judge_carried(entry, key, world) if is_carried(entry) else _judge_fact(entry, key, world)


def _judge_decision(entry: Entry, key: Key, world: World) -> Verdict:
    agent = world.agent(entry.signer) or Agent(entry.signer)  # the ledger is no agent
    require_sound_device(entry, key, world)
    require_sound_esignature(entry, world)
    if STREAM_KINDS[entry.event.type] != "chain":
        check_registry_decision(entry, agent, world)
        return CLEAN
    if entry.event.type == "TherapyExportRequested":  # by whoever reads it: no part in it is needed
        check_export(entry, agent, world)
        return CLEAN
    if entry.event.type == "TherapyOrdered":
        check_order(entry, agent, world)
        before = world.chain(entry.stream.removeprefix("chain/")).provisional
        return Verdict((finding("provisional_set_aside"),)) if before else CLEAN
    found = Found()
    check_chain_decision(entry, agent, world, found)
    find_overdue(entry, world.chain(entry.stream.removeprefix("chain/")), world, found)
    return found.verdict()


def _judge_carried(entry: Entry, key: Key, world: World) -> Verdict:
    """Each therapy judges its own share; where the signer has no part, only that one is set apart."""
    findings: list[Finding] = []
    apart = set()
    for share in shares(entry):
        verdict = _judge_fact(share, key, world)
        findings += [replace(one, stream=share.stream) for one in verdict.findings]
        if not verdict.standing:
            apart.add(share.stream)
    return Verdict(tuple(findings), len(apart) < len(therapies_of(entry)), frozenset(apart))


def _judge_fact(entry: Entry, key: Key, world: World) -> Verdict:
    agent = world.agent(entry.signer) or Agent(entry.signer)
    chain = world.chain(entry.stream.removeprefix("chain/"))
    if is_seal(entry):
        require_seal(cast("TemperatureEvidenceAttached", entry.event), chain, world)
        found = Found()
        find_faults(entry, chain, world, found)
        return found.verdict()
    if not chain.is_open:
        return _judge_provisional(entry, key, agent, chain, world)
    if not has_part_in(agent, chain, world):
        return _UNRELATED
    return _findings(entry, key, agent, chain, world)


def _judge_provisional(entry: Entry, key: Key, agent: Agent, chain: Chain, world: World) -> Verdict:
    """Facts of a collection whose order is not in the log: see `provisional.py`."""
    if chain.linked_to is not None:
        return _LINKED
    opens = chain.provisional is None
    if opens:
        if not may_open(entry, agent, world):
            return _NOT_OPENED
        chain = Chain(chain.coi)
        begin(chain, entry)
    elif entry.event.type not in FOLLOWING:
        return _NOT_OPENED
    elif not has_part_in(agent, chain, world):
        return _UNRELATED
    verdict = _findings(entry, key, agent, chain, world)
    opening = (finding("provisional_chain"),) if opens else ()
    return Verdict((*opening, *verdict.findings), provisional=True)


def _findings(entry: Entry, key: Key, agent: Agent, chain: Chain, world: World) -> Verdict:
    found = Found()
    find_device_faults(entry, key, world, found)
    if not permits(entry, agent, world):
        found.add("role_not_permitted", *containers_of(entry.event))
    elif not is_qualified(entry, agent, entry.event.occurred_at):
        found.add("not_qualified", *containers_of(entry.event))
    find_faults(entry, chain, world, found)
    if chain.waiting:
        find_overdue(entry, chain, world, found)
    return found.verdict()


def tags_of(entry: Entry, verdict: Verdict) -> tuple[str, ...]:
    """Everything that the entry concerns, without repeats: its stream, its signer's key, the rest.

    A fact without standing goes to `review/<coi>` in place of its stream, and names nothing
    else: it changes no aggregate. A carrier's goes to each of its therapies. One of a
    provisional chain names no container: nobody takes an id away from another therapy
    before there is an order.
    """
    signer = f"signer/{entry.kid}"
    if is_carried(entry):
        return _carried_tags(entry, verdict, signer)
    if not verdict.standing:
        return (f"review/{entry.stream.removeprefix('chain/')}", signer)
    if STREAM_KINDS[entry.event.type] == "chain":
        names = [] if verdict.provisional else [f"container/{name}" for name in containers_of(entry.event)]
        names += [*linked_tags(entry.event), *label_tags(entry.event), *erasure_tags(entry.event)]
    else:
        names = list(registry_tags(entry.event))
    return tuple(dict.fromkeys((entry.stream, signer, *names)))


def _carried_tags(entry: Entry, verdict: Verdict, signer: str) -> tuple[str, ...]:
    # The carrier itself believes only who has a part in all that they name.
    tags = [signer] if verdict.apart else [entry.stream, signer]
    for share in shares(entry):
        if verdict.stands_in(share.stream):
            tags += [share.stream, *(f"container/{name}" for name in containers_of(share.event))]
        else:
            tags.append(f"review/{share.stream.removeprefix('chain/')}")
    return tuple(dict.fromkeys(tags))


def stream_of(finding: Finding, entry: Entry) -> str:
    """Where the ledger records the deviation for a finding of this entry."""
    return finding.stream or entry.stream


def deviation_of(finding: Finding, entry: Entry) -> dict[str, Any]:
    """The members of the ledger's `DeviationRaised` for a finding of this entry.

    The caller adds `occurred_at`, `seen`, `seq` and `prev`, signs with the event key on the
    `stream_of` the finding, and records it right behind the entry, tagged with its standing.
    """
    return {
        "type": "DeviationRaised",
        "v": 1,
        "code": finding.code,
        "severity": finding.severity,
        "blocking": finding.blocking,
        "containers": list(finding.containers),
        "cause": entry.statement_id,
    }
