"""Events as CSV and Parquet: what is read back equals the facts, from a server, a log and a bundle."""

from __future__ import annotations

import base64
import csv
import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.tables import parquet_file
from clients.tables.columns import CONTAINERS, ENTRIES, Column, columns_markdown
from clients.tables.csv_file import cell
from clients.tables.files import Tables, writing
from clients.tables.filling import TableWatch, from_server
from clients.tables.rows import Known, row_of
from ledger.domain.times import milliseconds
from ledger.errors import Conflict, Malformed
from ledger.proof import canonical, statement
from ledger.verify import DirectorySource
from ledger.verify.signatures import Envelope
from ledger.verify.watching import watch_bundle, watch_log
from tests.bundling import ask, made, stage
from tests.e2e.api_stage import Stage, read, serving
from tests.scenario import ORIGIN
from tests.unit.verify_book import COI, Book


class Evidence:
    """One log, three ways to it, written into tables of a form."""

    def __init__(self, served: Stage, log: Path, bundle: bytes) -> None:
        self.served, self.log, self.bundle = served, log, bundle
        self.vkey = served.scenario.ledger.vkey

    def write(self, way: str, form: str, folder: Path, therapy: str | None = None) -> tuple[Path, Path]:
        paths = folder / f"events.{form}", folder / f"containers.{form}"
        with writing(*paths, form, therapy) as tables:
            getattr(self, way)(tables)
        return paths

    def from_log(self, tables: Tables) -> None:
        assert watch_log(DirectorySource(self.log), self.vkey, TableWatch(tables)).ok

    def from_bundle(self, tables: Tables) -> None:
        def read_(at: int, length: int) -> bytes:
            return self.bundle[at : at + length]

        watch_bundle(read_, len(self.bundle), self.vkey, TableWatch(tables), berlinger_root="")

    def from_server(self, tables: Tables, agent: str = "audrey") -> None:
        from_server(self._statements(agent), ORIGIN, tables)

    def _statements(self, agent: str) -> Iterator[dict[str, Any]]:
        after: int | None = -1
        while after is not None:
            page = read(self.served, agent, "/v1/statements", after=after, limit=7)
            yield from page["statements"]
            after = page["next_after"]


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    folder = tmp_path_factory.mktemp("ledger")
    scenario = stage(folder)
    asked = ask(scenario)
    log = Book.of(scenario).write(folder / "log")
    with serving(scenario) as served:
        yield Evidence(served, log, made(scenario.ledger, asked))
    scenario.ledger.close()


def value(column: Column, text: str) -> Any:
    """As the reference says that a cell is read."""
    if text == "":
        return None
    if column.kind == "time":
        return milliseconds(text)
    if column.kind in ("int", "bool", "texts") or text.startswith('"'):
        return json.loads(text)
    return text


def from_csv(path: Path, columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    return [{one.name: value(one, row[one.name]) for one in columns} for row in rows]


def from_parquet(path: Path, columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    for row in rows:
        for one in columns:
            if one.kind == "time" and row[one.name] is not None:
                row[one.name] = round(row[one.name].timestamp() * 1000)
    return rows


READ = {"csv": from_csv, "parquet": from_parquet}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_is_read_back_of_a_log_equals_its_facts(evidence: Evidence, form: str, tmp_path: Path) -> None:
    path, names = evidence.write("from_log", form, tmp_path)
    rows, store = READ[form](path, ENTRIES), evidence.served.scenario.ledger.store
    stored = store.entries_with_tags(0, store.head()[0])
    assert [row["position"] for row in rows] == [one.position for one, _ in stored]
    for row, (one, tags) in zip(rows, stored, strict=True):
        said = statement.parse(one.data)
        payload = canonical.decode(said.payload)
        assert (row["statement_id"], row["kid"]) == (said.id.hex(), said.kid.hex())
        assert (row["signer"], row["stream"], set(row["tags"])) == (said.iss, said.sub, set(tags))
        assert json.loads(row["payload"]) == payload
        assert (row["type"], row["version"], row["seq"]) == (payload["type"], payload["v"], payload["seq"])
        assert row["occurred_at"] == milliseconds(payload["occurred_at"])
        assert (row["recorded_at"], row["prev"]) == (one.recorded_ms, payload["prev"])
        assert row["seen_size"] == (payload["seen"] or {}).get("size")
        assert (row["signature"], row["rules"]) == ("valid", "kept")
        assert row["head_size"] > row["position"]
    found = {(row["position"], row["container"]) for row in READ[form](names, CONTAINERS)}
    assert found == {(row["position"], name) for row in rows for name in row["containers"]}


def test_both_forms_hold_the_same_rows_and_parquet_has_real_types(evidence: Evidence, tmp_path: Path) -> None:
    tables = {form: evidence.write("from_log", form, tmp_path) for form in READ}
    for n, columns in enumerate((ENTRIES, CONTAINERS)):
        a, b = ([_exact(row) for row in READ[form](tables[form][n], columns)] for form in READ)
        assert a == b
    types = {one.name: str(one.type) for one in pyarrow.parquet.read_schema(tables["parquet"][0])}
    assert types["occurred_at"] == types["recorded_at"] == "timestamp[ms, tz=UTC]"
    assert types["position"] == "int64"
    assert types["tags"].startswith("list<")


def _exact(row: dict[str, Any]) -> dict[str, Any]:
    return row | ({"payload": json.loads(row["payload"])} if "payload" in row else {})


def test_a_server_gives_the_rows_that_one_may_read_and_says_what_it_did_not_check(
    evidence: Evidence, tmp_path: Path
) -> None:
    log, _ = evidence.write("from_log", "csv", tmp_path)
    (tmp_path / "server").mkdir()
    served, _ = evidence.write("from_server", "csv", tmp_path / "server")
    unknown = {"rules": None, "head_size": None}
    whole = [row | unknown | {"tags": set(row["tags"])} for row in from_csv(log, ENTRIES)]
    assert [row | {"tags": set(row["tags"])} for row in from_csv(served, ENTRIES)] == whole
    with writing(tmp_path / "kit.csv", None, "csv", None) as tables:
        evidence.from_server(tables, "kit")
    mine = from_csv(tmp_path / "kit.csv", ENTRIES)
    assert {row["signature"] for row in mine} == {"valid"}
    assert not [row for row in mine if row["therapies"] and row["signer"] != "kit"]


def test_a_bundle_gives_its_therapy_and_says_what_could_not_be_judged(
    evidence: Evidence, tmp_path: Path
) -> None:
    path, names = evidence.write("from_bundle", "csv", tmp_path, COI)
    rows = from_csv(path, ENTRIES)
    assert {name for row in rows for name in row["therapies"]} == {COI}
    assert {row["therapy"] for row in from_csv(names, CONTAINERS)} == {COI}
    assert {row["signature"] for row in rows} == {"valid"}
    assert {row["rules"] for row in rows} <= {"kept", "not_judged"}
    store = evidence.served.scenario.ledger.store
    assert len(rows) >= len(store.by_tag(f"chain/{COI}"))


def test_an_altered_statement_is_called_wrong_in_its_row(evidence: Evidence, tmp_path: Path) -> None:
    book = Book.of(evidence.served.scenario)
    raw = bytearray(book.raws[20])
    raw[-1] ^= 1
    folder = book.with_entry(20, bytes(raw)).write(tmp_path / "log")
    with writing(tmp_path / "events.csv", None, "csv", None) as tables:
        assert not watch_log(DirectorySource(folder), evidence.vkey, TableWatch(tables)).ok
    assert tables.wrong == 1
    rows = from_csv(tmp_path / "events.csv", ENTRIES)
    assert [row["position"] for row in rows if row["signature"] == "wrong"] == [20]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_table_without_rows_has_its_columns(form: str, tmp_path: Path) -> None:
    with writing(tmp_path / "events", None, form, None):
        pass
    assert READ[form](tmp_path / "events", ENTRIES) == []


@given(st.text(min_size=1), st.lists(st.text()))
def test_no_cell_looks_like_a_formula_or_is_cut_and_each_reads_back(text: str, texts: list[str]) -> None:
    for kind, said in (("text", text), ("texts", texts), ("json", json.dumps({"a": text}))):
        written = cell(kind, said)  # type: ignore[arg-type]
        assert not re.match("[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]", written)
        assert ";" not in written
        column = Column("c", kind, "")  # type: ignore[arg-type]
        read_back = value(column, written)
        assert (json.loads(read_back) if kind == "json" else read_back) == (
            {"a": text} if kind == "json" else said
        )


def test_lines_end_as_rfc_4180_has_them(evidence: Evidence, tmp_path: Path) -> None:
    path, _ = evidence.write("from_log", "csv", tmp_path)
    raw = path.read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n") == 1 + evidence.served.scenario.ledger.store.head()[0]


def test_a_file_is_whole_or_not_there_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    with pytest.raises(RuntimeError), writing(path, None, "csv", None):
        raise RuntimeError("the server went away")
    assert list(tmp_path.iterdir()) == []
    path.write_text("mine")
    with pytest.raises(Conflict, match="there already"), writing(path, None, "csv", None):
        pass
    assert path.read_text() == "mine"


def test_without_pyarrow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(Malformed, match=r"unbroken\[tables\]"):
        parquet_file.ParquetTable(tmp_path / "events.parquet", ENTRIES)


def test_the_reference_names_every_column() -> None:
    told = columns_markdown()
    assert all(f"| `{one.name}` |" in told for one in (*ENTRIES, *CONTAINERS))


def test_both_tables_in_one_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    with pytest.raises(Malformed, match="bad_form"), writing(path, tmp_path / "." / path.name, "csv", None):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_full_disk_is_no_finding_and_leaves_no_cut_table(
    evidence: Evidence, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fourth row finds no room; the table of containers was whole by then, and goes as well."""
    rows = 0

    def put(self: Tables, known: Any) -> None:
        nonlocal rows
        rows += 1
        if rows > 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        fill(self, known)

    fill = Tables.put
    monkeypatch.setattr(Tables, "put", put)
    with pytest.raises(OSError, match="No space left"):
        evidence.write("from_log", form, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_when_a_table_closes_leaves_neither(tmp_path: Path) -> None:
    script = (
        "import resource; from pathlib import Path; from clients.tables.files import writing\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))\n"
        "with writing(Path('e.csv'), Path('c.csv'), 'csv', None) as tables:\n"
        "    tables._containers.write({'container': 'x' * 20_000})\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert b"File too large" in ended.stderr
    assert list(tmp_path.iterdir()) == []


@given(st.one_of(st.text(), st.sampled_from(["=HYPERLINK(1)", '"a"', "[1]", "{", "{};", "1", "-1"])))
def test_a_payload_that_is_no_object_is_a_text_that_reads_back_and_is_no_formula(text: str) -> None:
    try:
        assert isinstance(json.loads(text), dict)
    except (ValueError, AssertionError):
        told = cell("json", text)
        assert told.startswith('"')
        assert json.loads(told) == text
        assert ";" not in told


def test_a_payload_that_is_no_utf8_keeps_its_bytes() -> None:
    said = Envelope(b"1" * 32, b"2" * 32, "nora", "chain/x", b"3" * 16, b"\xff\xfe{}")
    row = row_of(Known(0, said, None, 0, 1, (), is_signed=False, rules=None))
    kind, _, told = row["payload"].partition(":")
    assert (kind, base64.urlsafe_b64decode(told + "=" * (-len(told) % 4))) == ("base64url", b"\xff\xfe{}")
