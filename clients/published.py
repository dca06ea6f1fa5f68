"""Is what a server hands out as the app what the log says it should be?

Downloads the list of files, each file that it names, and the pages that browsers ask for. It
shows what was served to whoever asked, now: a server could hand other files to somebody else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clients.built import LIST, FileList
from clients.remote import Remote
from clients.sdk import Client
from ledger.errors import NotFound, ProofInvalid

BASE = "/app/"
PAGES = ("/app/", "/app/any/screen", "/B/ANY-LABEL")  # all of them answer with the shell
Document = dict[str, Any]
Prove = Callable[[Document], bool]  # the newest publication, as the server says it: is it proved?


@dataclass(frozen=True, slots=True)
class Verdict:
    """`position` of the newest `AppPublished`, None without one; `differences` in words, file by file."""

    served: FileList
    position: int | None
    proved: bool
    differences: list[str]

    @property
    def ok(self) -> bool:
        return not self.differences

    @property
    def summary(self) -> str:
        count = len(self.differences)
        if self.ok:
            return f"each of {len(self.served.digests)} files is what entry {self.position} names"
        return f"{count} {'difference' if count == 1 else 'differences'}"

    def to_json(self) -> Document:
        return {
            "ok": self.ok,
            "version": self.served.version,
            "digest": self.served.digest,
            "files": len(self.served.digests),
            "position": self.position,
            "proved": self.proved,
            "differences": self.differences,
        }


def check_served(remote: Remote, prove: Prove | None, own: FileList | None = None) -> Verdict:
    """Raises `Fault` `unreachable`, `NotFound` without an app, `Malformed` `malformed_file_list`,
    `ProofInvalid` where the server claims an entry that the log doesn't prove."""
    served = FileList.parse(remote.public(BASE + LIST).content)
    differences = [*_files(remote, served), *_pages(remote, served)]
    newest = remote.public("/v1/app").json().get("newest")
    proved = bool(newest and prove and prove(newest))
    differences += _publication(served, newest)
    if own:
        differences += _against(served, own)
    return Verdict(served, newest["position"] if newest else None, proved, differences)


def proved_by(client: Client | None) -> Prove | None:
    """A proof against the log key that the client has pinned."""
    if client is None:
        return None

    def prove(newest: Document) -> bool:
        if client.log()["origin"] != client.vkey.name:
            return False  # another log than this device's: nothing here could prove it
        found = client.entry(int(newest["position"]))
        said = {name: found.payload.get(name) for name in ("type", "version", "digest", "files")}
        wanted = {"type": "AppPublished"} | {name: newest[name] for name in ("version", "digest", "files")}
        if said != wanted or found.stream != f"log/{client.vkey.name}":
            raise ProofInvalid("wrong_receipt", f"entry {found.position} does not publish what is claimed")
        return True

    return prove


def _files(remote: Remote, served: FileList) -> list[str]:
    """Each file that the served list names, as it comes."""
    wrong = []
    for path, digest in served.digests.items():
        try:
            body = remote.public(BASE + path).content
        except NotFound:
            wrong.append(f"{path}: it is named, and not served")
            continue
        if hashlib.sha256(body).hexdigest() != digest:
            wrong.append(f"{path}: other bytes than its list names")
    return wrong


def _pages(remote: Remote, served: FileList) -> list[str]:
    digest = served.digests["index.html"]
    return [
        f"{page}: another page than index.html"
        for page in PAGES
        if hashlib.sha256(remote.public(page).content).hexdigest() != digest
    ]


def _publication(served: FileList, newest: Document | None) -> list[str]:
    if newest is None:
        return ["the log names no build of the app"]
    if newest["digest"] == served.digest:
        return []
    published = f"{newest['digest']} (version {newest['version']})"
    return [f"{LIST}: {served.digest} is served, and entry {newest['position']} publishes {published}"]


def _against(served: FileList, own: FileList) -> list[str]:
    """File by file, against a build of one's own."""
    return [
        f"{path}: {_words(served.digests.get(path), own.digests.get(path))}"
        for path in sorted({*served.digests, *own.digests})
        if served.digests.get(path) != own.digests.get(path)
    ]


def _words(served: str | None, own: str | None) -> str:
    if served is None:
        return "in the build of your own, and not served"
    return "served, and not in the build of your own" if own is None else "not as in the build of your own"
