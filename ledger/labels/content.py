"""What a label says: every member is text that is already formatted, and none is personal.

A member that is None is not known yet. Where the template wants it, the label then shows a
ruled line to write on, as on labels that are printed ahead of need.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from ledger.domain.identifiers import check_character, parse_din
from ledger.errors import Malformed
from ledger.labels.link import parse_link

MAX_TEXT = 200  # characters; a template's own limits are tighter


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything that a template may show. Raises `Malformed` (`bad_label_content`,
    `bad_label_link`, `malformed_din`)."""

    link: str  # as `make_link` gives it
    serial: str
    coi: str  # the chain of identity id without its scheme, as the field prints it
    container: str | None = None
    datamatrix: str | None = None  # an ISBT 128 compound message or GS1 element string
    din: str | None = None  # 13 characters; the check character is worked out
    product_name: str | None = None
    product_code: str | None = None
    division: str | None = None
    bag: str | None = None  # "1" of
    bags: str | None = None  # "2"
    dose: str | None = None  # the component, where there are several: "CD8"
    volume: str | None = None  # with its unit: "68 mL"
    collected: str | None = None  # with its zone
    expiry: str | None = None  # with its zone: "2027-01-31 23:59 UTC"
    storage: str | None = None  # with its unit, and in which phase
    site: str | None = None  # who made or collected it
    contact: str | None = None  # whom to call, day and night
    credential: str | None = None  # `credential.to_text`
    autologous: bool = True  # FOR AUTOLOGOUS USE ONLY
    biohazard: bool = False
    quarantine: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, str) and field.name != "credential":
                _must_be_printable(field.name, value)
        self._must_be_one_label()
        if self.din is not None:
            parse_din(self.din)

    def _must_be_one_label(self) -> None:
        """A label whose symbol names another serial than its text would be two labels."""
        link = parse_link(self.link)
        for name, value in (("serial", link.serial), ("container", link.container)):
            if getattr(self, name) != value:
                raise Malformed(
                    "bad_label_content",
                    f"{name} {getattr(self, name)!r:.80} is not the link's, {value!r:.80}",
                )

    @property
    def numbered(self) -> bool:
        """It is one of several bags, or nobody knows yet which bag it is for and writes it by hand."""
        return bool(self.bag and self.bags) or self.container is None

    @property
    def din_text(self) -> str | None:
        """As it is printed: facility, year and serial apart."""
        return f"{self.din[:5]} {self.din[5:7]} {self.din[7:]}" if self.din else None

    @property
    def din_check(self) -> str | None:
        """The character in the box, which proves that the DIN was typed right (ISO 7064 mod 37-2)."""
        return check_character(self.din) if self.din else None


def _must_be_printable(name: str, value: str) -> None:
    if not value or value != value.strip() or not value.isprintable():
        raise Malformed(
            "bad_label_content",
            f"{name} is empty, or holds something that cannot be seen, or space at an end: {value!r:.80}",
        )
    if len(value) > MAX_TEXT:
        raise Malformed("bad_label_content", f"{name} has {len(value)} characters; {MAX_TEXT} is the most")
