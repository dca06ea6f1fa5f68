"""Every link inside the documents leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.documents import DOCUMENTS, ROOT, name_of, prose

LINK = re.compile(r"\]\(([^)\s]+)\)")
HOSTS = {"c2sp.org", "semver.org", "www.rfc-editor.org", "www.w3.org", "github.com", "127.0.0.1:8000"}


def links(path: Path) -> list[str]:
    return LINK.findall(prose(path))


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as Markdown viewers make them."""
    headings = re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_resolve(path: Path) -> None:
    dead = []
    for link in links(path):
        if "://" not in link:
            target, _, anchor = link.partition("#")
            found = (path.parent / target).resolve() if target else path
            if not found.exists() or (anchor and anchor not in anchors(found)):
                dead.append(link)
    assert dead == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_outside_go_to_standards(path: Path) -> None:
    hosts = {link.split("/")[2] for link in links(path) if "://" in link}
    assert hosts <= HOSTS


def test_every_page_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        path = ahead.pop()
        if path not in seen:
            seen.add(path)
            near = [(path.parent / link.partition("#")[0]).resolve() for link in links(path)]
            ahead += [one for one in near if one.suffix == ".md" and one.exists()]
    assert [name_of(path) for path in DOCUMENTS if path not in seen] == []
