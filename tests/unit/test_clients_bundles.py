"""A bundle is fetched whole, however often the connection breaks; what is no bundle is not kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from clients.bundles import Begun, await_witnesses, begun, fetch_bundle
from clients.cli.main import run
from clients.cli.screen import USAGE
from clients.keys import Device
from clients.remote import Remote
from ledger.errors import Fault, ProofInvalid
from ledger.proof.archive import Writer
from ledger.proof.keyfile import new_key
from tests.unit.fake_ledger import FakeLedger

ASKED = {"scope": "log", "why": "inspection", "since": None, "until": None}


def archive(text: bytes = b"evidence") -> bytes:
    writer = Writer()
    return writer.add("README.txt", text * 100) + writer.end()


class Serving:
    """A server of one bundle that breaks off after `patience` bytes, `breaks` times."""

    def __init__(self, raw: bytes, tag: str = '"one"', patience: int = 300, breaks: int = 0) -> None:
        self.raw, self.tag, self.patience, self.breaks = raw, tag, patience, breaks
        self.ranges: list[str | None] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/v1/session"):
            return httpx.Response(200, json={"challenge": "c", "token": "t"})
        wanted = request.headers.get("range")
        self.ranges.append(wanted)
        start = int(wanted[6:-1]) if wanted and request.headers["if-range"] == self.tag else 0
        headers = {"etag": self.tag, "content-range": f"bytes {start}-{len(self.raw) - 1}/{len(self.raw)}"}
        return httpx.Response(206 if start else 200, content=self.pieces(start), headers=headers)

    def pieces(self, start: int) -> Iterator[bytes]:
        if self.breaks:
            self.breaks -= 1
            yield self.raw[start : start + self.patience]
            raise httpx.ReadError("the connection broke")
        yield self.raw[start:]

    def fetch(self, path: Path) -> int:
        remote = Remote("http://ledger.invalid", lambda _: b"", httpx.MockTransport(self.handle))
        return fetch_bundle(remote, 17, ASKED, path, lambda at, of: None)


def test_it_is_fetched_whole_over_connections_that_break(tmp_path: Path) -> None:
    server = Serving(archive(), breaks=2)
    out = tmp_path / "evidence.zip"
    assert server.fetch(out) == len(server.raw)
    assert out.read_bytes() == server.raw
    assert server.ranges == [None, "bytes=300-", "bytes=600-"]
    assert [one.name for one in tmp_path.iterdir()] == ["evidence.zip"]


def test_what_came_stays_for_the_next_run(tmp_path: Path) -> None:
    server = Serving(archive(), breaks=3, patience=100)
    out = tmp_path / "evidence.zip"
    with pytest.raises(Fault, match="broke"):
        server.fetch(out)
    assert not out.exists()
    assert begun(out) == Begun(17, ASKED, '"one"')
    server.fetch(out)
    assert (out.read_bytes(), server.ranges[-1]) == (server.raw, "bytes=300-")


def test_bytes_that_would_be_others_are_fetched_anew(tmp_path: Path) -> None:
    out = tmp_path / "evidence.zip"
    with pytest.raises(Fault):
        Serving(archive(b"older"), breaks=3).fetch(out)
    newer = Serving(archive(b"newer"), tag='"two"')
    newer.fetch(out)
    assert out.read_bytes() == newer.raw


def test_what_was_begun_for_another_request_is_thrown_away(tmp_path: Path) -> None:
    out, server = tmp_path / "evidence.zip", Serving(archive())
    (tmp_path / "evidence.zip.part").write_bytes(b"of another request")
    (tmp_path / "evidence.zip.part.json").write_text('{"position": 5, "asked": {}, "tag": "\\"one\\""}')
    server.fetch(out)
    assert (out.read_bytes(), server.ranges) == (server.raw, [None])


@pytest.mark.parametrize("notes", ["", "{}", "[]", '{"position": null, "asked": {}, "tag": ""}'])
def test_notes_that_are_none_begin_anew(tmp_path: Path, notes: str) -> None:
    (tmp_path / "evidence.zip.part.json").write_text(notes)
    assert begun(tmp_path / "evidence.zip") is None


def test_what_is_no_bundle_is_refused_and_not_kept(tmp_path: Path) -> None:
    out = tmp_path / "evidence.zip"
    with pytest.raises(ProofInvalid, match="is no bundle"):
        Serving(archive()[:-1]).fetch(out)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("tank/T-1",), ("lot/",), ("acme:A-1", "--since", "2026-03-01T00:00Z")])
def test_a_scope_that_is_none_is_refused_before_anything_is_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str]
) -> None:
    monkeypatch.setenv("UNBROKEN_PASSPHRASE", "passphrase")
    monkeypatch.setenv("UNBROKEN_HOME", str(tmp_path / "home"))
    device = Device(tmp_path / "home", b"passphrase")
    device.make_key()
    device.set_profile(agent="anna", log_key=str(FakeLedger(new_key()).vkey), server="http://127.0.0.1:9")
    out = str(tmp_path / "evidence.zip")
    assert run(["export", "bundle", *words, "--out", out, "--why", "inspection", "--yes"]) == USAGE
    assert "bad_scope" in capsys.readouterr().err


def test_a_file_that_is_there_is_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "evidence.zip"
    out.write_bytes(b"precious")
    assert run(["export", "bundle", "log", "--out", str(out), "--why", "inspection", "--yes"]) == USAGE
    assert (out.read_bytes(), "not overwritten" in capsys.readouterr().err) == (b"precious", True)


NOTE = "ledger.example/unbroken\n{}\n" + "A" * 43 + "=\n\n— x AAAAAAAA\n"


@pytest.mark.parametrize(
    ("answers", "cosigned"), [(["17", "18"], True), (["17"], False), ([], False), (["x"], False)]
)
def test_witnesses_are_given_some_time_and_no_more(
    monkeypatch: pytest.MonkeyPatch, answers: list[str], cosigned: bool
) -> None:
    """A head of 17 entries does not cover entry 17; without witnesses nobody waits."""
    monkeypatch.setattr("clients.bundles.LOOK_S", 0)
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        if not left:
            return httpx.Response(404, json={"code": "no_such_checkpoint", "detail": "none is asked"})
        return httpx.Response(200, text=NOTE.format(left.pop(0) if len(left) > 1 else left[0]))

    remote = Remote("http://ledger.invalid", lambda _: b"", httpx.MockTransport(handle))
    assert await_witnesses(remote, 17, patience_s=0.01) == cosigned


def test_a_server_that_is_out_of_reach_is_not_waited_for() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    remote = Remote("http://ledger.invalid", lambda _: b"", httpx.MockTransport(handle))
    assert not await_witnesses(remote, 17)
