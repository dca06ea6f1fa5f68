"""Labels over HTTP: drawn for who issued them, worth something to whoever scans them, counted, void."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy
import pytest
import zxingcpp
from PIL import Image

from api.settings import Settings
from ledger.labels.credential import PREFIX, from_text, verify_credential
from tests.bundling import audited, files_of
from tests.e2e.api_stage import COI, OTHER, STREAM, Stage, catch_up, code, enrol, read, served
from tests.label_stage import DIN, DOSE, DOSE_2, check_of, issue, link_part, make_doses, photo, wanted
from tests.scenario import CLEANROOM, VAN, WARD, hand_over
from tests.store.test_atomic import listening

THIRD = "isbt128:CHA999926000033"
HOST = "ledger.invalid:8443"
CONTACT = "+44 20 7946 0000, day and night"


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """Two doses; L0001 on the first, L0002 for the second, L0003 ahead of need."""
    with served(database_url, tmp_path, Settings(contact=CONTACT, label_host=HOST)) as opened:
        scenario = opened.scenario
        enrol(scenario, "audrey", "auditor", "ada", "st-mary-trust", "st-mary")
        make_doses(scenario, COI)
        issue(scenario, COI, "L0001")
        issue(scenario, COI, "L0002", container=DOSE_2)
        issue(scenario, COI, "L0003", container=None)
        yield opened


def draw(stage: Stage, agent: str = "mia", **changed: Any) -> httpx.Response:
    asked = wanted(COI, "L0001") | changed
    return stage.ask("POST", "/v1/labels", json=asked, headers=stage.bearer(agent))


def say(stage: Stage, event: str, by: str = "mia", at: Any = CLEANROOM, **fields: Any) -> Any:
    return stage.scenario.say(by, STREAM, event, at=at, **fields)


def checked(stage: Stage, part: str) -> dict[str, Any]:
    response = stage.ask("GET", f"/v1/labels/{part}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def symbols(png: bytes) -> dict[str, str]:
    image = numpy.asarray(Image.open(io.BytesIO(png)).convert("L"))
    return {one.format.name: one.text for one in zxingcpp.read_barcodes(image)}


# --- drawing ------------------------------------------------------------------------------


def test_a_label_is_drawn_in_every_format_of_one_bitmap(stage: Stage) -> None:
    digests = set()
    begins = {"png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF", "zpl": b"^XA"}
    for form, begin in begins.items():
        response = draw(stage, format=form)
        assert response.status_code == 200, response.text
        assert response.content.startswith(begin)
        assert response.headers["cache-control"] == "no-store"
        digests.add(response.headers["unbroken-label-digest"])
    assert len(digests) == 1


def test_its_codes_lead_to_the_label_and_say_what_the_log_knows(stage: Stage) -> None:
    read_off = symbols(draw(stage).content)
    assert read_off["QRCode"] == f"HTTPS://LEDGER.INVALID:8443/B/{link_part('L0001')}"
    assert read_off["DataMatrix"] == f"=+03000={DIN}00=<S1234100&/{COI.removeprefix('isbt128:')}"


def test_a_label_ahead_of_need_says_nothing_of_a_bag(stage: Stage) -> None:
    response = draw(stage, serial="L0003", container=None, check=check_of("L0003"))
    read_off = symbols(response.content)
    assert read_off == {"QRCode": f"HTTPS://LEDGER.INVALID:8443/B/{link_part('L0003', None)}"}


def test_a_shipper_sheet_carries_what_a_phone_checks_without_a_network(stage: Stage) -> None:
    image = Image.open(io.BytesIO(draw(stage, template="shipper").content)).convert("L")
    texts = [one.text for one in zxingcpp.read_barcodes(numpy.asarray(image))]
    (found,) = [text for text in texts if text.startswith(PREFIX)]
    ledger = stage.scenario.ledger
    told = verify_credential(from_text(found), ledger.vkey)
    assert (told.container, told.serial, told.origin) == (DOSE, "L0001", ledger.origin)
    assert (told.size, told.root) == ledger.store.head()
    (entry,) = ledger.store.entries(told.position, told.position + 1)
    assert (entry.type, told.statement) == ("LabelIssued", hashlib.sha256(entry.data).digest())


def test_the_deployer_says_which_host_and_which_datamatrix(database_url: str, tmp_path: Path) -> None:
    gs1 = "(01)09506000134352[(17){expiry_utc_date}](21){container}"
    with served(database_url, tmp_path, Settings(label_host="ub.example", label_datamatrix=gs1)) as opened:
        make_doses(opened.scenario, COI)
        issue(opened.scenario, COI, "L0001")
        read_off = symbols(draw(opened).content)
    assert read_off["QRCode"].startswith("HTTPS://UB.EXAMPLE/B/")
    assert read_off["DataMatrix"].startswith("(01)09506000134352(17)")
    assert read_off["DataMatrix"].endswith(f"(21){DOSE}")


def test_no_request_says_which_host_a_label_names(stage: Stage) -> None:
    """Whoever prints would else choose where the label of a bag leads."""
    headers = stage.bearer("mia") | {"host": "evil.example", "x-forwarded-host": "evil.example"}
    response = stage.ask("POST", "/v1/labels", json=wanted(COI, "L0001"), headers=headers)
    assert symbols(response.content)["QRCode"].startswith("HTTPS://LEDGER.INVALID:8443/B/")


def test_without_a_host_of_its_own_a_server_draws_no_label(database_url: str, tmp_path: Path) -> None:
    with served(database_url, tmp_path) as opened:
        make_doses(opened.scenario, COI)
        issue(opened.scenario, COI, "L0001")
        response = draw(opened)
    assert (response.status_code, code(response)) == (409, "label_host_not_set")
    assert "UNBROKEN_LABEL_HOST" in response.json()["detail"]


def test_a_quarantined_bag_gets_another_label(stage: Stage) -> None:
    before = draw(stage).headers["unbroken-label-digest"]
    stage.scenario.say("mia", STREAM, "Quarantined", containers=[DOSE], reason="why")
    after = draw(stage)
    assert after.status_code == 200, after.text
    assert after.headers["unbroken-label-digest"] != before


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"serial": "L0009"}, 404, "no_such_label"),
    ({"coi": OTHER}, 404, "no_such_chain"),
    ({"check": "Z" * 16}, 403, "label_check_differs"),
    ({"container": DOSE_2}, 403, "label_check_differs"),
    ({"container": None}, 403, "label_check_differs"),
    ({"template": "poster"}, 400, "invalid_request"),
    ({"dpi": 150}, 400, "invalid_request"),
    ({"check": "0"}, 400, "invalid_request"),
    ({"more": 1}, 400, "invalid_request"),
]


@pytest.mark.parametrize(("changed", "status", "expected"), REFUSED, ids=lambda one: str(one)[:40])
def test_what_cannot_be_drawn_is_refused(
    stage: Stage, changed: dict[str, Any], status: int, expected: str
) -> None:
    response = draw(stage, **changed)
    assert (response.status_code, code(response)) == (status, expected)
    assert "Z" * 16 not in response.text


@pytest.mark.parametrize("agent", ["audrey", "nora", "carl"])
def test_a_label_is_drawn_only_for_who_prints_where_it_was_issued(stage: Stage, agent: str) -> None:
    response = draw(stage, agent)
    assert (response.status_code, code(response)) == (403, "not_permitted")


def test_to_who_has_no_part_in_the_therapy_there_is_none(stage: Stage) -> None:
    enrol(stage.scenario, "otto", "courier", "cleo", "swift-cryo", "swift-depot")
    response = draw(stage, "otto")
    assert (response.status_code, code(response)) == (404, "no_such_chain")


def test_a_label_that_ended_is_not_drawn_again(stage: Stage) -> None:
    say(stage, "LabelVoided", serial="L0001", reason="smeared")
    response = draw(stage)
    assert (response.status_code, code(response)) == (409, "label_void")


def test_a_body_that_is_too_large_is_not_read(stage: Stage) -> None:
    headers = stage.bearer("mia") | {"content-type": "application/json"}
    response = stage.ask("POST", "/v1/labels", content=b" " * 70_000, headers=headers)
    assert (response.status_code, code(response)) == (413, "body_too_large")


# --- what a stranger is told -----------------------------------------------------------------


def test_a_stranger_is_told_whether_a_label_is_genuine_and_current_and_whom_to_call(stage: Stage) -> None:
    told = [checked(stage, link_part("L0001"))]
    for event, fields in (
        ("LabelPrinted", {"template": "cryobag", "medium": "zpl", "dpi": 300, "digest": "ab" * 32}),
        ("LabelScannedBack", {"container": DOSE, "outcome": "readable"}),
        ("LabelApplied", {"container": DOSE}),
        ("LabelVoided", {"reason": "smeared"}),
    ):
        say(stage, event, serial="L0001", **fields)
        told.append(checked(stage, link_part("L0001")))
    seen = [(one["genuine"], one["current"], one["status"]) for one in told]
    assert seen == [
        (True, True, "issued"),
        (True, True, "printed"),
        (True, True, "scanned_back"),
        (True, True, "applied"),
        (True, False, "voided"),
    ]
    assert {one["contact"] for one in told} == {CONTACT}
    assert told[-1].keys() == {"genuine", "current", "status", "contact", "as_of", "position"}
    assert told[-1]["position"] == stage.scenario.ledger.store.head()[0]


def test_a_second_label_that_is_not_on_its_bag_is_not_current_and_can_be_drawn(stage: Stage) -> None:
    say(stage, "LabelApplied", serial="L0001", container=DOSE)
    issue(stage.scenario, COI, "L0004", replaces={"serial": "L0001", "reason": "smeared"})
    told = checked(stage, link_part("L0004"))
    assert (told["genuine"], told["current"], told["status"]) == (True, False, "not_applied")
    assert checked(stage, link_part("L0001"))["current"]
    assert draw(stage, serial="L0004", check=check_of("L0004")).status_code == 200


def test_any_letter_case_of_the_link_will_do(stage: Stage) -> None:
    assert checked(stage, link_part("L0001").lower())["genuine"]


def test_a_label_ahead_of_need_is_genuine_too(stage: Stage) -> None:
    assert checked(stage, link_part("L0003", None))["status"] == "issued"


INVENTED: dict[str, str] = {
    "unknown serial": f"{DOSE}.L0009.{check_of('L0001')}",
    "wrong check": f"{DOSE}.L0001.{'Z' * 16}",
    "unknown container": f"NO-SUCH-BAG.L0001.{check_of('L0001')}",
    "another container": f"{DOSE_2}.L0001.{check_of('L0001')}",
    "no container": f"-.L0001.{check_of('L0001')}",
    "nothing true": f"NO-SUCH-BAG.L0009.{'Z' * 16}",
}


def test_what_is_not_genuine_is_told_in_the_same_bytes_whatever_is_wrong_with_it(stage: Stage) -> None:
    answers = {stage.ask("GET", f"/v1/labels/{part}").content for part in INVENTED.values()}
    assert len(answers) == 1
    assert checked(stage, INVENTED["wrong check"]) | {"as_of": "", "position": 0} == {
        "genuine": False, "current": False, "status": None, "contact": CONTACT, "as_of": "", "position": 0,
    }  # fmt: skip


def test_what_is_not_genuine_costs_the_same_work_whatever_is_wrong_with_it(stage: Stage) -> None:
    """Else the time of an answer would tell which bags there are."""
    engine = stage.scenario.ledger.store.engine
    asked: list[str] = []

    def told(_: Any, __: Any, statement: str, *rest: Any) -> None:
        asked.append(statement.partition("WHERE")[0])

    def work(part: str) -> list[str]:
        asked.clear()
        stage.ask("GET", f"/v1/labels/{part}")
        return list(asked)

    stage.app.state.node.projector.close()  # the read models follow by themselves, and ask, too
    with listening(engine, "before_cursor_execute", told):
        work(INVENTED["nothing true"])  # the first answer of a process asks a little more
        costs = [work(part) for part in INVENTED.values()]
    assert costs[0]
    assert costs == [costs[0]] * len(costs)


@pytest.mark.parametrize("part", ["nonsense", "a.b", f"{DOSE}.L0001.short", "%00.%00.%00", "A9999.L1.É" * 3])
def test_what_is_no_link_is_told_so(stage: Stage, part: str) -> None:
    response = stage.ask("GET", f"/v1/labels/{part}")
    assert (response.status_code, code(response)) == (400, "bad_label_link")


def test_nothing_of_a_therapy_is_told_to_strangers(stage: Stage) -> None:
    said = stage.ask("GET", f"/v1/labels/{link_part('L0001')}").text
    assert not any(word in said for word in (COI, DOSE, DIN, "northcell", "st-mary", "Decentra"))


def test_a_label_of_a_collection_before_its_order_is_genuine(stage: Stage) -> None:
    at = {"site": "st-mary", "department": "apheresis"}
    early = "isbt128:CHA999926000009"
    issue(stage.scenario, early, "L0004", container="A9999-26-F9", by="anna", at=at)
    assert checked(stage, link_part("L0004", "A9999-26-F9"))["status"] == "issued"


# --- scan-back -------------------------------------------------------------------------------


def scan(
    stage: Stage, picture: bytes, agent: str = "mia", kind: str = "image/png", coi: str | None = None
) -> httpx.Response:
    headers = stage.bearer(agent) | {"content-type": kind}
    path = f"/v1/labels/scan-back?coi={coi}" if coi else "/v1/labels/scan-back"
    return stage.ask("POST", path, content=picture, headers=headers)


def test_a_label_that_was_printed_well_reads_back_without_a_wrong_module(stage: Stage) -> None:
    found = scan(stage, draw(stage).content).json()
    assert found == {
        "text": f"HTTPS://LEDGER.INVALID:8443/B/{link_part('L0001')}",
        "container": DOSE,
        "serial": "L0001",
        "genuine": True,
        "wrong_modules": 0,
        "modules": found["modules"],
    }
    assert found["modules"] >= 33 * 33


def test_another_patients_label_is_not_genuine_for_this_therapy(stage: Stage) -> None:
    stage.scenario.order(THIRD)
    picture = photo(f"HTTPS://LEDGER.INVALID:8443/B/{link_part('L0002', DOSE_2)}")
    told = [scan(stage, picture, coi=coi).json()["genuine"] for coi in (None, COI, THIRD)]
    assert told == [True, True, False]
    assert code(scan(stage, picture, coi=OTHER)) == "no_such_chain"


def test_two_labels_in_one_photo_are_told_apart_by_a_person(stage: Stage) -> None:
    one, two = (Image.open(io.BytesIO(draw(stage, **asked).content)).convert("L") for asked in (
        {}, {"serial": "L0002", "container": DOSE_2, "check": check_of("L0002")},
    ))  # fmt: skip
    both = Image.new("L", (one.width, one.height * 2), 255)
    both.paste(one, (0, 0))
    both.paste(two, (0, one.height))
    made = io.BytesIO()
    both.save(made, "PNG")
    response = scan(stage, made.getvalue())
    assert (response.status_code, code(response)) == (400, "bad_photo")
    assert "two labels" in response.json()["detail"]


def test_wrong_modules_are_counted(stage: Stage) -> None:
    picture = Image.open(io.BytesIO(draw(stage).content)).convert("L")
    corner = picture.crop((0, 0, 24, 24)).point(lambda _: 255)
    picture.paste(corner, (980, 300))  # a scratch in the code
    made = io.BytesIO()
    picture.save(made, "PNG")
    found = scan(stage, made.getvalue()).json()
    assert 0 < found["wrong_modules"] < found["modules"] // 10


def test_a_picture_of_something_else_reads_as_no_label(stage: Stage) -> None:
    nothing = {"container": None, "serial": None, "genuine": False, "wrong_modules": None, "modules": None}
    assert scan(stage, photo("SOMETHING ELSE")).json() == nothing | {"text": "SOMETHING ELSE"}
    blank = io.BytesIO()
    Image.new("L", (50, 50), 255).save(blank, "PNG")
    assert scan(stage, blank.getvalue()).json() == nothing | {"text": None}


def test_an_invented_label_reads_back_as_not_genuine(stage: Stage) -> None:
    found = scan(stage, photo()).json()
    assert (found["serial"], found["genuine"]) == ("L0009", False)


def test_what_is_no_picture_is_refused(stage: Stage) -> None:
    response = scan(stage, b"no picture")
    assert (response.status_code, code(response)) == (400, "bad_photo")
    response = scan(stage, b"", kind="text/plain")
    assert (response.status_code, code(response)) == (415, "unsupported_media_type")


# --- counting ------------------------------------------------------------------------------


def counted(stage: Stage, agent: str = "mia", **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = read(stage, agent, "/v1/labels", coi=COI, **params)
    return found


def test_every_serial_is_accounted_for_or_named(stage: Stage) -> None:
    say(stage, "LabelApplied", serial="L0001", container=DOSE)
    say(stage, "LabelVoided", serial="L0002", reason="smeared")
    found = counted(stage)
    assert (found["reconciled"], found["astray"]) == (False, ["L0003"])
    assert found["counts"] == {"applied": 1, "issued": 1, "voided": 1}
    say(stage, "LabelDestroyed", serials=["L0003"], fate="returned_unused")
    found = counted(stage)
    assert (found["reconciled"], found["counts"]["returned"]) == (True, 1)
    first = found["labels"][0]
    assert (first["serial"], first["in_force"], first["container"], first["has_link"]) == (
        "L0001", True, DOSE, True,
    )  # fmt: skip


def test_the_count_may_be_asked_of_the_past(stage: Stage) -> None:
    then = stage.scenario.ledger.store.head()[0]
    say(stage, "LabelVoided", serial="L0001", reason="smeared")
    assert counted(stage, before_position=then)["counts"] == {"issued": 3}


def test_a_reprint_in_effect_ends_the_label_before_it(stage: Stage) -> None:
    say(stage, "LabelApplied", serial="L0001", container=DOSE)
    issue(stage.scenario, COI, "L0004", replaces={"serial": "L0001", "reason": "smeared"})
    stage.scenario.say("quinn", STREAM, "LabelApplied", at=CLEANROOM, serial="L0004", container=DOSE)
    labels = {one["serial"]: one for one in counted(stage)["labels"]}
    assert (labels["L0001"]["ended"], labels["L0004"]["replaces"]) == ("replaced", "L0001")
    assert checked(stage, link_part("L0001"))["status"] == "replaced"


def test_the_count_is_for_who_may_read_the_therapy(stage: Stage) -> None:
    assert code(stage.get("/v1/labels", "kit", params={"coi": COI})) == "no_such_chain"


# --- void ----------------------------------------------------------------------------------


def test_void_labels_of_ones_therapies_page_by_page(stage: Stage) -> None:
    for serial in ("L0001", "L0003"):
        say(stage, "LabelVoided", serial=serial, reason="smeared")
    catch_up(stage)
    first = read(stage, "mia", "/v1/labels/voided", limit=1)
    assert [one["serial"] for one in first["labels"]] == ["L0001"]
    rest = read(stage, "mia", "/v1/labels/voided", limit=1, cursor=first["next_cursor"])
    assert [one["serial"] for one in rest["labels"]] == ["L0003"]
    assert rest["labels"][0] == {"serial": "L0003", "chain": COI, "status": "voided"}


def test_void_labels_are_told_to_a_courier_who_holds_the_bag(stage: Stage) -> None:
    say(stage, "LabelVoided", serial="L0001", reason="smeared")
    catch_up(stage)
    assert read(stage, "kit", "/v1/labels/voided")["labels"] == []
    hand_over(stage.scenario, COI, DOSE, ("mia", CLEANROOM), ("kit", VAN))
    assert [one["serial"] for one in read(stage, "kit", "/v1/labels/voided")["labels"]] == ["L0001"]


def test_a_second_print_shows_as_a_deviation(stage: Stage) -> None:
    picture = {"template": "cryobag", "medium": "zpl", "dpi": 300, "digest": "ab" * 32}
    assert say(stage, "LabelPrinted", serial="L0001", **picture).deviations == ()
    again = say(stage, "LabelPrinted", by="nora", at=WARD, serial="L0001", **picture)
    assert [one.code for one in again.deviations] == ["label_printed_twice"]


def test_a_label_that_was_printed_is_shown_in_the_therapys_bundle(stage: Stage) -> None:
    """As it was drawn: without the check, which nobody keeps, nobody could draw it again."""
    drawn, unsaid = draw(stage, dpi=203, format="zpl"), draw(stage, dpi=600)
    digest = drawn.headers["unbroken-label-digest"]
    stage.scenario.clock.forward(2)
    say(stage, "LabelPrinted", serial="L0001", template="cryobag", medium="zpl", dpi=203, digest=digest)
    version = stage.scenario.version(COI)
    asking = {"chain_version": version, "reason": "audit"}
    asked = stage.scenario.say("audrey", STREAM, "TherapyExportRequested", **asking)
    raw = stage.get(f"/v1/exports/{asked.position}", "audrey").content
    report = audited(raw, stage.scenario.ledger.vkey)
    assert report.ok, report.text()
    files = files_of(raw)
    assert symbols(files[f"labels/{digest}.png"]) == symbols(draw(stage, dpi=203).content)
    assert f"labels/{unsaid.headers['unbroken-label-digest']}.png" not in files
    assert stage.get(f"/v1/exports/{asked.position}", "audrey").content == raw


def test_a_therapy_whose_files_are_full_has_its_labels_drawn_all_the_same(stage: Stage) -> None:
    node = stage.app.state.node
    kept = node.evidence.kept(COI)
    object.__setattr__(node.settings, "max_evidence_of_therapy", kept)
    assert draw(stage).status_code == 200
    assert node.evidence.kept(COI) == kept
