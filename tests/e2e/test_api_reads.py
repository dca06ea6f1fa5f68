"""Reading: who may know what, now and as of any moment, and with which proof."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.world import timestamp
from ledger.errors import Fault
from ledger.proof import checkpoint, merkle, receipt, tiles
from tests.e2e.api_stage import COSE, Stage, code, served
from tests.scenario import APHERESIS, ORIGIN, VAN, b64, hand_over, patient, therapy

COI, OTHER = "isbt128:CHA999926000001", "isbt128:CHA999926000002"
CHAIN = f"/v1/chains/{COI}"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One whole therapy; one that has only been collected, by other people; an auditor."""
    folder: Path = tmp_path_factory.mktemp("ledger")
    with served(f"sqlite:///{folder}/ledger.db", folder) as opened:
        scenario = opened.scenario
        enrol(opened, "audrey", "auditor")
        enrol(opened, "otto", "courier", by="cleo", site="swift-depot")
        therapy(scenario, COI)
        scenario.order(OTHER, "patient-2")
        scenario.say(
            "anna", f"chain/{OTHER}", "CollectionCompleted", at=APHERESIS,
            ended_at="2026-09-21T12:00:00.000Z", containers=[{"container": "OTHER-F1", "volume_ul": 1000}],
        )  # fmt: skip
        opened.app.state.node.projector.catch_up()
        yield opened


def enrol(stage: Stage, agent: str, role: str, by: str = "ada", site: str = "st-mary") -> None:
    scenario = stage.scenario
    organisation = {"ada": "st-mary-trust", "cleo": "swift-cryo"}[by]
    scenario.say(
        by, f"agent/{agent}", "AgentEnrolled", organisation=organisation,
        roles=[{"role": role, "site": site}], key=b64(scenario.signer(agent).key.public.spki),
    )  # fmt: skip


def read(stage: Stage, agent: str, path: str, **params: Any) -> Any:
    response = stage.get(path, agent, params=params)
    assert response.status_code == 200, response.text
    return response.json()


def size(stage: Stage) -> int:
    return stage.scenario.ledger.store.head()[0]


# --- therapies ------------------------------------------------------------------------------


def test_a_therapy_says_its_version_order_containers_and_deviations(stage: Stage) -> None:
    found = read(stage, "nora", CHAIN)
    assert found["version"] == stage.scenario.version(COI)
    assert found["order"]["treatment_site"] == "st-mary"
    assert {one["container"]: one["status"] for one in found["containers"]} == {
        "BAG-F1": "consumed",
        "BAG-D1": "infused",
    }
    assert found["deviations"] == []


def test_no_answer_about_a_therapy_has_the_patients_commitments(stage: Stage) -> None:
    for path in (CHAIN, f"{CHAIN}/lineage", f"{CHAIN}/deviations", "/v1/containers/BAG-D1", "/v1/custody"):
        text = stage.get(path, "nora").text
        assert all(one["commitment"] not in text for one in patient("patient-1"))


def test_the_timeline_tells_every_entry_in_order(stage: Stage) -> None:
    found = read(stage, "nora", f"{CHAIN}/timeline")
    assert [one["type"] for one in found["entries"]][:3] == [
        "TherapyOrdered",
        "PatientIdentified",
        "CollectionCompleted",
    ]
    positions = [one["position"] for one in found["entries"]]
    assert positions == sorted(positions)
    assert len(positions) == stage.scenario.version(COI)
    assert found["next_cursor"] is None


def test_pages_of_the_timeline_join_to_the_whole(stage: Stage) -> None:
    whole = read(stage, "nora", f"{CHAIN}/timeline")["entries"]
    pages, cursor = [], None
    while True:
        page = read(stage, "nora", f"{CHAIN}/timeline", limit=4, **({"cursor": cursor} if cursor else {}))
        assert len(page["entries"]) <= 4
        pages += page["entries"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == whole


def test_lineage_goes_up_and_down(stage: Stage) -> None:
    nodes = {one["container"]: one for one in read(stage, "nora", f"{CHAIN}/lineage")["containers"]}
    assert (nodes["BAG-D1"]["parents"], nodes["BAG-F1"]["children"]) == (["BAG-F1"], ["BAG-D1"])
    dose = read(stage, "nora", "/v1/containers/BAG-D1/lineage")
    assert [one["container"] for one in dose["parents"]] == ["BAG-F1"]
    assert [one["container"] for one in dose["ancestors"]] == ["BAG-F1"]
    assert dose["children"] == dose["descendants"] == []
    assert dose["parents"][0]["position"] == nodes["BAG-F1"]["position"]


def test_a_container_says_who_holds_it_and_which_entry_proves_it(stage: Stage) -> None:
    found = read(stage, "nora", "/v1/containers/BAG-D1")
    assert found["holder"] == {"site": "st-mary", "department": "ward-5"}
    entry = read(stage, "nora", f"/v1/entries/{found['held_since']}")
    assert (entry["event"]["type"], entry["event"]["containers"]) == ("CustodyAccepted", ["BAG-D1"])


# --- history --------------------------------------------------------------------------------


def test_every_position_in_the_past_gives_the_state_of_its_prefix(stage: Stage) -> None:
    timeline = read(stage, "nora", f"{CHAIN}/timeline")["entries"]
    for version, entry in enumerate(timeline):
        found = read(stage, "nora", CHAIN, before_position=entry["position"])
        assert (found["version"], found["as_of_position"]) == (version, entry["position"])


def test_a_moment_gives_the_state_that_was_recorded_by_then(stage: Stage) -> None:
    timeline = read(stage, "nora", f"{CHAIN}/timeline")["entries"]
    handover = next(one for one in timeline if one["type"] == "CustodyAccepted")
    then = read(stage, "nora", "/v1/containers/BAG-F1", at=handover["recorded_at"])
    assert then["holder"] == {"site": "swift-depot", "department": "van-2"}
    before = timestamp(stage.scenario.ledger.store.checkpoint_covering(handover["position"]).time_ms - 1)
    earlier = read(stage, "nora", "/v1/containers/BAG-F1", at=before)
    assert earlier["holder"] == {"site": "st-mary", "department": "apheresis"}


def test_before_the_log_began_there_was_nothing(stage: Stage) -> None:
    assert read(stage, "nora", CHAIN, at="2000-01-01T00:00:00.000Z")["version"] == 0
    assert (
        code(stage.get("/v1/containers/BAG-F1", "nora", params={"before_position": 0})) == "no_such_container"
    )


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"before_position": 10**9}, "not_recorded_yet"),
        ({"before_position": -1}, "invalid_request"),
        ({"before_position": "x"}, "invalid_request"),
        ({"at": "yesterday"}, "invalid_request"),
        ({"at": "2026-02-30T00:00:00.000Z"}, "invalid_request"),
        ({"at": "2026-01-01T00:00:00.000Z", "before_position": 1}, "invalid_request"),
    ],
)
def test_a_moment_that_is_none_is_refused(stage: Stage, params: dict[str, Any], expected: str) -> None:
    assert code(stage.get(CHAIN, "nora", params=params)) == expected


# --- who may know ---------------------------------------------------------------------------


def hidden(stage: Stage) -> list[str]:
    """Everything about the other therapy."""
    position = stage.scenario.ledger.store.by_tag(f"chain/{OTHER}")[0].position
    return [
        f"/v1/chains/{OTHER}",
        f"/v1/chains/{OTHER}/timeline",
        f"/v1/chains/{OTHER}/lineage",
        f"/v1/chains/{OTHER}/deviations",
        "/v1/containers/OTHER-F1",
        "/v1/containers/OTHER-F1/lineage",
        f"/v1/entries/{position}",
        f"/v1/entries/{position}/receipt",
        f"/v1/entries/{position}/proof",
    ]


def test_what_is_not_for_a_reader_answers_as_if_it_did_not_exist(stage: Stage) -> None:
    """A courier who holds none of its bags: the same bytes as for names that nobody ever used."""
    for path in hidden(stage):
        parts = path.split("/")
        for real, made_up in ((OTHER, "isbt128:NOBODY"), ("OTHER-F1", "NOBODY-1")):
            parts = [made_up if part == real else part for part in parts]
        missing = "/".join(str(10**9) if part.isdecimal() else part for part in parts)
        found, nothing = stage.get(path, "otto"), stage.get(missing, "otto")
        assert (found.status_code, found.content) == (404, nothing.content), path


def test_an_auditor_reads_everything(stage: Stage) -> None:
    assert [stage.get(path, "audrey").status_code for path in hidden(stage)] == [200] * 9


def test_a_courier_reads_a_therapy_while_holding_its_bag(stage: Stage) -> None:
    assert stage.get(f"/v1/chains/{OTHER}", "kit").status_code == 404
    hand_over(stage.scenario, OTHER, "OTHER-F1", ("anna", APHERESIS), ("kit", VAN))
    assert read(stage, "kit", f"/v1/chains/{OTHER}")["coi"] == OTHER
    hand_over(stage.scenario, OTHER, "OTHER-F1", ("kit", VAN), ("anna", APHERESIS))
    assert stage.get(f"/v1/chains/{OTHER}", "kit").status_code == 404


def test_what_one_has_signed_oneself_one_may_read(stage: Stage) -> None:
    mine = next(
        stored.position
        for stored in stage.scenario.ledger.store.by_tag(f"chain/{COI}")
        if stored.type == "CustodyAccepted"
    )
    assert stage.get(CHAIN, "kit").status_code == 404
    assert read(stage, "kit", f"/v1/entries/{mine}")["signer"] == "kit"


def test_a_key_is_for_its_owner_administrators_and_auditors(stage: Stage) -> None:
    kid = stage.scenario.signer("nora").key.public.kid.hex()
    for agent in ("nora", "ada", "audrey"):
        found = read(stage, agent, f"/v1/keys/{kid}")
        assert (found["agent"], found["status"]) == ("nora", "active")
    assert found["seq"] == stage.scenario.signer("nora").seq - 1
    assert found["last"] == stage.scenario.signer("nora").prev
    assert code(stage.get(f"/v1/keys/{kid}", "kit")) == "no_such_key"
    assert code(stage.get(f"/v1/keys/{'0' * 64}", "ada")) == "no_such_key"


def test_a_key_that_signed_nothing_yet_has_no_last_statement(stage: Stage) -> None:
    kid = stage.scenario.signer("otto").key.public.kid.hex()
    found = read(stage, "otto", f"/v1/keys/{kid}")
    assert (found["seq"], found["last"]) == (None, None)


# --- entries and proofs -----------------------------------------------------------------------


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


# --- the log ----------------------------------------------------------------------------------


def test_the_log_says_what_to_pin(stage: Stage) -> None:
    found = stage.get("/v1/log").json()
    head = stage.scenario.ledger.store.head()
    assert found == {
        "origin": ORIGIN,
        "vkey": str(stage.scenario.ledger.vkey),
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
    assert "immutable" in same.headers["cache-control"]
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
    "path", ["64/000", "0/0", "0/000.p/0", "0/000.p/256", "0/000.p/007", "0/x000/000", "x/000", "0/../../etc"]
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


# --- custody, from the read models ----------------------------------------------------------------


def test_custody_lists_what_a_department_holds(stage: Stage) -> None:
    stage.app.state.node.projector.catch_up()
    found = read(stage, "nora", "/v1/custody", site="st-mary", department="apheresis")
    assert [one["container"] for one in found["holdings"]] == ["OTHER-F1"]
    assert found["as_of_position"] + found["lag"] == size(stage)
    assert read(stage, "nora", "/v1/custody", site="northcell-1")["holdings"] == []


def test_custody_of_a_used_container_is_told_when_asked(stage: Stage) -> None:
    stage.app.state.node.projector.catch_up()
    assert "BAG-D1" not in {one["container"] for one in read(stage, "nora", "/v1/custody")["holdings"]}
    (one,) = read(stage, "nora", "/v1/custody", container="BAG-D1")["holdings"]
    assert (one["used_up"], one["status"]) == (True, "infused")


def test_custody_leaves_out_what_a_reader_may_not_know(stage: Stage) -> None:
    stage.app.state.node.projector.catch_up()
    assert read(stage, "otto", "/v1/custody", used_up=True)["holdings"] == []
    everything = read(stage, "audrey", "/v1/custody", used_up=True)["holdings"]
    assert {one["container"] for one in everything} == {"BAG-F1", "BAG-D1", "OTHER-F1"}


def test_pages_of_custody_join_to_the_whole(stage: Stage) -> None:
    stage.app.state.node.projector.catch_up()
    whole = read(stage, "audrey", "/v1/custody", used_up=True)["holdings"]
    pages, cursor = [], None
    for _ in range(len(whole) + 1):
        params: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page = read(stage, "audrey", "/v1/custody", used_up=True, limit=1, **params)
        pages += page["holdings"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == whole


def test_custody_of_the_past_is_what_each_hand_over_made_it(stage: Stage) -> None:
    """Replayed entry by entry: a department holds a bag exactly between two hand-overs."""
    timeline = read(stage, "audrey", f"{CHAIN}/timeline")["entries"]
    holders = []
    for entry in timeline:
        found = read(stage, "audrey", "/v1/custody", container="BAG-F1", before_position=entry["position"])
        assert (found["as_of_position"], found["lag"]) == (entry["position"], 0)
        holders += [one["holder"]["department"] for one in found["holdings"]]
    assert list(dict.fromkeys(holders)) == ["apheresis", "van-2", "cleanroom"]


def test_custody_of_the_past_lists_all_that_a_site_held(stage: Stage) -> None:
    made = read(stage, "audrey", f"{CHAIN}/lineage")["containers"][1]["position"]
    then = read(stage, "audrey", "/v1/custody", site="northcell-1", before_position=made + 1)
    assert [one["container"] for one in then["holdings"]] == ["BAG-D1"]
    assert read(stage, "otto", "/v1/custody", site="northcell-1", before_position=made + 1)["holdings"] == []
    now = read(stage, "audrey", "/v1/custody", used_up=True, at="2099-01-01T00:00:00.000Z", limit=1)
    rest = read(stage, "audrey", "/v1/custody", used_up=True, at="2099-01-01T00:00:00.000Z",
                cursor=now["next_cursor"])  # fmt: skip
    assert [one["chain"] for one in now["holdings"] + rest["holdings"]] == [COI, COI, OTHER]


def test_a_read_model_that_lags_says_so(sqlite_url: str, tmp_path: Path) -> None:
    with served(sqlite_url, tmp_path) as stage:
        projector = stage.app.state.node.projector
        projector.close()
        position = projector.catch_up()
        stage.scenario.order(COI)
        found = read(stage, "nora", "/v1/custody")
        assert (found["as_of_position"], found["lag"]) == (position, 1)
        assert stage.get("/v1/health").json()["projection_lag"] == 1


@pytest.mark.parametrize("cursor", ["!!", "NDcxMQ==", "eA"])
def test_a_cursor_of_nobodys_is_refused(stage: Stage, cursor: str) -> None:
    assert code(stage.get("/v1/custody", "audrey", params={"cursor": cursor})) == "invalid_request"


def test_a_handover_that_waits_is_listed_until_it_is_answered(stage: Stage) -> None:
    parties = {"containers": ["OTHER-F1"], "giver": APHERESIS, "receiver": VAN, "condition": "intact"}
    released = stage.scenario.say("anna", f"chain/{OTHER}", "CustodyReleased", **parties)
    stage.app.state.node.projector.catch_up()
    (one,) = read(stage, "kit", "/v1/handovers", site="swift-depot")["handovers"]
    assert (one["kind"], one["statement_id"]) == ("release", released.statement_id.hex())
    (held,) = read(stage, "kit", "/v1/custody", offered_to="swift-depot")["holdings"]
    assert held["offered_to"] == VAN
    assert (
        read(stage, "otto", "/v1/handovers")["handovers"] == read(stage, "kit", "/v1/handovers")["handovers"]
    )
    named = released.statement_id.hex()
    stage.scenario.say("kit", f"chain/{OTHER}", "CustodyAccepted", release=named, **parties)
    stage.app.state.node.projector.catch_up()
    assert read(stage, "kit", "/v1/handovers")["handovers"] == []
    hand_over(stage.scenario, OTHER, "OTHER-F1", ("kit", VAN), ("anna", APHERESIS))


# --- the infusion check --------------------------------------------------------------------------


def ask_infusion(stage: Stage, agent: str = "nora", coi: str = COI, **changed: Any) -> Any:
    question = {"container": "BAG-D1", "site": "st-mary", "patient": patient("patient-1")} | changed
    return stage.ask("POST", f"/v1/chains/{coi}/infusion-check", json=question, headers=stage.bearer(agent))


def test_an_infused_bag_is_stopped_and_every_gate_names_its_entries(stage: Stage) -> None:
    check = ask_infusion(stage).json()
    assert check["verdict"] == "stop"
    assert "not_infused" in {gate["name"] for gate in check["gates"] if not gate["passed"]}
    assert any(gate["passed"] for gate in check["gates"])
    proofs = [proof for gate in check["gates"] for proof in gate["proof"]]
    assert proofs
    for proof in proofs:
        (stored,) = stage.scenario.ledger.store.entries(proof["position"], proof["position"] + 1)
        assert hashlib.sha256(stored.data).hexdigest() == proof["statement_id"]


def test_the_wrong_patient_is_stopped(stage: Stage) -> None:
    gates = {gate["name"]: gate for gate in ask_infusion(stage, patient=patient("patient-2")).json()["gates"]}
    assert not gates["patient_matched"]["passed"]


def test_a_check_records_nothing(stage: Stage) -> None:
    before = stage.scenario.ledger.store.head()
    ask_infusion(stage)
    assert stage.scenario.ledger.store.head() == before


def test_a_check_is_for_readers_of_the_therapy(stage: Stage) -> None:
    mine, none = ask_infusion(stage, "otto"), ask_infusion(stage, "otto", coi="isbt128:NOBODY")
    assert (mine.status_code, mine.content) == (404, none.content)


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"{", "application/json", "malformed_json"),
        (b"", "application/json", "malformed_json"),
        (b"[]", "application/json", "invalid_request"),
        (b"{}", "application/json", "invalid_request"),
        (b'{"container":"BAG-D1","site":"st-mary","weight":70.5}', "application/json", "invalid_request"),
        (b'{"container":1.5,"site":"st-mary"}', "application/json", "invalid_request"),
        (b"{}", "text/plain", "unsupported_media_type"),
        (b" " * 70_000, "application/json", "body_too_large"),
    ],
)
def test_a_question_that_is_none_is_refused(
    stage: Stage, body: bytes, content_type: str, expected: str
) -> None:
    headers = stage.bearer("nora") | {"content-type": content_type}
    response = stage.ask("POST", f"{CHAIN}/infusion-check", content=body, headers=headers)
    assert code(response) == expected


# --- what a client holds already ------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [CHAIN, f"{CHAIN}/timeline", "/v1/entries/3", "/v1/custody", "/log/checkpoint", "/log/tile/0/000.p/9"],
)
def test_what_did_not_change_is_not_sent_again(stage: Stage, path: str) -> None:
    first = stage.get(path, "audrey")
    again = stage.get(path, "audrey", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


# --- a node's own affairs -------------------------------------------------------------------------


def test_health_and_metrics_are_public_and_name_nobody(stage: Stage) -> None:
    health = stage.get("/v1/health").json()
    assert (health["status"], health["log_size"]) == ("ok", size(stage))
    ask_infusion(stage)
    text = stage.get("/metrics").text
    assert f"unbroken_log_size {size(stage)}" in text
    assert 'route="/v1/chains/{coi}"' in text
    assert COI not in text


def test_an_address_of_nothing_is_a_problem(stage: Stage) -> None:
    response = stage.get("/v1/nothing")
    assert (response.status_code, code(response)) == (404, "no_such_resource")


def test_a_method_that_is_not_done_is_a_problem(stage: Stage) -> None:
    for path in ("/v1/log", "/v1/statements"):
        response = stage.ask("PUT", path)
        assert (response.status_code, code(response)) == (405, "method_not_allowed")
        assert response.headers["allow"]


def test_a_database_that_is_gone_is_a_503(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise Fault("store_unavailable", "made up for a test")

    monkeypatch.setattr(stage.scenario.ledger.store, "head", gone)
    for path in ("/v1/health", "/v1/log", CHAIN):
        response = stage.get(path)
        assert (response.status_code, code(response)) == (503, "store_unavailable")
        assert response.headers["retry-after"] == "5"


def test_a_long_list_that_one_may_not_read_comes_in_short_pages_with_a_way_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.app.state.node.projector.catch_up()
    monkeypatch.setattr("api.listing.LOOKS", 1)
    monkeypatch.setattr("api.listing.STRIDE", 1)
    monkeypatch.setattr("api.history.LOOKS", 1)
    now = read(stage, "otto", "/v1/custody", used_up=True, limit=1)
    assert now["holdings"] == []
    assert now["next_cursor"]
    then = read(stage, "otto", "/v1/custody", used_up=True, before_position=size(stage))
    assert then["holdings"] == []
    assert then["next_cursor"]
