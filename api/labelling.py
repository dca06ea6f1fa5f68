"""Labels: who may have one drawn, and what a label that somebody scans is worth.

A stranger's question costs one look-up by the commitment of its check, whatever was asked: an
invented serial, an unknown container and a wrong check are told apart by nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from api.label_documents import ScanBackDocument
from ledger.domain.label_standing import Standing, check_of, commits, standing_of
from ledger.domain.policy import LABEL_ROLES
from ledger.domain.world import label_tag
from ledger.errors import Conflict, Malformed, NotFound, NotPermitted
from ledger.labels.credential import Credential, sign_credential, to_text
from ledger.labels.drawing import draw
from ledger.labels.filling import Wanted, fill
from ledger.labels.link import NO_CONTAINER, Link, check_digest, make_link, parse_link
from ledger.labels.scanback import compare, texts_in
from ledger.labels.symbols import qr_code
from ledger.labels.templates import load_template
from ledger.store.decode import LazyEntry

if TYPE_CHECKING:
    from api.label_documents import LabelWanted
    from api.reading import Reader
    from ledger.application.world import StoredWorld
    from ledger.domain.label_state import PrintedLabel
    from ledger.labels.picture import Picture


def standing(link: Link, world: StoredWorld) -> Standing | None:
    """How the label of this link stands; None: this ledger issued no such label."""
    digest = check_digest(link.serial, link.check)
    found = world.reader.by_tag(label_tag(digest), before=world.before, limit=1)
    if not found:
        return None
    issued = LazyEntry(found[0])
    genuine = commits(issued.event, link.container, link.serial, digest)  # type: ignore[arg-type]
    return standing_of(issued, link.serial, world) if genuine else None


def drawn(reader: Reader, wanted: LabelWanted) -> Picture:
    """The label as one bitmap, which is kept for the therapy's readers.

    Raises `NotFound` (`no_such_chain`, `no_such_label`), `NotPermitted` (`not_permitted`,
    `label_check_differs`), `Conflict` (`label_void`, `label_host_not_set`), `Malformed` as `draw`
    and `make_link`.
    """
    chain = reader.chain(wanted.coi)
    label = _label_to_print(reader, wanted)
    _must_not_have_ended(reader, label)
    template = load_template(wanted.template)
    link = make_link(_host(reader), wanted.container, wanted.serial, wanted.check)
    contact = reader.node.settings.contact or None
    carries = any(symbol.kind == "credential" for symbol in template.symbol)
    credential = _credential_of(reader, label) if carries else None
    said = Wanted(link, wanted.serial, wanted.container, wanted.biohazard, contact, credential)
    content = fill(said, chain, reader.world, reader.node.settings.label_datamatrix)
    picture = draw(content, template, wanted.dpi)
    _keep(reader, wanted.coi, picture)
    return picture


def _keep(reader: Reader, coi: str, picture: Picture) -> None:
    """The bitmap itself, for bundles: without the check, which nobody keeps, it cannot be drawn again. It
    lies under its digest with the therapy's files, and a full therapy goes without."""
    node, described = reader.node, picture.described
    if node.evidence.kept(coi) + len(described) <= node.settings.max_evidence_of_therapy:
        node.evidence.keep(described, coi, reader.agent.id, node.ledger.config.clock_ms())


def _host(reader: Reader) -> str:
    """As it is configured, and never the request's: whoever prints would name where a bag's label
    leads for thirty years."""
    host = reader.node.settings.label_host
    if not host:
        detail = "this server is not told the host that links of labels name: whoever runs it sets label_host"
        raise Conflict("label_host_not_set", f"{detail} (--label-host or UNBROKEN_LABEL_HOST)")
    return host


def _must_not_have_ended(reader: Reader, label: PrintedLabel) -> None:
    """In either chain: of a provisional one that was linked, both may have voided it."""
    stands = standing_of(_issue_of(reader, label), label.serial, reader.world)
    if not stands.current and stands.status not in ("doubtful", "not_applied"):
        raise Conflict("label_void", f"label {label.serial} was {stands.status}: issue a new one")


def _issue_of(reader: Reader, label: PrintedLabel) -> LazyEntry:
    assert label.issued is not None
    position = label.issued.position
    (stored,) = reader.node.ledger.store.entries(position, position + 1)
    return LazyEntry(stored)


def scanned_back(reader: Reader, photo: bytes, coi: str | None) -> ScanBackDocument:
    """What the photo of a printed label shows, compared with what its link would be printed as.

    `coi`: the therapy whose label it should be; any other's is not genuine then. Serials are
    counted by therapy, so that without it another patient's may have the serial that is sought.
    Raises `Malformed` (`bad_photo`, also for two labels), `NotFound` (`no_such_chain`).
    """
    if coi is not None:
        reader.chain(coi)
    texts = texts_in(photo)
    links = {text: link for text in texts if (link := _link_in(text))}
    if len(links) > 1:
        raise Malformed("bad_photo", "two labels are in this photo, and one is asked about: one at a time")
    if not links:
        text = next(iter(texts), None)
        return ScanBackDocument(
            text=text, container=None, serial=None, genuine=False, wrong_modules=None, modules=None
        )
    ((text, link),) = links.items()
    found = compare(photo, qr_code(text.upper()))
    return ScanBackDocument(
        text=text,
        container=link.container,
        serial=link.serial,
        genuine=_is_genuine(reader, text, link, coi),
        wrong_modules=found.wrong,
        modules=found.modules,
    )


def _is_genuine(reader: Reader, text: str, link: Link, coi: str | None) -> bool:
    host = reader.node.settings.label_host
    if host and text != make_link(host, *link):
        return False
    if coi is None:
        return standing(link, reader.world) is not None
    found = check_of(coi, link.serial, reader.world)
    return found is not None and _fits(*found, link)


def _fits(label: PrintedLabel, commitment: str, link: Link) -> bool:
    """Issued with this check, for this container."""
    committed = hmac.compare_digest(commitment, check_digest(link.serial, link.check))
    return committed and label.container == link.container


def _link_in(text: str) -> Link | None:
    """Any other code in the photo is no link of a label."""
    try:
        return parse_link(text)
    except Malformed:
        return None


def _label_to_print(reader: Reader, wanted: LabelWanted) -> PrintedLabel:
    """The label as it was issued, if it is the reader's to print."""
    found = check_of(wanted.coi, wanted.serial, reader.world)
    if found is None:
        raise NotFound("no_such_label", f"this therapy issued no label {wanted.serial} with a check")
    label, commitment = found
    assert label.issued is not None
    if not reader.agent.has_role(LABEL_ROLES, label.issued.site):
        detail = f"label {wanted.serial} was issued at {label.issued.site}: print it in a role there"
        raise NotPermitted("not_permitted", detail)
    if not _fits(label, commitment, Link(wanted.container, wanted.serial, wanted.check)):
        detail = f"label {wanted.serial} was not issued with this check for this container"
        raise NotPermitted("label_check_differs", detail)
    return label


def _credential_of(reader: Reader, label: PrintedLabel) -> str:
    """Signed now by the log's key: the label was in the log as of its newest checkpoint."""
    ledger = reader.node.ledger
    newest = ledger.store.checkpoint(reader.size)
    assert newest is not None
    assert label.issued is not None
    position = label.issued.position
    (entry,) = ledger.store.entries(position, position + 1)
    said = Credential(
        origin=ledger.origin,
        issued_s=newest.time_ms // 1000,
        container=label.container or NO_CONTAINER,
        serial=label.serial,
        position=position,
        statement=hashlib.sha256(entry.data).digest(),
        size=newest.size,
        root=newest.root,
    )
    return to_text(sign_credential(ledger.config.log_key, said))
