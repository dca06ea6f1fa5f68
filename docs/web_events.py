"""The event vocabulary for the app: TypeScript types, and a table that checks what is signed.

`make docs` writes both files, a test compares them. Nobody writes an event's members twice.

The table says each member in one short text, which `events/check.ts` reads:

    at:Party  seal?:Label?  containers:ContainerId[1..200]  bag?:1..99?  method:=scan,typed

`name?` may be absent; `Shape?` may be null; `[low..high]` is a list; `low..high` an integer;
`=a,b` one of these texts; `string` and `boolean` are any of them. A name stands for a part, or
for a text with a pattern. What a class checks beyond its members (its validators) is for the
ledger to say.

Where an event has several versions, the app signs the newest; the older ones stand in a table of their
own, for who reads what was signed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter

from clients.sentences import SUBJECTS
from docs.sentences import NAMED_TYPES
from ledger.domain import events, parts
from ledger.domain.esignatures import MEANINGS
from ledger.domain.overrides import OF_IDENTITY, OVERRIDABLE

FOLDER = Path(__file__).parent.parent / "clients" / "web" / "src" / "core" / "events"
MADE = "// Made from the schema by docs/web_events.py. Change the schema, then run: make docs\n"
ENVELOPE = {*parts.Event.model_fields, "chain_version", "esignature"}  # what the client says itself
NUMBERS = ("Count", "Milli", "CentiC")
Schema = dict[str, Any]
Versions = Mapping[str, Mapping[int, type[parts.Event]]]


class Vocabulary:
    """All events in their newest version, the `older` ones by name and version, and every part and named
    text that these are made of."""

    def __init__(self, versions: Versions = events.VERSIONS) -> None:
        self.texts: dict[str, str] = {}  # name -> pattern
        self.choices: dict[str, list[str]] = {}
        self.parts: dict[str, Schema] = {}
        self._named = {
            _key(TypeAdapter(getattr(parts, name)).json_schema()): name for name in (*NAMED_TYPES, *NUMBERS)
        }
        self.events = {name: of[max(of)] for name, of in versions.items()}
        self.older = {
            f"{name} {version}": one
            for name, of in versions.items()
            for version, one in sorted(of.items())
            if version != max(of)
        }
        everything = self.events | self.older
        self.schemas = {name: one.model_json_schema() for name, one in everything.items()}
        for schema in self.schemas.values():
            self.parts |= schema.get("$defs", {})
        self.parts = dict(sorted(self.parts.items()))

    def line(self, schema: Schema, leave_out: frozenset[str] = frozenset()) -> str:
        """All members of an event or part, as the table has them."""
        return " ".join(
            f"{name}{'' if name in schema.get('required', ()) else '?'}:{self.shape(name, about)}"
            for name, about in schema["properties"].items()
            if name not in leave_out
        )

    def shape(self, member: str, about: Schema) -> str:
        if "anyOf" in about:
            (one,) = [each for each in about["anyOf"] if each != {"type": "null"}]
            return f"{self.shape(member, one)}?"
        if "$ref" in about:
            return str(about["$ref"].rpartition("/")[2])
        if about["type"] == "array":
            return f"{self.shape(member, about['items'])}[{about.get('minItems', 0)}..{about['maxItems']}]"
        return self._plain(member, about)

    def _plain(self, member: str, about: Schema) -> str:
        name = self._named.get(_key(about))
        if about["type"] == "integer":
            low, high = (about.get(each, about.get("const")) for each in ("minimum", "maximum"))
            return name if name in NUMBERS else f"{low}..{high}"
        if "enum" in about or "const" in about:
            values = [str(value) for value in about.get("enum", [about.get("const")])]
            if name is None:
                return f"={','.join(values)}"
            self.choices[name] = values
            return name
        if about["type"] == "boolean" or "pattern" not in about:
            return str(about["type"])
        return self._text(name or _camel(member), about["pattern"])

    def _text(self, name: str, pattern: str) -> str:
        """A name for the pattern, which no other pattern, part or event has."""
        while name in self.parts or name in self.events or self.texts.setdefault(name, pattern) != pattern:
            name += "_"
        return name


def table(known: Vocabulary) -> str:
    """`table.ts`: what `check.ts` reads at run time."""
    rows = {name: _row(known, name, event) for name, event in known.events.items()}
    older = {name: _row(known, name, event) for name, event in known.older.items()}
    made = {name: known.line(schema) for name, schema in known.parts.items()}
    bounds = {name: TypeAdapter(getattr(parts, name)).json_schema() for name in NUMBERS}
    numbers = {name: f"{one['minimum']}..{one['maximum']}" for name, one in bounds.items()}
    choices = {name: f"={','.join(values)}" for name, values in known.choices.items()}
    return "\n".join(
        [
            MADE,
            "/** Kind and version, then the members. */",
            _record("EVENTS", rows),
            "/** The same of older versions, by name and version: read, and not signed any more. */",
            _record("OLDER", older),
            "/** The parts that events are made of, and names for numbers and choices. */",
            _record("SHAPES", numbers | choices),
            _record("PARTS", made),
            "/** Texts, each by its pattern. */",
            _record("TEXTS", known.texts),
            "/** Decisions under which a product may ask for an e-signature, and what it means there. */",
            _record("MEANINGS", MEANINGS),
            "/** Gates that a physician and a second person may pass in an emergency; all others never. */",
            _listed("OVERRIDABLE", OVERRIDABLE),
            "/** Deviations that doubt patient or bag. */",
            _listed("OF_IDENTITY", OF_IDENTITY),
            "/** What a stream's name may begin with. */",
            f"export const STREAMS: readonly string[] = {json.dumps(list(SUBJECTS))};\n",
        ]
    )


def _row(known: Vocabulary, name: str, event: type[parts.Event]) -> str:
    members = known.line(known.schemas[name], frozenset(parts.Event.model_fields) - {"esignature"})
    return f"{event.kind} {_version(event)} {members}".strip()


def _version(event: type[parts.Event]) -> int:
    (version,) = get_args(event.model_fields["v"].annotation)
    return int(version)


def types(known: Vocabulary) -> str:
    """`types.ts`: what the screens write, checked when they are compiled."""
    written = [_interface(known, name, schema) for name, schema in known.parts.items()]
    written += [_interface(known, name, known.schemas[name], event=True) for name in known.events]
    names = [f"export type {name} = string;" for name in sorted(known.texts)]
    choices = [f"export type {name} = {_union(values)};" for name, values in sorted(known.choices.items())]
    return "\n".join([MADE, *names, *choices, "", *written, *_kinds(known), ""])


def _kinds(known: Vocabulary) -> Iterator[str]:
    made = {
        "Fact": [name for name, event in known.events.items() if event.kind == "fact"],
        "Decision": [name for name, event in known.events.items() if event.kind == "decision"],
        "ChainDecision": [
            name for name, event in known.events.items() if issubclass(event, parts.ChainDecision)
        ],
    }
    says = {"ChainDecision": "/** Decisions that name the chain version which their signer saw. */\n"}
    for kind, names in made.items():
        yield f"{says.get(kind, '')}export type {kind} =\n  | " + "\n  | ".join(names) + ";"


def _interface(known: Vocabulary, name: str, schema: Schema, *, event: bool = False) -> str:
    says = " ".join((schema.get("description") or "").split()).replace("*/", "")
    members = [
        f"  {member}{_type(known, member, about, member in schema.get('required', ()))};"
        for member, about in schema["properties"].items()
        if not (event and member in ENVELOPE)
    ]
    first = [f'  type: "{name}";'] if event else []
    comment = [f"/** {says} */"] if says else []
    return "\n".join([*comment, f"export interface {name} {{", *first, *members, "}\n"])


def _type(known: Vocabulary, member: str, about: Schema, required: bool) -> str:
    shape = known.shape(member, about)
    return f"{': ' if required else '?: '}{_typescript(shape)}{'' if required else ' | undefined'}"


def _typescript(shape: str) -> str:
    if shape.endswith("?"):
        return f"{_typescript(shape[:-1])} | null"
    if shape.endswith("]"):
        item = _typescript(shape[: shape.rindex("[")])
        return f"({item})[]" if " " in item else f"{item}[]"
    if shape.startswith("="):
        return _union(shape[1:].split(","))
    return "number" if ".." in shape or shape in NUMBERS else shape


def _union(values: list[str]) -> str:
    return " | ".join(f'"{value}"' for value in values)


def _listed(name: str, values: Iterable[str]) -> str:
    return f"export const {name}: readonly string[] = {json.dumps(sorted(values))};\n"


def _record(name: str, rows: dict[str, str]) -> str:
    named = ((key if key.isidentifier() else json.dumps(key), value) for key, value in rows.items())
    lines = [f"  {key}: {json.dumps(value)},\n" for key, value in named]
    return f"export const {name}: Readonly<Record<string, string>> = {{\n{''.join(lines)}}};\n"


def _camel(member: str) -> str:
    return "".join(word.title() for word in re.split("_", member))


def _key(about: Schema) -> str:
    return json.dumps({k: v for k, v in about.items() if k not in ("title", "default", "description")})


def pages() -> Iterator[tuple[Path, str]]:
    yield FOLDER / "table.ts", table(Vocabulary())
    yield FOLDER / "types.ts", types(Vocabulary())


def main() -> int:
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
