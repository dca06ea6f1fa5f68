"""The app's English words for events and codes, made from the tables that the ledger speaks by.

`make docs` writes them, a test compares them. Other languages are written by people; their
type (`Record<keyof typeof …>`) and a test see to it that none lacks a key.

`sentences.json` beside the app's tests holds an example of every event with the sentence that
`clients/words.py` says: the app's own speaker must say the same.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from api import codes
from clients import sentences
from clients.words import sentence
from docs.sentences import GATES
from ledger.domain.events import EVENTS
from ledger.domain.findings import FINDINGS
from ledger.domain.parts import Event, Role, Severity

WEB = Path(__file__).parent.parent / "clients" / "web"
ENGLISH = WEB / "src" / "messages" / "en"
MADE = "// Made from the ledger's own tables by docs/web_words.py. Change those, then run: make docs\n"
TABLES = {
    "subject": sentences.SUBJECTS,
    "site_kind": sentences.SITE_KINDS,
    "condition": sentences.CONDITIONS,
    "damage": sentences.DAMAGES,
    "how": sentences.DERIVED,
    "outcome": sentences.OUTCOMES,
    "device_signature": sentences.SIGNATURES,
    "purpose": sentences.PURPOSES,
    "fate": sentences.FATES,
    "window_starts": sentences.WINDOWS,
    "basis": sentences.BASES,
    "overrides_retention": sentences.OVERRIDES,
    "esignature": sentences.METHODS,
}
SHARED = ("role", "severity")  # words that stand in sentences as they are
Schema = Mapping[str, Any]


def event_words() -> dict[str, str]:
    """A title and a sentence for each event, and the tables that sentences speak by."""
    names = [one.__name__ for one in EVENTS]
    found = {f"event.{name}": title(name) for name in names}
    found |= {f"sentence.{name}": sentences.SENTENCES[name] for name in names}
    for table, words in TABLES.items():
        found |= {f"{table}.{key}": said.replace("{}", "{name}") for key, said in words.items()}
    for table, choices in zip(SHARED, (get_args(Role), get_args(Severity)), strict=True):
        found |= {f"{table}.{key}": spaced(key) for key in choices}
    return found


def code_words() -> dict[str, str]:
    """A name and a plain sentence for each gate and finding, a title for each way to say no."""
    found: dict[str, str] = {}
    for area, table in (("gate", GATES), ("finding", {k: one.sentence for k, one in FINDINGS.items()})):
        for code, said in table.items():
            found |= {f"{area}_name.{code}": spaced(code), f"{area}.{code}": said}
    said_no = codes.SIGNERS | codes.DECISIONS | codes.REQUESTS | codes.PROOFS | codes.FAULTS
    return found | {f"refusal.{code}": said for code, said in said_no.items()}


def title(name: str) -> str:
    """`CustodyReleased` -> `Custody released`."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f" {found[1].lower()}", name)


def spaced(code: str) -> str:
    return code.replace("_", " ")


def examples() -> list[dict[str, Any]]:
    """Every event with all its members and with only the required ones, and what is said of them."""
    found = []
    for number, event in enumerate(EVENTS):
        for full in (True, False):
            payload = {"type": event.__name__} | example(event, full, number)
            if full and number % 4 == 0:
                method = ("passkey", "passphrase")[number % 8 // 4]
                payload |= {"esignature": {"method": method, "meaning": f"meaning_{number}"}}
            stream = ("chain/isbt128:CHA999926000001", "site/st-mary", "shipment/ub-1")[number % 3]
            said = sentence(payload, "nora", stream)
            found.append({"payload": payload, "signer": "nora", "stream": stream, "sentence": said})
    return found


def example(event: type[Event], full: bool, turn: int) -> dict[str, Any]:
    """Members made up from the schema. `turn` chooses among what may be chosen."""
    schema = event.model_json_schema()
    skipped = set(Event.model_fields) | {"chain_version"}
    return {
        name: None if "anyOf" in about and not full else _value(name, about, schema.get("$defs", {}), turn)
        for name, about in schema["properties"].items()
        if name not in skipped and (full or name in schema.get("required", ()))
    }


def _value(name: str, about: Schema, parts: Schema, turn: int) -> Any:
    if "anyOf" in about:
        return _value(name, about["anyOf"][0], parts, turn)
    if "$ref" in about:
        return _value(name, parts[about["$ref"].rpartition("/")[2]], parts, turn)
    if "enum" in about or "const" in about:
        choices = about.get("enum", [about.get("const")])
        return choices[turn % len(choices)]
    return _plain(name, about, parts, turn)


def _plain(name: str, about: Schema, parts: Schema, turn: int) -> Any:
    kind = about["type"]
    if kind == "object":
        return {
            each: _value(each, of, parts, turn + place)
            for place, (each, of) in enumerate(about["properties"].items())
        }
    if kind == "array":
        return [_value(name, about["items"], parts, turn + one) for one in range(1 + turn % 8)]
    if kind in ("integer", "boolean"):
        return (
            bool(turn % 2) if kind == "boolean" else (turn + 1) * 1800 - 36_000 * (name == "readings_centi_c")
        )
    moment = name.endswith(("_at", "until"))
    return f"2026-03-{1 + turn % 28:02}T09:30:00.000Z" if moment else f"{name}_{turn}"


def written(name: str, words: Mapping[str, str]) -> str:
    """A section of the catalogue, as TypeScript."""
    lines = [f"  {json.dumps(key)}: {json.dumps(said, ensure_ascii=False)},\n" for key, said in words.items()]
    return f"{MADE}\nexport const {name} = {{\n{''.join(lines)}}} as const;\n"


def pages() -> Iterator[tuple[Path, str]]:
    yield ENGLISH / "events.ts", written("events", event_words())
    yield ENGLISH / "codes.ts", written("codes", code_words())
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in examples())
    yield WEB / "tests" / "sentences.json", f"[\n{lines}\n]\n"


def main() -> int:
    for path, text in pages():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
