"""One build of the app: its files, and the list that names each with its SHA-256.

`files.json` is written by the build (`clients/web/plugins/precache.ts`) as RFC 8785 JSON:
`{"files": {path: SHA-256 in hex}, "v": 1, "version": text}`, all files but itself. Its own
SHA-256 is the build's digest, which `AppPublished` puts into the log.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import Malformed, NotFound, ProofInvalid
from ledger.proof import canonical

DIST = Path(__file__).parent / "web" / "dist"
VERIFIER = DIST.with_name("dist-verifier") / "verify.html"  # the page that lies in bundles of evidence
LIST = "files.json"
_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FileList:
    """What a build says of itself. `digests`: path to SHA-256 in hex."""

    version: str
    digest: str
    digests: dict[str, str]

    @classmethod
    def parse(cls, data: bytes) -> FileList:
        """Raises `Malformed` `malformed_file_list`."""
        try:
            said = canonical.decode(data)
        except Malformed as error:
            raise _malformed(error.detail) from None
        version, files = said.get("version"), said.get("files")
        if said.keys() != {"files", "v", "version"} or said["v"] != 1 or not isinstance(version, str):
            raise _malformed("it has other members than files, v (1) and version")
        if not isinstance(files, dict) or not all(_sound(*pair) for pair in files.items()):
            raise _malformed("its files are not paths with a SHA-256 in hex")
        if "index.html" not in files:
            raise _malformed("it names no index.html")
        return cls(version, hashlib.sha256(data).hexdigest(), files)


@dataclass(frozen=True, slots=True)
class Built:
    """A build whose files are what its list says. `contents`: path to bytes, the list included."""

    named: FileList
    contents: dict[str, bytes]


def read_build(folder: Path = DIST) -> Built:
    """Raises `NotFound` `app_not_built`, `Malformed` `malformed_file_list`, `ProofInvalid` `app_differs`."""
    path = folder / LIST
    if not path.is_file():
        raise NotFound("app_not_built", f"there is no built app in {folder}: build it with `make app`")
    named = FileList.parse(path.read_bytes())
    contents = {name: _content(folder / name) for name in named.digests}
    if wrong := differing(named, contents):
        raise ProofInvalid("app_differs", f"not as the build's list says: {', '.join(wrong)}", files=wrong)
    return Built(named, contents | {LIST: path.read_bytes()})


def differing(named: FileList, contents: dict[str, bytes]) -> list[str]:
    """The files whose bytes are not those that the list names."""
    return [
        path for path, digest in named.digests.items() if hashlib.sha256(contents[path]).hexdigest() != digest
    ]


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _sound(path: object, digest: object) -> bool:
    """No way out of the build's folder."""
    texts = isinstance(path, str) and isinstance(digest, str)
    return texts and bool(_PATH.fullmatch(str(path)) and _HEX.fullmatch(str(digest)))


def _malformed(why: str) -> Malformed:
    return Malformed("malformed_file_list", f"the build's {LIST}: {why}")
