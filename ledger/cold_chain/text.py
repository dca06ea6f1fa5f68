"""Bytes to lines, with the encoding found from the bytes alone, and said."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from ledger.cold_chain.logger_file import Note
from ledger.cold_chain.refusals import Unreadable

MOST_BYTES = 16 * 1024 * 1024  # a year of one-minute readings is about 20 bytes * 526,000 = 10 MB
MOST_CHARACTERS = 4_096  # of one line: HOBO's widest headings have some hundreds
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(slots=True)
class Text:
    """A file's text while it is being read. Readers add to `notes`."""

    raw: bytes
    sha256: str
    lines: list[str]
    encoding: str
    notes: list[Note] = field(default_factory=list)

    def decided(self, text: str, line: int | None = None) -> None:
        self.notes.append(Note("decided", text, line))

    def ignored(self, text: str, line: int | None = None) -> None:
        self.notes.append(Note("ignored", text, line))

    def contradicts(self, text: str, line: int | None = None) -> None:
        self.notes.append(Note("contradicts", text, line))


def text_of(raw: bytes) -> Text:
    """Raises `Unreadable` for what is no text. The hash is taken first."""
    sha256 = hashlib.sha256(raw).hexdigest()
    if not raw.strip():
        raise Unreadable("the file is empty", "export it again from the logger")
    if len(raw) > MOST_BYTES:
        raise Unreadable(f"the file has {len(raw)} bytes, more than {MOST_BYTES}", "export a shorter period")
    text, encoding = _decoded(raw)
    if "\x00" in text:
        raise Unreadable("this is no text file", "export it as text or CSV from the maker's program")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    _check_lengths(lines)
    return Text(raw, sha256, lines, encoding)


def _check_lengths(lines: list[str]) -> None:
    longest = max(map(len, lines))
    if longest > MOST_CHARACTERS:
        number = next(at for at, line in enumerate(lines, start=1) if len(line) == longest)
        what = f"a line of {longest} characters, more than {MOST_CHARACTERS}"
        raise Unreadable(what, "export it again, with its line ends", number)


def _decoded(raw: bytes) -> tuple[str, str]:
    """By its byte order mark, else UTF-8 where it is that, else Latin-1 (which any bytes are)."""
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            try:
                return raw[len(bom) :].decode(encoding), encoding
            except UnicodeDecodeError as error:
                what = f"its first bytes say {encoding}, but it is not"
                raise Unreadable(what, "export it again") from error
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "latin-1"
