"""The app's files as browsers get them, and the build's place in the log."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.settings import Settings
from tests.e2e.api_stage import Stage, code, served
from tests.e2e.built_app import FILES, PAGE, SCRIPT, write_build
from tests.scenario import ORIGIN

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
POLICY = {
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dist")


@pytest.fixture(scope="module")
def digest(folder: Path) -> str:
    return write_build(folder)


@pytest.fixture(scope="module")
def stage(folder: Path, digest: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    home = tmp_path_factory.mktemp("app")
    with served(f"sqlite:///{home}/ledger.db", home, Settings(app_folder=folder)) as stage:
        yield stage


@pytest.mark.parametrize(
    "path", ["/app/", "/app/index.html", "/app/courier/BAG-1", "/B/BAG-1.S-1.AAAA", "/b/x"]
)
def test_every_page_of_the_app_is_the_shell_under_the_strict_policy(stage: Stage, path: str) -> None:
    response = stage.get(path, headers=BROWSER)
    assert response.status_code == 200
    assert response.content == PAGE
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert set(response.headers["content-security-policy"].split("; ")) >= POLICY
    assert "unsafe-inline" not in response.headers["content-security-policy"]
    assert "camera=(self)" in response.headers["permissions-policy"]
    assert response.headers["cross-origin-opener-policy"] == "same-origin"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", sorted(FILES))
def test_each_file_of_the_build_comes_with_its_type_and_how_long_it_holds(stage: Stage, path: str) -> None:
    response = stage.get(f"/app/{path}", headers={"accept-encoding": "identity"})
    assert response.content == FILES[path]
    kinds = {".js": "text/javascript", ".wasm": "application/wasm", ".svg": "image/svg+xml",
             ".html": "text/html", ".webmanifest": "application/manifest+json"}  # fmt: skip
    assert response.headers["content-type"].startswith(kinds[Path(path).suffix])
    for_ever = "immutable" in response.headers["cache-control"]
    assert for_ever == path.startswith("assets/")
    assert "content-security-policy" in response.headers  # a worker has the policy of its own file


def test_the_worker_may_serve_a_labels_link(stage: Stage) -> None:
    assert stage.get("/app/sw.js").headers["service-worker-allowed"] == "/"


def test_a_file_is_sent_packed_to_whoever_unpacks_it(stage: Stage) -> None:
    packed = stage.get(f"/app/{SCRIPT}", headers={"accept-encoding": "br, gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(FILES[SCRIPT])
    assert packed.content == FILES[SCRIPT]  # httpx unpacked it
    assert len(gzip.compress(FILES[SCRIPT])) >= int(packed.headers["content-length"])
    for refusing in ("identity", "gzip;q=0", ""):
        plain = stage.get(f"/app/{SCRIPT}", headers={"accept-encoding": refusing})
        assert "content-encoding" not in plain.headers
        assert plain.headers["vary"] == "accept-encoding"


def test_a_file_that_the_browser_has_is_not_sent_again(stage: Stage) -> None:
    tag = stage.get("/app/").headers["etag"]
    again = stage.get("/app/", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert "content-security-policy" in again.headers
    other = stage.get("/app/", headers={"if-none-match": '"another"'})
    assert other.status_code == 200


def test_heads_are_answered(stage: Stage) -> None:
    response = stage.ask("HEAD", f"/app/{SCRIPT}")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/app/assets/index-gone.js", "/app/gone.json", "/app/../pyproject.toml",
                                  "/app/%2e%2e/pyproject.toml", "/app/assets/", "/app/.built"])  # fmt: skip
def test_what_the_build_does_not_name_is_not_there(stage: Stage, path: str) -> None:
    response = stage.get(path, headers=BROWSER)
    assert response.status_code == 404
    assert code(response) == "no_such_resource"


def test_who_types_the_hosts_name_gets_to_the_app(stage: Stage) -> None:
    assert (stage.get("/", headers=BROWSER).headers["location"]) == "/app/"
    assert stage.get("/app", headers=BROWSER).headers["location"] == "/app/"
    program = stage.get("/", headers={"accept": "application/json"})
    assert code(program) == "no_such_resource"


def test_a_build_is_named_by_the_log_once_an_administrator_published_it(
    folder: Path, digest: str, tmp_path: Path
) -> None:
    with served(f"sqlite:///{tmp_path}/ledger.db", tmp_path, Settings(app_folder=folder)) as stage:
        served_one = {"version": "0.1.0", "digest": digest, "files": len(FILES)}
        assert stage.get("/v1/app").json() == served_one | {"position": None, "newest": None}
        assert stage.get("/v1/health").json()["app"] == "unpublished"
        said = stage.scenario.say("cleo", f"log/{ORIGIN}", "AppPublished", **served_one)
        newest = served_one | {"position": said.position}
        assert stage.get("/v1/app").json() == served_one | {"position": said.position, "newest": newest}
        assert stage.get("/v1/health").json()["app"] == "published"


def test_a_server_that_lags_behind_what_was_published_says_so(
    folder: Path, digest: str, tmp_path: Path
) -> None:
    with served(f"sqlite:///{tmp_path}/ledger.db", tmp_path, Settings(app_folder=folder)) as stage:
        say = stage.scenario.say
        old = say("ada", f"log/{ORIGIN}", "AppPublished", version="0.1.0", digest=digest, files=6)
        new = say("ada", f"log/{ORIGIN}", "AppPublished", version="0.2.0", digest="cd" * 32, files=7)
        said = stage.get("/v1/app").json()
        assert (said["position"], said["newest"]["position"]) == (old.position, new.position)
        assert stage.get("/v1/health").json()["app"] == "unpublished"


@pytest.mark.parametrize("damage", ["nothing", "altered", "missing", "list"])
def test_a_server_without_a_sound_build_runs_and_says_so(damage: str, tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    if damage != "nothing":
        write_build(dist)
    if damage == "altered":
        (dist / SCRIPT).write_bytes(b"something else")
    if damage == "missing":
        (dist / SCRIPT).unlink()
    if damage == "list":
        (dist / "files.json").write_text("{}")
    with served(f"sqlite:///{tmp_path}/ledger.db", tmp_path, Settings(app_folder=dist)) as stage:
        page = stage.get("/app/", headers=BROWSER)
        assert page.status_code == 503
        assert "make app" in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert stage.get("/v1/app").json()["digest"] is None
        assert stage.get("/v1/health").json()["app"] == "not_built"
        assert stage.get(f"/app/{SCRIPT}").status_code == 404
