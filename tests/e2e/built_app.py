"""A small build of an app, made up, with the list that a real build brings along."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ledger.proof import canonical

PAGE = b"<!doctype html><title>Unbroken</title>" + b"<p>The same again.</p>" * 40
SCRIPT = "assets/index-abc123.js"
FILES = {
    SCRIPT: b"export const one = 1;\n" * 50,
    "assets/reader-abc123.wasm": b"\0asm\1\0\0\0" + b"\0" * 400,
    "icon.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "index.html": PAGE,
    "manifest.webmanifest": b'{"name": "Unbroken"}',
    "sw.js": b"self.addEventListener('fetch', () => undefined);\n",
}


def file_list(files: dict[str, bytes], version: str = "0.1.0") -> bytes:
    digests = {path: hashlib.sha256(body).hexdigest() for path, body in files.items()}
    return canonical.encode({"files": digests, "v": 1, "version": version})


def write_build(folder: Path, **changed: bytes) -> str:
    """Put the build there, with `changed` files by stem; its digest."""
    files = {path: changed.get(Path(path).stem, body) for path, body in FILES.items()}
    for path, body in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(body)
    listed = file_list(files)
    (folder / "files.json").write_bytes(listed)
    return hashlib.sha256(listed).hexdigest()
