"""A therapy's report: gathered from the log, checked entry by entry, and handed to the typesetter.

It is for one reader: what they may not read is not in it, and it says so.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from qrcode import QRCode
from qrcode.image.svg import SvgPathImage

from api.report_verdicts import verdicts
from api.vault.printed import printed_name
from clients.words import bags, clock, listed, millilitres, party, sentence
from ledger.application import node_reader
from ledger.domain.events import to_payload
from ledger.domain.findings import FINDINGS
from ledger.domain.label_state import label_on
from ledger.domain.shares import share_of
from ledger.domain.window import product_of
from ledger.domain.world import Entry, chain_tag, timestamp
from ledger.errors import Fault, NotFound, UnbrokenError
from ledger.export.report import (
    Bag,
    Correction,
    Proof,
    Raised,
    Report,
    Signature,
    Signer,
    Step,
)
from ledger.export.report_charts import pictures
from ledger.proof import merkle, statement
from ledger.store.decode import entry_of

if TYPE_CHECKING:
    from api.reading import Reader
    from ledger.domain.chain import Chain
    from ledger.domain.container import Container
    from ledger.domain.deviation import Deviation
    from ledger.store.recorder import StoredEntry
    from ledger.store.time_stamps import Kept

PAGE = 1_000  # entries read at once


def report_of(reader: Reader, coi: str, position: int, seal: str = "") -> Report:
    """The therapy as the entries before `position` made it. Raises `NotFound` (`no_such_chain`)."""
    chain = reader.chain(coi, position)
    if chain.order is None:
        raise NotFound("no_such_chain", "this therapy was not ordered yet: there is nothing to report")
    return _Gathered(reader, chain, position, seal).report()


@dataclass
class _Gathered:
    """What the parts of one report have in common."""

    reader: Reader
    chain: Chain
    position: int
    seal: str

    def __post_init__(self) -> None:
        self.world = self.reader.world_before(self.position)
        self.head = self.reader.node.ledger.store.checkpoint_covering(self.position - 1)

    def report(self) -> Report:
        ledger = self.reader.node.ledger
        link = self._link()
        return Report(
            coi=self.chain.coi,
            origin=ledger.origin,
            vkey=str(ledger.vkey),
            size=self.head.size,
            root=self.head.root.hex(),
            head_at=clock(timestamp(self.head.time_ms)),
            stamped=self._stamped(),
            made_at_s=self.head.time_ms // 1000,
            link=link,
            code=_qr(link) if link else "",
            seal=self.seal,
            order=tuple(self._order()),
            verdicts=verdicts(self.chain, self.world, self.entries, self.head.time_ms),
            bags=tuple(self._bag(one) for one in self.chain.containers.values()),
            steps=tuple(self.steps.values()),
            signers=tuple(self._signers()),
            signatures=tuple(self._signatures()),
            deviations=tuple(self._raised(one) for one in self.chain.deviations.values()),
            corrections=tuple(self._corrections()),
            charts=pictures(self.chain, self.world, self.position),
            proofs=tuple(self._proofs()),
            left_out=tuple(self._left_out()),
        )

    # --- entries -----------------------------------------------------------------------

    @cached_property
    def stored(self) -> list[StoredEntry]:
        """All of the therapy's, in the log's order."""
        store, found = self.reader.node.ledger.store, list[Any]()
        while True:
            after = found[-1].position if found else -1
            page = store.by_tag(chain_tag(self.chain.coi), after=after, before=self.position, limit=PAGE)
            found += page
            if len(page) < PAGE:
                return found

    @cached_property
    def entries(self) -> list[Entry]:
        """Those that the reader may see, each as this therapy's share of it."""
        every = (entry_of(one.position, one.data, one.recorded_ms) for one in self.stored)
        return [share_of(one, self.chain.coi) for one in every if self.reader.shows(self.chain.coi, one)]

    @cached_property
    def steps(self) -> dict[str, Step]:
        """By statement id."""
        return {one.statement_id: self._step(one) for one in self.entries}

    def _step(self, entry: Entry) -> Step:
        event = entry.event
        corrected = self.chain.corrections.get(entry.statement_id, ())
        return Step(
            position=entry.position,
            occurred_at=_second(event.occurred_at),
            recorded_at=_second(timestamp(entry.recorded_ms)),
            signer=entry.signer,
            sentence=sentence(to_payload(event), entry.signer, entry.stream),
            corrected_by=tuple(one.position for one in corrected),
        )

    def _stamped(self) -> str:
        """By the first stamped head that covers them all, else by the newest there was before the report's
        own head: the same question gets the same bytes. The tokens were checked when they were kept; what
        had expired by the report's own time says nothing."""
        positions = [one.position for one in self.entries]
        covering, found = self._stamps(positions[-1])
        covered = sum(position < covering for position in positions)
        if not covered:
            return ""
        words = "; ".join(map(_told, found))
        if covered == len(positions):
            return f"All entries existed {words}."
        which = f"The first {covered} of {len(positions)} entries existed {words}."
        return f"{which} The others' times are the ledger's."

    def _stamps(self, position: int) -> tuple[int, list[Kept]]:
        """The size of a stamped head, and its stamps that hold."""
        kept, now_ms = self.reader.node.time_stamps, self.head.time_ms
        holding = kept.holding(self.head.size, now_ms)
        sizes = [size for size in kept.sizes(self.head.size, now_ms) if size in holding]
        earlier = [size for size in reversed(sizes) if size <= position]
        for size in (*(size for size in sizes if size > position), *earlier):
            if found := [one for one in kept.of(size, now_ms) if one.until_ms > now_ms]:
                return size, found
        return 0, []

    def _proofs(self) -> Iterator[Proof]:
        """Each entry that is shown, checked. Raises `Fault` (`store_failed`): then there is no report."""
        shown = {one.position for one in self.entries}
        nodes = node_reader(self.reader.node.ledger.store)
        for one in self.stored:
            if one.position in shown:
                try:
                    yield self._checked(one, nodes)
                except UnbrokenError as wrong:
                    what = f"entry {one.position} is not what was signed and committed to ({wrong.code})"
                    raise Fault("store_failed", f"{what}: audit the log") from wrong

    def _checked(self, one: StoredEntry, nodes: merkle.NodeReader) -> Proof:
        """Its signature, and its place in the tree. Raises what is wrong."""
        signed = statement.parse(one.data)
        statement.verify(signed, self.reader.node.ledger.keys.get(signed.kid))
        path = merkle.inclusion_proof(one.position, self.head.size, nodes)
        leaf = merkle.leaf_hash(one.data)
        merkle.verify_inclusion(leaf, one.position, self.head.size, path, self.head.root)
        return Proof(one.position, signed.id.hex())

    def _left_out(self) -> Iterator[str]:
        hidden = len(self.stored) - len(self.entries)
        if hidden:
            yield f"{hidden} entries of other sites stand under this therapy and are not for its reader."
        if self.position < self.reader.size:
            yield f"What was recorded from entry #{self.position} on is not in it."

    # --- the parts ---------------------------------------------------------------------

    def _order(self) -> Iterator[tuple[str, str]]:
        order = self.chain.order
        assert order is not None
        product = product_of(self.chain, self.world)
        name = f"{product.rules.name}, " if product else ""
        yield "Product", f"{name}{order.product.product} version {order.product.version}"
        yield "Protocol", f"{order.protocol}, {order.country}"
        yield "Collection", order.sites.collection
        yield "Manufacture", listed(order.sites.manufacturing)
        yield "Treatment", order.sites.treatment
        if order.sites.couriers:
            yield "Couriers", listed(order.sites.couriers)
        yield "Ordered", f"by {self.chain.ordered_by}, entry #{self.chain.order_position}"

    def _bag(self, one: Container) -> Bag:
        label, holder = label_on(one.id, self.chain), one.custody.holder
        states = [one.status, *(["lost"] if one.is_lost else [])]
        states += ["quarantined"] if any(self.chain.quarantined(one.id)) else []
        states += ["rejected"] if self.chain.is_rejected(one.id) else []
        release = one.quality_releases[-1] if one.quality_releases else None
        return Bag(
            container=one.id,
            made_of=listed(list(one.parents)) if one.parents else "the patient",
            volume=millilitres(one.volume_ul),
            label=label.serial if label else "",
            status=", ".join(states),
            holder=party(holder._asdict()) if holder else "",
            release=f"#{release.position}, {release.signer}" if release else "",
        )

    def _signers(self) -> Iterator[Signer]:
        for name, count in sorted(Counter(one.signer for one in self.entries).items()):
            agent = self.world.agent(name)
            roles = [
                f"{role.replace('_', ' ')} at {site}"
                for site, held in sorted(agent.roles_at.items() if agent else ())
                for role in sorted(held)
            ]
            kids = dict.fromkeys(one.kid for one in self.entries if one.signer == name)
            organisation = agent.organisation if agent else "the ledger"
            printed = printed_name(self.reader, name)
            yield Signer(name, organisation, listed(roles), count, tuple(kids), printed)

    def _signatures(self) -> Iterator[Signature]:
        shown = {one.position: one for one in self.steps.values()}
        for position, one in sorted(self.chain.esignatures.items()):
            if position in shown:
                meaning, method = one.meaning.replace("_", " "), one.method
                yield Signature(
                    position, one.signer, _second(one.signed_at), meaning, method, shown[position].sentence
                )

    def _raised(self, one: Deviation) -> Raised:
        step, meaning = self.steps.get(one.id), FINDINGS.get(one.code)
        return Raised(
            position=one.position,
            raised_at=step.occurred_at if step else "",
            raised_by=one.raised_by,
            code=one.code.replace("_", " ").capitalize(),
            words=meaning.sentence if meaning else "",
            severity=one.severity,
            containers=bags(one.containers) if one.containers else "the whole therapy",
            blocks=one.blocks and one.is_open,
            disposition=self._disposition(one),
        )

    def _disposition(self, one: Deviation) -> str:
        if one.disposition is None:
            return ""
        for entry in self.entries:
            if entry.position == one.disposition_position:
                event: Any = entry.event
                reason = event.reason.replace("_", " ")
                when = clock(event.occurred_at)
                return (
                    f"{one.disposition.capitalize()} by {entry.signer}, {when}: {reason} (#{entry.position})"
                )
        return one.disposition.capitalize()

    def _corrections(self) -> Iterator[Correction]:
        by_position = {one.position: one for one in self.steps.values()}
        for statement_id, made in self.chain.corrections.items():
            for one in made:
                if statement_id in self.steps and one.position in by_position:
                    reason = one.reason.replace("_", " ")
                    yield Correction(self.steps[statement_id], by_position[one.position], reason)

    def _link(self) -> str:
        host = self.reader.node.settings.label_host
        return f"https://{host}/app/audit/{quote(self.chain.coi, safe='')}" if host else ""


def _told(one: Kept) -> str:
    """To the second, rounded up: the authority vouches for no earlier one."""
    by_ms = -(-one.by_ms // 1000) * 1000
    return f"before {_second(timestamp(by_ms))} UTC, by the word of {one.record}"


def _second(moment: str) -> str:
    """`2026-03-01T09:30:07.250Z` -> `2026-03-01 09:30:07`."""
    return moment[:19].replace("T", " ")


def _qr(text: str) -> str:
    """SVG, to be set among words."""
    code = QRCode(image_factory=SvgPathImage, border=0)
    code.add_data(text)
    code.make(fit=True)
    found = io.BytesIO()
    code.make_image().save(found)
    return found.getvalue().decode()
