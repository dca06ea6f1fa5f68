"""Patient identifiers never leave the hospital: the log holds commitments to them.

A commitment is HMAC-SHA-256 over the field's name and its normalised value, under a key of
that field's own. There is no salt that travels: a birth date has only some 40,000 likely
values, so whoever held key or salt beside the commitment could try them all. The keys stay
in one local file (0600) which everybody who checks this patient shares; erasing a
field's key makes its commitments meaningless for good.

Two people who read the same wristband must arrive at the same bytes, hence `normalise`.
"""

from __future__ import annotations

import datetime
import hmac
import json
import os
import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from ledger.errors import Malformed

KEY_SIZE = 32
_DOMAIN = b"unbroken patient commitment v1\x00"
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,63}")
NUMBERS = frozenset({"record_number", "national_id", "wristband", "order_number"})
DATES = frozenset({"birth_date"})
DEFAULT_FIELDS = ("family_name", "given_name", "birth_date", "record_number")


def normalise(field: str, value: str) -> str:
    """The one spelling of `value` that is committed to.

    Dates must be ISO 8601 (`1961-04-23`): 03/04/61 is two different days. Numbers
    lose blanks, hyphens, dots and slashes and become upper case, but keep their leading
    zeros. All else, names above all, is NFKC, case-folded, with single blanks.
    Raises `Malformed`: `bad_patient_field`, `bad_patient_value` (never repeating the value).
    """
    if not _FIELD.fullmatch(field):
        raise Malformed("bad_patient_field", f"{field!r} is not the name of a field (a-z, 0-9, _)")
    text = unicodedata.normalize("NFKC", value)
    if field in DATES:
        text = _date(field, text.strip())
    elif field in NUMBERS:
        text = re.sub(r"[\s./-]", "", text).upper()
    else:
        text = " ".join(unicodedata.normalize("NFKC", text.casefold()).split())
    if not text:
        raise Malformed("bad_patient_value", f"the {field} is empty")
    return text


def _date(field: str, text: str) -> str:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise Malformed("bad_patient_value", f"the {field} is not a date written as YYYY-MM-DD")


def commit(field: str, value: str, key: bytes) -> str:
    """Commit to one identifier; 64 lower-case hex digits.

    The field's name is part of the message, so that no record number can pass for a
    national one even where a deployer gave both fields the same key.
    Raises `Malformed`: as `normalise`, and `bad_patient_key` for a key of another size.
    """
    if len(key) != KEY_SIZE:
        raise Malformed("bad_patient_key", f"the key of {field} has {len(key)} bytes instead of {KEY_SIZE}")
    message = _DOMAIN + field.encode() + b"\x00" + normalise(field, value).encode()
    return hmac.digest(key, message, "sha256").hex()


def commitments(identifiers: Mapping[str, str], keys: Mapping[str, bytes]) -> list[dict[str, str]]:
    """The `patient` member of an event: one commitment per identifier, sorted by field.

    Raises `Malformed` `no_patient_key` for a field without a key, and as `commit`.
    """
    missing = sorted(identifiers.keys() - keys.keys())
    if missing:
        raise Malformed("no_patient_key", f"the key file has no key for {', '.join(missing)}")
    return [
        {"field": field, "commitment": commit(field, value, keys[field])}
        for field, value in sorted(identifiers.items())
    ]


def new_keys(path: Path, fields: Iterable[str] = DEFAULT_FIELDS) -> dict[str, bytes]:
    """Draw a key for each field and keep them. Raises as `keep_keys`."""
    keys = {field: secrets.token_bytes(KEY_SIZE) for field in fields}
    keep_keys(path, keys)
    return keys


def keep_keys(path: Path, keys: Mapping[str, bytes]) -> None:
    """Write keys to `path`, readable by its owner only.

    Never overwrites: lost keys cannot be drawn again. Raises `FileExistsError`.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        json.dump({field: key.hex() for field, key in keys.items()}, file, indent=2, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def load_keys(path: Path) -> dict[str, bytes]:
    """Read what `new_keys` wrote. Raises `Malformed` `bad_patient_key`."""
    try:
        document = json.loads(path.read_text(encoding="ascii"))
        keys = {str(field): bytes.fromhex(key) for field, key in document.items()}
    except (ValueError, AttributeError, TypeError):
        raise Malformed("bad_patient_key", f"{path} is not a file of patient keys") from None
    if any(len(key) != KEY_SIZE for key in keys.values()):
        raise Malformed("bad_patient_key", f"a key in {path} is not {KEY_SIZE} bytes long")
    return keys


def load_identifiers(path: Path) -> dict[str, str]:
    """Read a patient file: a JSON object of field to text. Raises `Malformed` `bad_patient_file`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        document = None
    if not isinstance(document, dict) or not all(isinstance(value, str) for value in document.values()):
        raise Malformed("bad_patient_file", f"{path} is not a JSON object of field names and texts")
    return document
