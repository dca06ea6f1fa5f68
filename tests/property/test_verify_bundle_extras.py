"""Pictures of printed labels in a bundle, and files that prove one entry each: what is altered is found."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
import scitt_cose
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ledger.errors import Malformed
from ledger.export.choosing import Choice
from ledger.labels.picture import Picture
from ledger.proof.receipt import encode_tlog_proof, parse_tlog_proof
from ledger.verify.label_picture import from_png, to_png
from ledger.verify.manifest import MANIFEST, label_name, read_manifest
from tests.bundles_witnessed import Cosigned, cosigned_stage
from tests.bundling import LABEL, audited, choice_of, digest_of, files_of, made, remade, resigned
from tests.conformance import oracles


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cosigned]:
    found = cosigned_stage(tmp_path_factory.mktemp("cosigned"))
    yield found
    found.ledger.close()


def wrong(told: Cosigned, files: dict[str, bytes]) -> str:
    """What is found first where the log's key signs these files; its step is 9."""
    found = audited(resigned(files, told.ledger.config.log_key), told.ledger.vkey).first_wrong
    assert found
    assert found.step == 9
    return str(found)


PICTURE = label_name(digest_of(LABEL))


def test_a_printed_label_is_there_as_a_picture_that_any_program_shows(told: Cosigned) -> None:
    files = files_of(told.raw)
    image = Image.open(io.BytesIO(files[PICTURE]))
    assert (image.size, image.mode) == ((12, 3), "1")
    assert [image.getpixel((x, 0)) for x in range(5)] == [0, 0, 0, 0, 255]
    assert f"see {PICTURE}" in files["report/000000.txt"].decode()
    said = read_manifest(files["manifest.json"]).labels
    assert said
    assert said.left_out == ["ab" * 32]


def test_another_picture_is_found_and_one_that_nobody_printed(told: Cosigned) -> None:
    files = files_of(told.raw)
    other = to_png(LABEL[:-1] + b"\x60")
    assert "another bitmap" in wrong(told, files | {PICTURE: other})
    assert "one form" in wrong(told, files | {PICTURE: files[PICTURE][:-1]})
    assert "no entry here says" in wrong(told, files | {label_name(digest_of(b"x")): other})
    without = {name: data for name, data in files.items() if name != PICTURE}
    assert "does not name just the printed labels" in wrong(told, without)
    members = {name: one for name, one in json.loads(files[MANIFEST]).items() if name != "labels"}
    unsaid = remade(files, told.ledger.config.log_key, members)
    first = audited(unsaid, told.ledger.vkey).first_wrong
    assert first
    assert "does not speak of labels" in first.what


@given(width=st.integers(1, 40), height=st.integers(1, 9), dpi=st.integers(100, 2400), data=st.data())
def test_a_bitmap_is_one_png_and_the_png_that_bitmap(
    width: int, height: int, dpi: int, data: st.DataObject
) -> None:
    each = (width + 7) // 8
    rows = data.draw(st.binary(min_size=each * height, max_size=each * height))
    picture = Picture(width, height, dpi, 1.0, 1.0, rows)
    made_of = to_png(picture.described)
    assert from_png(made_of, dpi) == picture.described
    at = data.draw(st.integers(0, len(made_of) - 1))
    altered = made_of[:at] + bytes([made_of[at] ^ 1 << data.draw(st.integers(0, 7))]) + made_of[at + 1 :]
    with pytest.raises(Malformed):
        from_png(altered, dpi)


def test_a_large_bitmap_takes_several_blocks() -> None:
    picture = Picture(1600, 1600, 300, 1.0, 1.0, bytes(range(200)) * 1600)
    assert from_png(to_png(picture.described), 300) == picture.described
    assert Image.open(io.BytesIO(to_png(picture.described))).convert("1").tobytes() == bytes(
        255 - byte for byte in picture.rows
    )


def proved(told: Cosigned) -> list[int]:
    names = [name for name in files_of(told.raw) if name.endswith(".tlog-proof")]
    return sorted(int(name.removeprefix("proofs/").removesuffix(".tlog-proof")) for name in names)


def test_each_entry_that_was_asked_for_has_its_proofs(told: Cosigned) -> None:
    files, choice = files_of(told.raw), choice_of(told.ledger, told.asked)
    assert proved(told) == list(choice.proved)
    assert 5 < len(choice.proved) < len(choice.positions)
    said = read_manifest(files["manifest.json"]).proofs
    assert said
    assert said.entries == len(choice.proved)
    for position in choice.proved:
        (stored,) = told.ledger.store.entries(position, position + 1)
        assert files[f"proofs/{position}.cose"] == stored.data


def test_a_tlog_proof_is_under_the_head_that_witnesses_cosigned(told: Cosigned) -> None:
    sizes = set()
    for position in proved(told):
        note = parse_tlog_proof(files_of(told.raw)[f"proofs/{position}.tlog-proof"])[2]
        sizes.add(int(note.split(b"\n")[1]))
        assert (told.smaller > position) == (note.count("— witness".encode()) == 3)
    assert sizes == {told.smaller, told.size}


def test_scitt_cose_takes_a_receipt_out_of_a_bundle(told: Cosigned) -> None:
    files, pem = files_of(told.raw), oracles.public_pem(told.ledger.config.log_key)
    for position in proved(told):
        entry, token = files[f"proofs/{position}.cose"], files[f"proofs/{position}.receipt.cose"]
        found = scitt_cose.verify_receipt(token, leaf_entry_hex=entry.hex(), log_public_key_pem=pem)
        assert (found.ok, found.leaf_index, found.tree_size) == (True, position, told.size)


def test_a_proof_of_another_entry_or_head_is_found(told: Cosigned) -> None:
    files, (first, second, *_) = files_of(told.raw), proved(told)
    for kind in ("cose", "receipt.cose", "tlog-proof"):
        here, there = f"proofs/{first}.{kind}", f"proofs/{second}.{kind}"
        assert f"proofs/{first}" in wrong(told, files | {here: files[there], there: files[here]})
        assert "is missing" in wrong(told, {name: data for name, data in files.items() if name != here})
    index, path, note, _ = parse_tlog_proof(files[f"proofs/{first}.tlog-proof"])
    more = encode_tlog_proof(index, path, note, b"more")
    assert "says more" in wrong(told, files | {f"proofs/{first}.tlog-proof": more})


def test_none_is_there_where_too_many_would_be_and_the_manifest_says_so(told: Cosigned) -> None:
    choice = choice_of(told.ledger, told.asked)
    raw = made(told.ledger, told.asked, Choice(choice.positions, choice.whole))
    said = read_manifest(files_of(raw)["manifest.json"]).proofs
    assert said
    assert (said.entries, audited(raw, told.ledger.vkey).ok) == (0, True)
    assert "proofs/" not in " ".join(files_of(raw))
