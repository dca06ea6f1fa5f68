"""One therapy with a vault, from the order to the erasure: where a patient's identifiers are, and are not.

Before it they are sealed, and nowhere else. After it nothing that is left gives them back: not the
database, not its backup of before, not the key database, no log line, no bundle, no report. And every
proof holds as it did.
"""

from __future__ import annotations

import io
import logging
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import text

from api.logs import log_to_stderr
from api.vault.rights import subject_of
from api.vault.vault import Vault
from clients.patients import commitments
from ledger.errors import Fault, NotFound
from ledger.store.engines import open_engine
from ledger.store.fsck import fsck
from ledger.store.recorder import LedgerRecorder
from ledger.store.vault import VaultStore
from ledger.store.vault_schema import field as fields_table
from ledger.vault.key_file import connected
from ledger.vault.keys import KeyStore
from ledger.vault.master import open_master
from ledger.vault.sealing import about_field, unseal
from ledger.verify.bundle import audit_bundle
from tests import scenario as scenarios
from tests.e2e.api_stage import COI, STREAM, Stage, catch_up
from tests.e2e.vault_stage import (
    IDENTIFIERS,
    NURSE,
    OTHERS,
    REASON,
    ask,
    entered,
    erase,
    look,
    vaulted,
)
from tests.scanning import encodings, every_row, found_in, spellings, unpacked
from tests.scenario import ORIGIN, therapy

ENTRY = subject_of(COI, "st-mary-trust")
VALUES = (
    IDENTIFIERS
    | NURSE
    | {f"other_{name}": value for name, value in OTHERS.items() if IDENTIFIERS[name] != value}
)
LEAVING = ("epcis", "fhir", "report.pdf", "timeline", "quality")


@dataclass
class Told:
    """Everything that one run left behind, by where it was before and after the erasure."""

    stage: Stage
    folder: Path
    database_url: str
    backup_url: str
    logs: bytes
    before: dict[str, list[bytes]]
    after: dict[str, list[bytes]]
    keys_before: bytes
    bundle: bytes = b""
    kept: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The whole story, once on each engine."""
    folder = tmp_path_factory.mktemp("erasure")
    with database(request, folder) as (url, schema), captured() as lines, vaulted(url, folder) as stage:
        keep_a_name(stage)
        live_through(stage)
        bundle = bundle_of(stage)
        before, keys_before = left_behind(stage, folder, url), (folder / "keys.db").read_bytes()
        backup = back_up(folder, url, schema)
        erase(stage, overrides_retention="authority_order")
        look(stage, "nora")
        after = left_behind(stage, folder, url)
        logs = "\n".join(lines).encode()
        yield Told(stage, folder, url, backup, logs, before, after, keys_before, bundle)


@contextmanager
def database(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[str, str]]:
    """A database that lasts as long as the module, and the schema that it is in."""
    if request.param == "sqlite":
        yield f"sqlite:///{folder}/ledger.db", ""
        return
    url: str = request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA erasure"))
    joint = "&" if "?" in url else "?"
    yield f"{url}{joint}options=-csearch_path%3Derasure", "erasure"
    with engine.begin() as connection:
        connection.execute(
            text("DROP SCHEMA IF EXISTS erasure CASCADE; DROP SCHEMA IF EXISTS backup CASCADE")
        )
    engine.dispose()


@contextmanager
def captured() -> Iterator[list[str]]:
    """Every log line, of whatever level, as the server formats it."""
    lines: list[str] = []
    root, before = logging.getLogger(), logging.getLogger().level
    kept = list(root.handlers)
    log_to_stderr("DEBUG")
    (own,) = [one for one in root.handlers if one not in kept] or [logging.NullHandler()]

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(own.format(record))
            lines.append(str(record.__dict__))

    handler = Lines(logging.DEBUG)
    root.addHandler(handler)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        root.handlers[:] = kept
        root.setLevel(before)


def keep_a_name(stage: Stage) -> None:
    body = {"identifiers": NURSE}
    response = stage.ask("PUT", "/v1/agents/nora/person", json=body, headers=stage.bearer("ada"))
    assert response.status_code == 204


def live_through(stage: Stage) -> None:
    """Entered, ordered, matched, read with a reason, given by two nurses, and once asked about in vain."""
    patient = entered(stage)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scenarios, "patient", lambda _: patient)
        therapy(stage.scenario, COI)
    catch_up(stage)
    assert ask(stage, "nora", IDENTIFIERS).json()["found"][0]["patient"] == patient
    ask(stage, "nora", OTHERS)
    ask(stage, "nora", OTHERS, COI)
    assert look(stage, "phil").json()["identifiers"] == IDENTIFIERS
    stage.get(f"/v1/chains/{COI}/patient/keys", "nils", params=REASON)
    stage.ask("PUT", f"/v1/chains/{COI}/patient", json={"identifiers": OTHERS | {"birth_date": "x"}},
              headers=stage.bearer("carl"))  # fmt: skip
    version = stage.scenario.version(COI)
    stage.scenario.say("carl", STREAM, "TherapyClosed", chain_version=version, reason="completed")
    catch_up(stage)


def bundle_of(stage: Stage) -> bytes:
    """Of the whole log."""
    asked = stage.scenario.say("audrey", f"log/{ORIGIN}", "ExportRequested", reason="inspection", scope="log")
    return stage.get(f"/v1/exports/{asked.position}", "audrey").content


def left_behind(stage: Stage, folder: Path, url: str) -> dict[str, list[bytes]]:
    """All that stands on a disk, and all that goes out."""
    found = {"keys": [path.read_bytes() for path in folder.glob("keys.db*")], "rows": []}
    if url.startswith("sqlite"):
        found["disk"] = [path.read_bytes() for path in folder.glob("ledger.db*")]
    engine = open_engine(url)
    found["rows"] = list(every_row(engine))
    engine.dispose()
    found["bundle"] = unpacked(bundle_of(stage))
    for what in LEAVING:
        response = stage.get(f"/v1/chains/{COI}/{what}", "audrey")
        assert response.status_code == 200, (what, response.text)
        found[what] = unpacked(response.content)
        if what == "report.pdf":  # glyphs of its own fonts stand in the file, and no letters
            found[what].append(words(response.content))
    found["accesses"] = [stage.get("/v1/vault/accesses", "audrey", params={"limit": 1000}).content]
    return found


def back_up(folder: Path, url: str, schema: str) -> str:
    """A copy of the database as an operator makes one, restored; without the key database."""
    if not schema:
        with open_engine(url).connect() as connection:
            connection.execute(text("COMMIT"))
            connection.execute(text(f"VACUUM INTO '{folder}/backup.db'"))
        return f"sqlite:///{folder}/backup.db"
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA backup"))
        names = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'erasure'"))
        for (name,) in names.all():
            connection.execute(text(f'CREATE TABLE backup."{name}" AS TABLE erasure."{name}"'))
    engine.dispose()
    return url.replace("search_path%3Derasure", "search_path%3Dbackup")


# --- before ------------------------------------------------------------------------------


def test_before_the_erasure_no_value_stands_anywhere_as_it_is(told: Told) -> None:
    assert [where for where, hays in told.before.items() if found_in(hays, VALUES)] == []
    assert found_in([told.keys_before], VALUES) == set()


def test_the_sealed_rows_were_there_and_opened_so_the_search_had_something_to_miss(told: Told) -> None:
    engine = open_engine(told.backup_url)
    with engine.connect() as connection:
        rows = connection.execute(fields_table.select()).all()
    engine.dispose()
    assert {row.name for row in rows} == {*IDENTIFIERS, "name"}


def test_no_log_line_holds_a_value_and_there_were_lines(told: Told) -> None:
    assert b"/v1/vault/commitments" in told.logs
    assert found_in([told.logs], VALUES) == set()


# --- after -------------------------------------------------------------------------------


def test_after_the_erasure_no_value_is_anywhere_and_no_wrapped_key_of_the_patient(told: Told) -> None:
    assert [where for where, hays in told.after.items() if found_in(hays, VALUES)] == []
    with connected(told.folder / "keys.db") as connection:
        left = {row[0] for row in connection.execute("SELECT owner FROM wrapped")}
        dead = {row[0] for row in connection.execute("SELECT person FROM destroyed")}
    assert len(dead) == 1
    assert not dead & left


def test_a_restored_backup_opens_with_no_key_that_is_left(told: Told) -> None:
    """Not as the program asks, and not by trying every key that the key database still holds."""
    keys = KeyStore(told.folder / "keys.db", open_master(f"file:{told.folder}/master.key"))
    engine = open_engine(told.backup_url)
    restored = Vault(keys, VaultStore(engine, LedgerRecorder(engine).turn), told.stage.scenario.clock)
    with pytest.raises(NotFound, match="personal_data_erased"):
        restored.read(ENTRY)
    with pytest.raises(NotFound, match="personal_data_erased"):
        restored.commitments(ENTRY, IDENTIFIERS)
    assert restored.match(IDENTIFIERS) == []
    held = restored.rows.find(ENTRY)
    assert held is not None
    rows = restored.rows.fields(held.person)
    assert rows.keys() == IDENTIFIERS.keys()
    left = [keys.index_key, *(key for one in keys.persons() for key in every_key(keys, one))]
    assert len(left) >= 3
    for name, row in rows.items():
        for key in left:
            with pytest.raises(Fault, match="vault_damaged"):
                unseal(key, row.sealed, about_field(held.person, name, row.version))
    assert restored.read("agent/nora") == NURSE  # another's key still opens: the search was no sham
    engine.dispose()


def every_key(keys: KeyStore, person: bytes) -> list[bytes]:
    found = keys.of(person)
    return [*found.data.values(), found.commitment] if found else []


def test_the_commitments_in_the_log_can_be_tried_by_nobody_who_lacks_the_key(told: Told) -> None:
    """Every key that is left, over the patient's own identifiers: none makes what the order holds."""
    keys = KeyStore(told.folder / "keys.db", open_master(f"file:{told.folder}/master.key"))
    ordered = set(told.stage.scenario.ledger.world_at().chain(COI).commitments.values())
    for person in keys.persons():
        for key in [keys.index_key, *every_key(keys, person)]:
            tried = commitments(IDENTIFIERS, dict.fromkeys(IDENTIFIERS, key))
            assert not ordered & {one["commitment"] for one in tried}
    assert len(ordered) == len(IDENTIFIERS)


def test_with_the_key_database_of_before_they_would_open_which_is_what_is_not_promised(
    told: Told, tmp_path: Path
) -> None:
    """A copy of the key file, kept by somebody, undoes it: see the threat model. Here it shows that
    the destroyed keys were the right ones."""
    (tmp_path / "keys.db").write_bytes(told.keys_before)
    shutil.copy(told.folder / "master.key", tmp_path / "master.key")
    keys = KeyStore(tmp_path / "keys.db", open_master(f"file:{tmp_path}/master.key"))
    engine = open_engine(told.backup_url)
    restored = Vault(keys, VaultStore(engine, LedgerRecorder(engine).turn), told.stage.scenario.clock)
    assert restored.read(ENTRY) == IDENTIFIERS
    engine.dispose()


def test_every_proof_still_holds(told: Told) -> None:
    ledger = told.stage.scenario.ledger
    assert fsck(ledger.store, str(ledger.vkey), workers=1).ok
    for raw in (told.bundle, bundle_of(told.stage)):  # of before, and of after
        report = audit_bundle(lambda at, length, raw=raw: raw[at : at + length], len(raw), ledger.vkey)
        assert report.ok, report.text()
    for coi_path in ("", "/lineage", "/deviations", "/temperature"):
        assert told.stage.get(f"/v1/chains/{COI}{coi_path}", "nora").status_code == 200


def test_a_colleague_s_report_prints_the_signer_s_name_and_nobody_else_s_does(told: Told) -> None:
    """The name of a signer is not the patient's: it stays when the patient's identifiers are erased."""
    stage, report = told.stage, f"/v1/chains/{COI}/report.pdf"
    name = NURSE["name"].encode()
    for agent, printed in (("phil", True), ("audrey", False), ("mia", False)):
        assert (name in words(stage.get(report, agent).content)) == printed, agent
    seen = stage.get("/v1/vault/accesses", "audrey", params={"subject": "agent/nora"}).json()["accesses"]
    assert (seen[0]["agent"], seen[0]["what"], seen[0]["reason"]) == ("phil", "reported", "report")


def words(pdf: bytes) -> bytes:
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document).encode()


# --- the search itself --------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(IDENTIFIERS))
def test_a_planted_value_is_found_in_every_spelling_and_encoding(name: str) -> None:
    for spelling in spellings(name, IDENTIFIERS[name]):
        for planted in encodings(spelling):
            for hay in (b"\x00\x01" + planted + b"\xff", b"xx" + planted.upper() + b"yy"):
                assert found_in([hay], IDENTIFIERS) >= {name}, (spelling, planted)


def test_a_value_planted_in_the_database_in_a_bundle_or_in_a_log_line_is_found(
    told: Told, tmp_path: Path
) -> None:
    engine = open_engine(told.backup_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE planted (what TEXT)"))
        connection.execute(
            text("INSERT INTO planted VALUES (:what)"), {"what": IDENTIFIERS["given_name"].upper()}
        )
    assert found_in(every_row(engine), VALUES) == {"given_name"}
    if told.backup_url.startswith("sqlite"):
        assert found_in([path.read_bytes() for path in told.folder.glob("backup.db*")], VALUES) == {
            "given_name"
        }
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE planted"))
    engine.dispose()
    archive = io.BytesIO(told.bundle)
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("planted.txt", IDENTIFIERS["family_name"].encode("utf-16-le"))
    assert found_in(unpacked(archive.getvalue()), VALUES) == {"family_name"}
    line = logging.LogRecord("x", 20, "x", 1, "who: %s", (IDENTIFIERS["birth_date"],), None).getMessage()
    assert found_in([line.encode()], VALUES) == {"birth_date"}
