"""Whatever a server hands out that the log does not name is found, and named."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients.built import DIST, FileList, read_build
from clients.published import Verdict, check_served
from clients.remote import Remote
from ledger.errors import Malformed, NotFound, ProofInvalid
from ledger.proof import canonical
from tests.e2e.built_app import FILES, SCRIPT, file_list, write_build

LISTED = file_list(FILES)
NAMED = FileList.parse(LISTED)
NEWEST = {"version": "0.1.0", "digest": NAMED.digest, "files": len(FILES), "position": 7}


def server(
    files: dict[str, bytes] | None = None, listed: bytes = LISTED, newest: Any = NEWEST, page: bytes = b""
) -> Callable[[httpx.Request], httpx.Response]:
    """Answers as a server does, honest but for what it is given."""
    contents = (FILES if files is None else files) | {"files.json": listed}

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/v1/app":
            return httpx.Response(200, json={"digest": NAMED.digest, "newest": newest})
        name = path.removeprefix("/app/")
        if name in contents:
            return httpx.Response(200, content=contents[name])
        if "." in name:
            return httpx.Response(404, json={"code": "no_such_resource", "detail": "nothing", "status": 404})
        return httpx.Response(200, content=page or contents["index.html"])

    return answer


def checked(own: FileList | None = None, **told: Any) -> Verdict:
    remote = Remote("http://ledger.invalid", lambda _: b"", httpx.MockTransport(server(**told)))
    return check_served(remote, None, own)


def test_what_is_served_as_published_passes() -> None:
    found = checked()
    assert (found.ok, found.position, found.proved) == (True, 7, False)
    assert found.to_json()["differences"] == []


def test_an_altered_file_is_named() -> None:
    found = checked(files=FILES | {SCRIPT: b"export const one = 2;"})
    assert found.differences == [f"{SCRIPT}: other bytes than its list names"]


def test_a_missing_file_is_named() -> None:
    found = checked(files={path: body for path, body in FILES.items() if path != SCRIPT})
    assert found.differences == [f"{SCRIPT}: it is named, and not served"]


def test_another_page_is_named_also_where_only_a_labels_link_shows_it() -> None:
    found = checked(page=b"<h1>Enter your passphrase</h1>")
    assert "/B/ANY-LABEL: another page than index.html" in found.differences
    assert len(found.differences) == 3


def test_a_build_that_the_log_does_not_name_is_told_with_both_digests() -> None:
    files = FILES | {SCRIPT: b"export const one = 2;"}
    found = checked(files=files, listed=file_list(files))
    assert len(found.differences) == 1
    assert NAMED.digest in found.differences[0]
    assert FileList.parse(file_list(files)).digest in found.differences[0]


def test_a_log_that_names_no_build_is_told() -> None:
    assert checked(newest=None).differences == ["the log names no build of the app"]


def test_a_build_of_ones_own_tells_file_by_file() -> None:
    own = {path: body for path, body in FILES.items() if path != "icon.svg"} | {"extra.js": b"", SCRIPT: b"1"}
    found = checked(own=FileList.parse(file_list(own)))
    assert found.differences == [
        f"{SCRIPT}: not as in the build of your own",
        "extra.js: in the build of your own, and not served",
        "icon.svg: served, and not in the build of your own",
    ]


def test_a_claim_that_the_log_does_not_prove_is_an_error() -> None:
    def refuted(_: dict[str, Any]) -> bool:
        raise ProofInvalid("wrong_receipt", "entry 7 does not publish what is claimed")

    remote = Remote("http://ledger.invalid", lambda _: b"", httpx.MockTransport(server()))
    with pytest.raises(ProofInvalid):
        check_served(remote, refuted)


# --- the list of a build ----------------------------------------------------------------


def test_the_digest_is_that_of_the_list_as_it_is_written(tmp_path: Path) -> None:
    digest = write_build(tmp_path)
    built = read_build(tmp_path)
    assert built.named.digest == digest == hashlib.sha256((tmp_path / "files.json").read_bytes()).hexdigest()
    assert built.contents.keys() == {*FILES, "files.json"}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"files": {}, "v": 1, "version": "1"},
        {"files": {"index.html": "ab"}, "v": 1, "version": "1"},
        {"files": {"index.html": "ab" * 32}, "v": 2, "version": "1"},
        {"files": {"index.html": "ab" * 32}, "v": 1, "version": 1},
        {"files": {"index.html": "ab" * 32, "../keys/log.pem": "ab" * 32}, "v": 1, "version": "1"},
        {"files": {"index.html": "ab" * 32, "/etc/passwd": "ab" * 32}, "v": 1, "version": "1"},
        {"files": {"index.html": "ab" * 32, "a/../b": "ab" * 32}, "v": 1, "version": "1"},
        {"files": {"index.html": "ab" * 32, "a//b": "ab" * 32}, "v": 1, "version": "1"},
        {"files": ["index.html"], "v": 1, "version": "1"},
        {"files": {"index.html": "ab" * 32}, "v": 1, "version": "1", "more": 1},
    ],
)
def test_a_list_that_is_written_otherwise_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as refusal:
        FileList.parse(canonical.encode(said))
    assert refusal.value.code == "malformed_file_list"


def test_a_list_with_a_second_spelling_is_refused() -> None:
    with pytest.raises(Malformed, match="canonical"):
        FileList.parse(LISTED.replace(b'{"files"', b'{ "files"'))


def test_where_there_is_no_build_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="make app"):
        read_build(tmp_path)


def test_an_altered_file_in_the_folder_is_named(tmp_path: Path) -> None:
    write_build(tmp_path)
    (tmp_path / SCRIPT).write_bytes(b"x")
    with pytest.raises(ProofInvalid, match=SCRIPT):
        read_build(tmp_path)


@pytest.mark.skipif(not (DIST / "files.json").is_file(), reason="the app was not built: make app")
def test_the_build_itself_writes_such_a_list() -> None:
    built = read_build()
    assert {"index.html", "sw.js", "manifest.webmanifest", "icon-192.png"} <= built.named.digests.keys()
    on_disk = {path.relative_to(DIST).as_posix() for path in DIST.rglob("*") if path.is_file()}
    assert built.contents.keys() == on_disk
