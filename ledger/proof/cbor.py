"""Plain CBOR in: the few types that envelopes are made of, and no others.

The library gives meaning to some thirty tags (a pattern is compiled, a mail is parsed).
Nothing that we write holds a tag inside, so none is looked at. What is loaded here is not
yet known to be deterministic (RFC 8949 §4.2.1): each caller builds the bytes again from
the values that it accepted and compares.
"""

from __future__ import annotations

from typing import Any, NoReturn

import cbor2

from ledger.errors import Malformed


def load(data: bytes) -> Any:
    """One item without tags. Raises `Malformed` (`malformed_cbor`)."""
    try:
        return cbor2.loads(
            data,
            tag_hook=_no_tag,
            semantic_decoders=_NO_TAGS,
            max_depth=8,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
    except cbor2.CBORError as error:
        raise Malformed("malformed_cbor", f"not CBOR as it is written here: {error}") from None


def _no_tag(*_: object) -> NoReturn:
    raise ValueError("a tag, where none has a place")


class _NoTags(dict[int, Any]):
    """Every tag's decoder, known to the library or not, is the one that refuses."""

    def __missing__(self, tag: int) -> Any:
        return _no_tag


_NO_TAGS = _NoTags()
