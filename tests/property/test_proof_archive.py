"""The one form of an archive: other programs read it, and any other byte is found."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.proof.archive import Member, Read, Writer, open_archive, read_member

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,12}", fullmatch=True)
contents = st.dictionaries(names, st.binary(max_size=60), max_size=6)
SMALL = {"a.txt": b"first", "b/000000": bytes(range(40)), "empty": b""}


def written(files: dict[str, bytes]) -> bytes:
    writer = Writer()
    return b"".join([*(writer.add(name, data) for name, data in files.items()), writer.end()])


def reader(raw: bytes) -> Read:
    return lambda offset, length: raw[offset : offset + length]


def read_all(raw: bytes) -> dict[str, bytes]:
    return {one.name: read_member(reader(raw), one) for one in open_archive(reader(raw), len(raw))}


@given(contents)
def test_what_is_written_is_read(files: dict[str, bytes]) -> None:
    assert read_all(written(files)) == files


@given(contents)
def test_any_program_opens_it(files: dict[str, bytes]) -> None:
    archive = zipfile.ZipFile(io.BytesIO(written(files)))
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == files


def test_every_altered_byte_is_found() -> None:
    raw = written(SMALL)
    for at in range(len(raw)):
        for bit in range(8):
            altered = bytearray(raw)
            altered[at] ^= 1 << bit
            with pytest.raises(Malformed):
                read_all(bytes(altered))


def test_every_way_of_cutting_or_lengthening_it_is_found() -> None:
    raw = written(SMALL)
    for at in range(len(raw)):
        for changed in (raw[:at], raw[at + 1 :], raw[:at] + b"\0" + raw[at:]):
            with pytest.raises(Malformed):
                read_all(changed)
    with pytest.raises(Malformed):
        read_all(raw + b"\0")


def test_a_file_that_is_named_twice_is_refused() -> None:
    writer = Writer()
    raw = writer.add("a", b"1") + writer.add("a", b"2") + writer.end()
    with pytest.raises(Malformed, match="twice"):
        read_all(raw)


@pytest.mark.parametrize("name", ["", "../a", "/a", "a b", "é", "a\\b", "x" * 201])
def test_a_name_that_could_mean_two_things_is_not_written(name: str) -> None:
    with pytest.raises(Malformed):
        Writer().add(name, b"")


def test_files_in_another_order_are_another_archive() -> None:
    assert written(SMALL) != written(dict(reversed(SMALL.items())))


def test_more_files_than_the_old_form_counts_are_found_by_us_and_by_others() -> None:
    writer, at = Writer(), 0
    for number in range(65_535):
        writer.members.append(Member(f"{number:06}", 0, 0, at))
        at = writer.members[-1].end
    writer._at = at
    raw = bytes(at) + writer.end()  # only the directory is looked at
    assert open_archive(reader(raw), len(raw)) == writer.members
    assert len(zipfile.ZipFile(io.BytesIO(raw)).namelist()) == 65_535


def test_what_lies_beyond_four_gibibytes_is_found_again() -> None:
    """A file of 2^32 - 2 bytes before it, which nobody holds in memory, and nobody reads here."""
    writer = Writer()
    writer.members.append(Member("large", 2**32 - 2, 0, 0))
    writer._at = writer.members[0].end
    start, tail = writer._at, writer.add("behind", b"text") + writer.end()

    def read(offset: int, length: int) -> bytes:
        assert offset >= start
        return tail[offset - start :][:length]

    members = open_archive(read, start + len(tail))
    assert [one.offset for one in members] == [0, start]
    assert read_member(read, members[1]) == b"text"
    unread = tail.index(b"PK\1\2")
    for at in (*range(unread), *range(tail.index(b"PK\1\2", unread + 1), len(tail))):
        altered = tail[:at] + bytes([tail[at] ^ 1]) + tail[at + 1 :]

        def other(offset: int, length: int, altered: bytes = altered) -> bytes:
            return altered[offset - start :][:length]

        with pytest.raises(Malformed):
            read_member(other, open_archive(other, start + len(tail))[1])


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_nothing_else_is_an_archive(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_all(raw)
