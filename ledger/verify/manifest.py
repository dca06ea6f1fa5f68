"""What a bundle holds and how its files are called: for who writes one, and for who verifies it.

README.txt                what the bytes mean, in plain words
verify.html               a page that verifies the bundle in a browser; not in every bundle
checkpoints/000000 …      signed heads, ascending, each behind its length (two bytes), with witnesses' lines
entries/000000 …          the tree, as `ledger.proof.pruned` has it: what is given, and hashes of the rest
report/000000.txt …       the same entries in sentences
evidence/<SHA-256>        loggers' own files
labels/<digest>.png       labels as they were printed; not in a bundle of the whole log
proofs/<position>.cose …  an entry that was asked for, and its proofs (`bundle_proofs`); nor are these
timestamps/<size>-00.ers …  what authorities outside say of heads (RFC 4998); not in every bundle
schemas.json              what the members of these events are (JSON Schema)
manifest.json             what was asked, what is whole, what was left out, and every file's digest
manifest.cose             the log's signature over the manifest
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ledger.domain.parts import Count, Hex32
from ledger.errors import Malformed
from ledger.proof import canonical
from ledger.proof.witnesses import MAX_FILE

CONTENT_TYPE = "application/vnd.unbroken.bundle+json; v=1"
README, VERIFIER, SCHEMAS = "README.txt", "verify.html", "schemas.json"
MANIFEST, SIGNATURE = "manifest.json", "manifest.cose"
RECORDS = 1_024  # of a file of entries or checkpoints
MAX_NOTE = 0xFFFF

LATER = ("therapies", "witnessed", "labels", "proofs")  # members that a manifest may lack

PROOF = re.compile(r"proofs/(0|[1-9][0-9]{0,15})\.(?:cose|receipt\.cose|tlog-proof)")
Text = Annotated[str, StringConstraints(min_length=1, max_length=400)]
Size = Annotated[int, Field(ge=1, le=2**53 - 1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Listed(_Strict):
    """A file: its name, bytes and SHA-256."""

    name: Text
    size: Count
    sha256: Hex32


class Asked(_Strict):
    """The entry in which somebody asked for the bundle: who, why and what for stand there."""

    position: Count
    statement_id: Hex32


class LeftOut(_Strict):
    """`entries`: how many stand as hashes only. `files`: SHA-256 of files that entries name and that
    were not there, or not for this reader."""

    entries: Count
    files: list[Hex32]


class Therapies(_Strict):
    """Those that a lot reached, or of which something at a site was recorded in the period. `given`: their
    identities, sorted; `unreadable`: how many others there were that who asked may not read."""

    given: list[Text]
    unreadable: Count


class Labels(_Strict):
    """Pictures of printed labels are here. `left_out`: digests of those that were not at hand."""

    left_out: list[Hex32]


class Proofs(_Strict):
    """Of so many `entries` the proofs are here as files: of all that were asked for, or of none."""

    entries: Count


class Witnessed(_Strict):
    """The operator's own policy (c2sp.org/tlog-policy, without addresses), and the newest head here that
    meets it: of `size` entries."""

    policy: Annotated[str, StringConstraints(min_length=1, max_length=MAX_FILE)]
    size: Size


class Manifest(_Strict):
    """`whole`: the tags of which every entry before `size` is given, sorted; None: all there are.
    `therapies`: for a lot or a site; `witnessed`: where a head here meets the operator's policy; `labels`
    and `proofs`: but for the whole log. Bundles that were signed before these were thought of lack them."""

    format: Literal["unbroken bundle"] = "unbroken bundle"
    v: Literal[1] = 1
    made_by: Text
    origin: Text
    log_key: Text
    size: Size
    root: Hex32
    request: Asked
    whole: list[Text] | None
    left_out: LeftOut
    files: list[Listed]
    therapies: Therapies | None = None
    witnessed: Witnessed | None = None
    labels: Labels | None = None
    proofs: Proofs | None = None

    def encode(self) -> bytes:
        without = {name for name in LATER if getattr(self, name) is None}
        return canonical.encode(self.model_dump(exclude=without))


def read_manifest(data: bytes) -> Manifest:
    """Raises `Malformed` (`malformed_manifest`): also for one that `encode` would write otherwise."""
    try:
        found = Manifest.model_validate(canonical.decode(data))
        if found.encode() != data:
            raise Malformed("malformed_manifest", "not in the one form that is written here")
        return found
    except Malformed as error:
        raise Malformed("malformed_manifest", f"{MANIFEST}: {error.detail}") from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise Malformed("malformed_manifest", f"{MANIFEST}: {where}: {first['msg']}") from None


def checkpoints_name(number: int) -> str:
    return f"checkpoints/{number:06}"


def entries_name(number: int) -> str:
    return f"entries/{number:06}"


def report_name(number: int) -> str:
    return f"report/{number:06}.txt"


def evidence_name(sha256: str) -> str:
    return f"evidence/{sha256}"


def proof_name(position: int, kind: str) -> str:
    return f"proofs/{position}.{kind}"


def label_name(digest: str) -> str:
    return f"labels/{digest}.png"


_NAMES = re.compile(
    r"README\.txt|verify\.html|schemas\.json|(checkpoints|entries)/[0-9]{6}|report/[0-9]{6}\.txt|evidence/[0-9a-f]{64}"
    r"|timestamps/[1-9][0-9]{0,18}-[0-9]{2}\.ers"
    rf"|labels/[0-9a-f]{{64}}\.png|{PROOF.pattern}"
)


def is_name(name: str) -> bool:
    """True for a file that a bundle may hold beside the manifest and its signature."""
    return _NAMES.fullmatch(name) is not None
