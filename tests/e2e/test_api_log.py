"""Entries with their proofs, and the log in its public forms."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from ledger.domain.world import timestamp
from ledger.proof import checkpoint, merkle, receipt, tiles
from tests.e2e.api_stage import COI, COSE, Stage, code, read, size, two_therapies
from tests.scenario import ORIGIN


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with two_therapies(tmp_path_factory.mktemp("ledger")) as opened:
        yield opened


def test_an_entry_comes_as_its_exact_bytes_or_explained(stage: Stage) -> None:
    (stored, *_) = stage.scenario.ledger.store.by_tag(f"chain/{COI}")
    raw = stage.get(f"/v1/entries/{stored.position}", "nora", headers={"accept": COSE})
    told = read(stage, "nora", f"/v1/entries/{stored.position}")
    assert (raw.content, raw.headers["content-type"]) == (stored.data, COSE)
    assert base64.urlsafe_b64decode(told["statement"] + "==") == stored.data
    assert told["event"]["type"] == "TherapyOrdered"
    assert read(stage, "nora", "/v1/entries", statement_id=told["statement_id"]) == told


def test_an_entry_is_not_served_as_something_else(stage: Stage) -> None:
    response = stage.get("/v1/entries/0", "nora", headers={"accept": "text/html"})
    assert (response.status_code, code(response)) == (406, "not_acceptable")


def test_every_entry_is_proved_by_its_receipt_and_its_tlog_proof(stage: Stage) -> None:
    ledger = stage.scenario.ledger
    for position in range(1, size(stage), 7):
        raw = stage.get(f"/v1/entries/{position}", "audrey", headers={"accept": COSE}).content
        token = stage.get(f"/v1/entries/{position}/receipt", "audrey").content
        proof = stage.get(f"/v1/entries/{position}/proof", "audrey").content
        found = receipt.verify_receipt(token, raw, ledger.config.log_key.public, ORIGIN)
        assert found.index == position
        assert receipt.verify_tlog_proof(proof, raw, ledger.vkey).checkpoint.size == found.size


@pytest.mark.parametrize("position", ["-1", "x", "1.5", str(2**53), "99999999999999999999"])
def test_a_position_that_is_none_is_refused(stage: Stage, position: str) -> None:
    assert code(stage.get(f"/v1/entries/{position}", "audrey")) == "invalid_request"


@pytest.mark.parametrize("statement_id", ["", "ab", "AB" * 32, "zz" * 32])
def test_a_statement_id_that_is_none_is_refused(stage: Stage, statement_id: str) -> None:
    response = stage.get("/v1/entries", "audrey", params={"statement_id": statement_id})
    assert code(response) == "invalid_request"


def test_the_log_says_what_to_pin(stage: Stage) -> None:
    found = stage.get("/v1/log").json()
    head = stage.scenario.ledger.store.head()
    assert found == {
        "origin": ORIGIN,
        "vkey": str(stage.scenario.ledger.vkey),
        "second_vkey": None,
        "size": head[0],
        "root": head[1].hex(),
        "rule_set": 1,
    }


def test_checkpoints_open_with_the_key_of_the_log(stage: Stage) -> None:
    vkey = stage.scenario.ledger.vkey
    newest = checkpoint.open_checkpoint(stage.get("/log/checkpoint").content, vkey)
    assert newest.checkpoint.size == size(stage)
    same = stage.get(f"/log/checkpoint.{size(stage)}")
    assert same.content == newest.note
    assert same.headers["cache-control"] == "no-cache"  # a witness may add its line
    assert code(stage.get("/log/checkpoint.1")) == "no_such_checkpoint"


def test_the_list_of_checkpoints_has_every_head_once(stage: Stage) -> None:
    after, sizes = 0, []
    while after is not None:
        page = stage.get("/v1/checkpoints", params={"after": after, "limit": 7}).json()
        sizes += [one["size"] for one in page["checkpoints"]]
        for one in page["checkpoints"]:
            opened = checkpoint.open_checkpoint(one["note"].encode(), stage.scenario.ledger.vkey)
            assert (opened.checkpoint.size, timestamp(opened.time_s * 1000)) == (one["size"], one["time"])
        after = page["next_after"]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == size(stage)


def test_tiles_and_bundles_rebuild_the_tree_that_the_checkpoint_signs(stage: Stage) -> None:
    head = checkpoint.open_checkpoint(
        stage.get("/log/checkpoint").content, stage.scenario.ledger.vkey
    ).checkpoint
    width = head.size % 256
    assert head.size < 256
    bundle = tiles.decode_bundle(stage.get(f"/log/{tiles.entries_path(0, width)}", "audrey").content)
    hashes = stage.get(f"/log/{tiles.tile_path(0, 0, width)}").content
    assert b"".join(map(merkle.leaf_hash, bundle)) == hashes
    assert merkle.root(head.size, tiles.tile_reader(lambda _, __: hashes)) == head.root


def test_an_older_partial_tile_is_the_beginning_of_the_newer(stage: Stage) -> None:
    wide, narrow = (stage.get(f"/log/{tiles.tile_path(0, 0, width)}").content for width in (20, 10))
    assert (len(narrow), wide[:320]) == (320, narrow)


@pytest.mark.parametrize(
    "path",
    [
        "0/000",
        "0/001",
        "1/000",
        "0/000.p/255",
        "63/000",
        "entries/000",
        "entries/001",
        "entries/x999/999.p/1",
    ],
)
def test_a_tile_that_the_log_has_not_filled_yet_is_not_there(stage: Stage, path: str) -> None:
    response = stage.get(f"/log/tile/{path}", "audrey")
    assert (response.status_code, code(response)) == (404, "no_such_tile")


@pytest.mark.parametrize(
    "path",
    [
        "64/000",
        "0/0",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/007",
        "0/x000/000",
        "x/000",
        "0/../../etc",
        f"0/{'x999/' * 40}999",  # beyond what any database counts to
    ],
)
def test_a_path_that_is_no_tile_is_refused(stage: Stage, path: str) -> None:
    response = stage.get(f"/log/tile/{path}")
    assert response.status_code in (400, 404)
    assert code(response) in ("malformed_tile_path", "no_such_resource")


def test_a_bundle_is_only_for_readers_of_all_its_therapies(stage: Stage) -> None:
    first = next(stored.position for stored in stage.scenario.ledger.store.by_tag(f"chain/{COI}"))
    registry, mixed = tiles.entries_path(0, first), tiles.entries_path(0, first + 1)
    assert stage.get(f"/log/{registry}", "otto").status_code == 200
    response = stage.get(f"/log/{mixed}", "otto")
    assert (response.status_code, code(response)) == (403, "not_yours")
    assert stage.get(f"/log/{mixed}", "nora").status_code == 200
