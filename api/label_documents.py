"""What is asked and told about labels: the shapes, and how they come from a therapy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.label_state import end_of, label_on
from ledger.domain.parts import Coi, ContainerId

if TYPE_CHECKING:
    from ledger.domain.chain import Chain
    from ledger.domain.label_standing import Standing
    from ledger.domain.label_state import PrintedLabel

Format = Literal["zpl", "pdf", "png", "svg"]
Template = Literal["cryobag", "cassette", "vial", "shipper", "patient_sheet"]
MEDIA: dict[Format, str] = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "zpl": "application/vnd.zebra.zpl",
}


class LabelWanted(BaseModel):
    """One label to draw. `check` is in no entry and kept nowhere: who issued the label has it.

    `biohazard`: who prints knows whether the sign applies; the log does not say.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    coi: Coi
    container: ContainerId | None
    serial: Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,40}$")]
    check: Annotated[str, Field(pattern=r"^[0-9A-HJKMNP-TV-Z]{16}$")]
    template: Template
    dpi: Literal[203, 300, 600]
    format: Format
    biohazard: bool = False


class LabelCheck(BaseModel):
    """What anybody may know who holds a label: whether this ledger issued it, and how it stands.

    `status` is null where it is not genuine. `current`: nothing ended it, and no other label is in
    force on its container. As of the time and size of the newest checkpoint.
    """

    genuine: bool
    current: bool
    status: str | None
    contact: str | None
    as_of: str
    position: int


class LabelDocument(BaseModel):
    """One serial. `state`: how far it came; `ended`: why it must not be used again.

    `container`: what it is on, or is meant for. `printed`: how often. `issued` false: somebody used,
    voided or destroyed a serial that this therapy never issued.
    """

    serial: str
    state: str
    ended: str | None
    issued: bool
    issued_position: int | None
    container: str | None
    replaces: str | None
    has_link: bool
    printed: int
    in_force: bool


class Reconciliation(BaseModel):
    """Every serial of a therapy. `reconciled`: each that was issued was applied, voided or destroyed."""

    coi: str
    as_of_position: int
    reconciled: bool
    counts: dict[str, int]
    astray: list[str]
    labels: list[LabelDocument]


class VoidedLabelDocument(BaseModel):
    """A label that must never be used again: wherever it is scanned, all stops."""

    serial: str
    chain: str
    status: str


class VoidedLabels(BaseModel):
    """Of the therapies that you may read. Begin anew each time: what you may read changes, too."""

    as_of_position: int
    lag: int
    next_cursor: str | None
    labels: list[VoidedLabelDocument]


class ScanBackDocument(BaseModel):
    """What a photo of a printed label shows. `text` null: nothing could be read.

    `wrong_modules` of `modules` differ from what was printed: that is no print-quality grade of
    ISO/IEC 15415.
    """

    text: str | None
    container: str | None
    serial: str | None
    genuine: bool
    wrong_modules: int | None
    modules: int | None


def reconciliation(chain: Chain, position: int) -> Reconciliation:
    labels = sorted(chain.labels.values(), key=lambda one: (one.issued is None, one.serial))
    documents = [_document(one, chain) for one in labels]
    states = [one.ended or one.state for one in documents if one.issued]
    astray = [one.serial for one in labels if one.is_astray]
    return Reconciliation(
        coi=chain.coi,
        as_of_position=position,
        reconciled=not astray,
        counts={state: states.count(state) for state in sorted(set(states))},
        astray=astray,
        labels=documents,
    )


def _document(label: PrintedLabel, chain: Chain) -> LabelDocument:
    return LabelDocument(
        serial=label.serial,
        state=label.state,
        ended=end_of(label, chain),
        issued=label.issued is not None,
        issued_position=label.issued.position if label.issued else None,
        container=label.belongs_to,
        replaces=label.replaces,
        has_link=label.check is not None,
        printed=len(label.printings),
        in_force=label.on is not None and label_on(label.on, chain) is label,
    )


def check_document(standing: Standing | None, contact: str | None, as_of: str, position: int) -> LabelCheck:
    return LabelCheck(
        genuine=standing is not None,
        current=standing.current if standing else False,
        status=standing.status if standing else None,
        contact=contact,
        as_of=as_of,
        position=position,
    )
