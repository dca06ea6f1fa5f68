"""Templates: where on a label everything stands. Data, in TOML files beside this one.

Sizes are millimetres from the upper left corner. A template that is not sound is refused
when it is read, not when somebody needs a label: symbols have the room and the module that
a scanner needs, everything is inside, and each mark has its place.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ledger.errors import Malformed, NotFound
from ledger.labels.content import Content

TEMPLATES = ("cryobag", "cassette", "vial", "shipper", "patient_sheet")
RESOLUTIONS = (203, 300, 600)  # dots per inch, the nominal ones of thermal printers
MM_PER_INCH = 25.4
MIN_QR_MODULE_MM = 0.42
MIN_DATAMATRIX_MODULE_MM = 0.33
QUIET_ZONE = {"qr": 4, "credential": 4, "datamatrix": 2}  # modules; DataMatrix needs one (ISO/IEC 16022)

_TOLERANCE_MM = 1e-6
_FLAGS = ("autologous", "biohazard", "quarantine", "credential", "bags", "numbered")
_SHOWN = {
    *(name for name, kind in Content.__annotations__.items() if kind != "bool"),
    "din_text",
    "din_check",
} - {"link", "credential", "datamatrix"}  # what only a scanner reads


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Item(_Part):
    """Something on the label. `when`: only where these apply, a space between; `!` turns one round."""

    x: float = Field(ge=0)
    y: float = Field(ge=0)
    w: float = Field(gt=0)
    h: float = Field(gt=0)
    when: str | None = None

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """The conditions of `when`, each for itself."""
        return tuple(self.when.split(" ")) if self.when else ()

    def overlaps(self, other: Item) -> bool:
        """Whether the two share more than an edge."""
        beside = min(self.x + self.w, other.x + other.w) - max(self.x, other.x)
        above = min(self.y + self.h, other.y + other.h) - max(self.y, other.y)
        return beside > _TOLERANCE_MM and above > _TOLERANCE_MM

    @field_validator("when")
    @classmethod
    def _is_a_flag(cls, value: str | None) -> str | None:
        unknown = {flag.removeprefix("!") for flag in (value or "").split(" ")} - {*_FLAGS}
        if value is not None and unknown:
            raise ValueError(f"{value!r} is none of {', '.join(_FLAGS)}")
        return value


class Text(Item):
    """`show`: words with `{members}` of the content. From `size` down to `least` (mm), on up to `lines`
    lines; what does not fit then is an error. `write`: rule a line where the content is not known."""

    show: str
    caption: str | None = None
    font: Literal["plain", "bold", "mono"] = "plain"
    size: float = Field(gt=0)
    least: float | None = None
    lines: int = Field(default=1, ge=1, le=6)
    align: Literal["left", "center", "right"] = "left"
    white: bool = False  # white on black
    write: bool = False

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The content's members that it shows."""
        return tuple(name for _, name, _, _ in string.Formatter().parse(self.show) if name)

    @model_validator(mode="after")
    def _shows_what_there_is(self) -> Text:
        unknown = set(self.members) - _SHOWN
        if unknown:
            raise ValueError(f"{sorted(unknown)} is nothing that a label can show")
        if self.least is not None and self.least > self.size:
            raise ValueError("`least` is larger than `size`")
        return self


class Din(Item):
    """The donation identification number, its check character set off in a box."""

    size: float = Field(gt=0)
    caption: str | None = None


class Symbol(Item):
    """A square of modules with its quiet zone, as large as `w`; `module` is the least module (mm)."""

    kind: Literal["qr", "datamatrix", "credential"]
    module: float

    @property
    def member(self) -> str:
        """The content's member that it carries."""
        return "link" if self.kind == "qr" else self.kind

    @model_validator(mode="after")
    def _can_be_read(self) -> Symbol:
        least = MIN_DATAMATRIX_MODULE_MM if self.kind == "datamatrix" else MIN_QR_MODULE_MM
        if self.module < least:
            raise ValueError(f"a module of {self.module} mm; a {self.kind} needs {least} mm")
        if self.w != self.h:
            raise ValueError(f"a {self.kind} is square")
        return self


class Frame(Item):
    """A rectangle: `line` mm thick, filled where `line` is None."""

    line: float | None = None
    dashed: bool = False


class Mark(Item):
    """A drawn sign."""

    kind: Literal["biohazard", "upright"]


class Template(_Part):
    """A label's size and everything on it. `title` says what it is stuck on."""

    name: str
    title: str
    width_mm: float = Field(gt=0, le=300)
    height_mm: float = Field(gt=0, le=420)
    margin_mm: float = Field(ge=1)
    frame: tuple[Frame, ...] = ()
    text: tuple[Text, ...] = ()
    din: tuple[Din, ...] = ()
    symbol: tuple[Symbol, ...] = ()
    mark: tuple[Mark, ...] = ()

    @property
    def items(self) -> Iterator[Item]:
        """In the order in which they are drawn."""
        yield from (*self.frame, *self.text, *self.din, *self.mark, *self.symbol)

    @model_validator(mode="after")
    def _is_whole(self) -> Template:
        for item in self.items:
            self._must_be_inside(item)
        if [one.kind for one in self.symbol].count("qr") != 1:
            raise ValueError("a label has one link")
        for one in self.symbol:
            self._must_be_alone(one)
        missing = {"autologous", "biohazard", "quarantine"} - {item.when for item in self.items}
        if missing:
            raise ValueError(f"no place for {sorted(missing)}")
        return self

    def _must_be_alone(self, symbol: Symbol) -> None:
        """Nothing may stand in a symbol's place: its quiet zone is part of it."""
        for other in self.items:
            if other is not symbol and symbol.overlaps(other):
                raise ValueError(f"stands in the place of the {symbol.kind}: {other!r:.160}")

    def _must_be_inside(self, item: Item) -> None:
        margin = self.margin_mm - _TOLERANCE_MM
        inside = min(item.x, item.y) >= margin
        inside &= item.x + item.w <= self.width_mm - margin
        inside &= item.y + item.h <= self.height_mm - margin
        if not inside:
            raise ValueError(f"not inside the margin of {margin} mm: {item!r:.160}")


@lru_cache(maxsize=32)
def load_template(name: str) -> Template:
    """One of `TEMPLATES`. Raises `NotFound` (`no_such_label_template`)."""
    if name not in TEMPLATES:
        raise NotFound("no_such_label_template", f"{name!r:.40} is none of {', '.join(TEMPLATES)}")
    return parse_template((files(__package__) / "templates" / f"{name}.toml").read_text("utf-8"))


def parse_template(text: str) -> Template:
    """Raises `Malformed` (`bad_label_template`) and says what is wrong where."""
    try:
        return Template.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Malformed("bad_label_template", f"not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Malformed("bad_label_template", f"{where}: {first['msg']}") from None
