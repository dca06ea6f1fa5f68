"""The report of one therapy as a PDF: what it says, and how it is set.

Set by Typst from values alone: the same values give the same bytes. The file is written to the rules of
PDF/A-2a (ISO 19005-2: all fonts inside, tagged for readers of screens, nothing fetched), as the typesetter
knows them. Times are texts, in UTC.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

import typst

STANDARD: Final = "a-2a"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of the summary. `state`: `open` waits for somebody, `waits` has nothing to judge yet."""

    name: str
    state: Literal["good", "bad", "open", "waits"]
    words: str


@dataclass(frozen=True, slots=True)
class Bag:
    container: str
    made_of: str
    volume: str
    label: str
    status: str
    holder: str
    release: str


@dataclass(frozen=True, slots=True)
class Step:
    """One entry in a sentence. `corrected_by`: positions of the entries that say what it said wrong."""

    position: int
    occurred_at: str
    recorded_at: str
    signer: str
    sentence: str
    corrected_by: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Signer:
    """`kids`: SHA-256 of the keys with which they signed here (RFC 9052 `kid`), hex. `name`: as it is
    printed, where the server's vault has it for this reader."""

    agent: str
    organisation: str
    roles: str
    statements: int
    kids: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """An electronic signature: 21 CFR 11.50(a) wants the name, the time and the meaning."""

    position: int
    signer: str
    signed_at: str
    meaning: str
    method: str
    under: str


@dataclass(frozen=True, slots=True)
class Raised:
    """A deviation and what Quality made of it. `blocks`: release and infusion wait for that."""

    position: int
    raised_at: str
    raised_by: str
    code: str
    words: str
    severity: str
    containers: str
    blocks: bool
    disposition: str


@dataclass(frozen=True, slots=True)
class Correction:
    """Both stand in the log: what was said first, and what is right."""

    original: Step
    correction: Step
    reason: str


@dataclass(frozen=True, slots=True)
class Picture:
    """`ratio`: height by width. `alt`: in words, for who does not see it."""

    svg: str
    ratio: float
    alt: str


@dataclass(frozen=True, slots=True)
class Proof:
    """One entry, checked when the report was made: its signature, and its place in the tree."""

    position: int
    statement_id: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that stands in it. `code` is SVG; `size`, `root` and `head_at` are the tree's.

    `stamped`: by whose word outside its entries existed when, as a sentence; empty where nobody was asked.
    `made_at_s`: seconds since 1970, of the newest checkpoint. `seal`: whose signature the file carries;
    empty for none.
    """

    coi: str
    origin: str
    vkey: str
    size: int
    root: str
    head_at: str
    stamped: str
    made_at_s: int
    link: str
    code: str
    seal: str
    order: tuple[tuple[str, str], ...]
    verdicts: tuple[Verdict, ...]
    bags: tuple[Bag, ...]
    steps: tuple[Step, ...]
    signers: tuple[Signer, ...]
    signatures: tuple[Signature, ...]
    deviations: tuple[Raised, ...]
    corrections: tuple[Correction, ...]
    charts: tuple[Picture, ...]
    proofs: tuple[Proof, ...]
    left_out: tuple[str, ...]


def typeset(report: Report) -> bytes:
    """The PDF."""
    compiler = typst.Compiler(_template(), font_paths=_fonts())
    inputs = {"report": json.dumps(dataclasses.asdict(report), ensure_ascii=False)}
    found = compiler.compile(
        format="pdf", sys_inputs=inputs, pdf_standards=[STANDARD], timestamp=report.made_at_s
    )
    assert isinstance(found, bytes)
    return found


@lru_cache(maxsize=1)
def _template() -> bytes:
    return files("ledger.export").joinpath("report.typ").read_bytes()


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """IBM Plex, which the labels carry along; Typst brings its own for the rest."""
    carried = Path(str(files("ledger"))) / "labels" / "fonts"
    return typst.Fonts(include_system_fonts=False, font_paths=[carried])
