"""Pictures of printed labels in a bundle: each is of a label that an entry here says was printed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ledger.errors import ProofInvalid, UnbrokenError
from ledger.verify.label_picture import from_png
from ledger.verify.manifest import MANIFEST, label_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.verify.bundle_file import BundleFile


def label_problems(bundle: BundleFile, printed: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """(file, sentence) of what is wrong. `printed`: resolutions of printed labels by their digests."""
    here = [name.removeprefix("labels/").removesuffix(".png") for name in bundle.named("labels")]
    for digest in here:
        try:
            _check(bundle, digest, printed)
        except UnbrokenError as error:
            yield label_name(digest), error.detail
    said = bundle.manifest.labels
    if said is None and here:
        yield MANIFEST, "it does not speak of labels, and pictures of some are here"
    if said is not None and set(said.left_out) != printed.keys() - set(here):
        yield MANIFEST, "it does not name just the printed labels of which no picture is here"


def _check(bundle: BundleFile, digest: str, printed: Mapping[str, int]) -> None:
    if digest not in printed:
        raise ProofInvalid("bad_digest", "no entry here says that this label was printed")
    described = from_png(bundle.file(label_name(digest)), printed[digest])
    if hashlib.sha256(described).hexdigest() != digest:
        raise ProofInvalid("bad_digest", "it shows another bitmap than the one that was printed")
