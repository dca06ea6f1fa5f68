"""The reference pages, made from the code: `make docs` writes them, a test compares them.

What the code cannot say of itself stands in `sentences.py`.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

from fastapi import FastAPI
from pydantic import TypeAdapter

import ledger.errors
from api import codes, problems
from api.app import QUESTIONS, ROUTERS
from api.describing import describe
from api.routes import statements
from clients.cli.reference import reference as cli_reference
from clients.tables.columns import columns_markdown
from docs.coverage import coverage_markdown
from docs.roles import roles_markdown
from docs.sentences import GATES, INTROS, NAMED_TYPES, STREAMS
from docs.standards import epcis_markdown, fhir_markdown
from ledger.domain import events
from ledger.domain import parts as shared
from ledger.domain.findings import findings_markdown
from ledger.domain.gates import AVAILABILITY_GATES, INFUSION_GATES, LYMPHODEPLETION_GATES, RELEASE_GATES
from ledger.domain.naming import STREAM_KINDS
from ledger.domain.overrides import OVERRIDABLE
from ledger.domain.policy import RELATION_MEANINGS, policy_markdown

DOCS = Path(__file__).parent
ROOT = DOCS.parent
MADE = "<!-- Made from the code by docs/generate.py. Change the code, then run: make docs -->\n"


def pages() -> dict[str, str]:
    """File name under docs/reference to its text."""
    made = {
        "events.md": _events,
        "policy.md": _policy,
        "roles.md": _roles,
        "findings.md": _findings,
        "gates.md": _gates,
        "errors.md": _errors,
        "http.md": _http,
        "cli.md": cli_reference,
        "coverage.md": _coverage,
        "epcis.md": _epcis,
        "fhir.md": _fhir,
        "tables.md": _tables,
    }
    return {name: f"{MADE}{page().rstrip()}\n" for name, page in made.items()}


# --- events ------------------------------------------------------------------------------


def _events() -> str:
    parts = [INTROS["events"]]
    for stream, title in STREAMS.items():
        parts.append(f"## {title}: stream `{stream}/…`\n")
        parts += [_event(event) for event in events.EVENTS if STREAM_KINDS[event.__name__] == stream]
    return "\n".join([*parts, "## Parts\n", *map(_part, _parts()), "## Types\n", *_types()])


def _event(event: type[shared.Event]) -> str:
    (version,) = get_args(event.model_fields["v"].annotation)
    common = {*shared.Event.model_fields, "chain_version"}
    head = f"### `{event.__name__}` v{version} ({event.kind})\n"
    return "\n".join([head, _says(event), _members(event, common)])


def _says(model: type[Any]) -> str:
    """The class's own docstring, not an inherited one."""
    own = model.__dict__.get("__doc__") or ""
    text = " ".join(inspect.cleandoc(own).split())
    return f"{text}\n" if text else ""


def _members(model: type[shared.Part], leave_out: set[str]) -> str:
    schema = model.model_json_schema()
    rows = [
        f"| `{name}` | {_type(about)} | {'' if name in schema.get('required', ()) else 'optional'} |"
        for name, about in schema["properties"].items()
        if name not in leave_out
    ]
    return (
        "\n".join(["| Member | Type | |", "|---|---|---|", *rows, ""]) if rows else "No members of its own.\n"
    )


def _parts() -> list[type[shared.Part]]:
    models = [one for one in vars(shared).values() if isinstance(one, type) and issubclass(one, shared.Part)]
    return [one for one in models if not issubclass(one, shared.Event) and one is not shared.Part]


def _part(part: type[shared.Part]) -> str:
    return "\n".join([f"### `{part.__name__}`\n", _says(part), _members(part, set())])


def _types() -> Iterator[str]:
    yield "| Type | Meaning | Written as |\n|---|---|---|"
    for name, meaning in NAMED_TYPES.items():
        schema = TypeAdapter(getattr(shared, name)).json_schema()
        values = ", ".join(f"`{value}`" for value in schema.get("enum", ()))
        pattern = "`" + schema.get("pattern", "").replace("|", "\\|") + "`"
        yield f"| `{name}` | {meaning} | {values or pattern} |"


def _shapes() -> dict[str, str]:
    return {json.dumps(TypeAdapter(getattr(shared, name)).json_schema()): name for name in NAMED_TYPES}


def _type(about: dict[str, Any]) -> str:
    about = {key: value for key, value in about.items() if key not in ("title", "default", "description")}
    named = _shapes().get(json.dumps(about))
    if named:
        return f"`{named}`"
    if "$ref" in about:
        return f"`{about['$ref'].rpartition('/')[2]}`"
    if "anyOf" in about:
        return " or ".join(_type(one) for one in about["anyOf"])
    if "const" in about or "enum" in about:
        return ", ".join(f"`{value}`" for value in about.get("enum", [about.get("const")]))
    return _PLAIN[about["type"]](about)


def _array(about: dict[str, Any]) -> str:
    least, most = about.get("minItems", 0), about.get("maxItems")
    return f"{least} to {most} of {_type(about['items'])}"


def _integer(about: dict[str, Any]) -> str:
    most = about.get("maximum")
    least = "-(2^53 - 1)" if about.get("minimum") == -shared.MAX_INT else about.get("minimum")
    return f"integer, {least} to {'2^53 - 1' if most == shared.MAX_INT else most}"


_PLAIN: dict[str, Callable[[dict[str, Any]], str]] = {
    "array": _array,
    "integer": _integer,
    "string": lambda _: "text",
    "boolean": lambda _: "true or false",
    "null": lambda _: "`null`",
}


# --- rules -------------------------------------------------------------------------------


def _policy() -> str:
    meanings = [f"- `{name}`: {meaning}." for name, meaning in RELATION_MEANINGS.items()]
    return "\n".join(
        [INTROS["policy"], policy_markdown(), "## Relations, as the code calls them\n", *meanings]
    )


def _roles() -> str:
    return f"{INTROS['roles']}\n{roles_markdown()}"


def _coverage() -> str:
    return f"{INTROS['coverage']}\n{coverage_markdown()}"


def _epcis() -> str:
    return f"{INTROS['epcis']}\n{epcis_markdown()}"


def _tables() -> str:
    return f"{INTROS['tables']}\n{columns_markdown()}"


def _fhir() -> str:
    return f"{INTROS['fhir']}\n{fhir_markdown()}"


def _findings() -> str:
    return f"{INTROS['findings']}\n{findings_markdown()}"


def _gates() -> str:
    asked = (RELEASE_GATES, AVAILABILITY_GATES, LYMPHODEPLETION_GATES, INFUSION_GATES, OVERRIDABLE)
    rows = [
        f"| `{name}` | {' | '.join(_yes(name in gates) for gates in asked)} | {GATES[name]} |"
        for name in dict.fromkeys([*INFUSION_GATES, *LYMPHODEPLETION_GATES, *RELEASE_GATES])
    ]
    titles = (
        "Gate | Quality release | Availability | Lymphodepletion | Infusion | May be overridden | It asks"
    )
    head = [f"| {titles} |", "|---|---|---|---|---|---|---|"]
    return "\n".join([INTROS["gates"], *head, *rows])


def _yes(asked: bool) -> str:
    return "yes" if asked else ""


# --- errors ------------------------------------------------------------------------------


def _errors() -> str:
    tree = inspect.cleandoc(ledger.errors.__doc__ or "")
    parts = [INTROS["errors"], f"```text\n{tree}\n```\n"]
    statuses = _statuses()
    for title in ("BYTES", "SIGNERS", "DECISIONS", "REQUESTS", "PROOFS", "PROGRAMS", "WITNESSES", "FAULTS"):
        parts += [f"## {title.capitalize()}\n", "| Code | HTTP | Meaning |", "|---|---|---|"]
        for code, meaning in getattr(codes, title).items():
            parts.append(f"| `{code}` | {', '.join(sorted(statuses.get(code, ())))} | {meaning} |")
        parts.append("")
    return "\n".join(parts)


def _statuses() -> dict[str, set[str]]:
    """Code to statuses, from the places in ledger/ and api/ that raise it."""
    found: dict[str, set[str]] = {}
    for package in ("ledger", "api"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for kind, code in _raised(ast.parse(path.read_text(encoding="utf-8"))):
                problem = problems.problem_of(kind(code, ""))
                found.setdefault(code, set()).add(str(problem.status))
    return found


def _raised(tree: ast.AST) -> Iterator[tuple[type[ledger.errors.UnbrokenError], str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Name):
            kind, code = getattr(ledger.errors, node.func.id, None), node.args[0]
            if kind and isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield kind, code.value


# --- HTTP --------------------------------------------------------------------------------


def _http() -> str:
    rows = ["| Method and path | What it does | Session | Answers |", "|---|---|---|---|"]
    for path, item in _paths().items():
        for method, about in item.items():
            needed = _yes("security" in about)
            statuses = ", ".join(sorted(about["responses"]))
            rows.append(f"| `{method.upper()} {path}` | {about['summary']} | {needed} | {statuses} |")
    return "\n".join([INTROS["http"], *rows])


def _paths() -> dict[str, dict[str, Any]]:
    """The paths of the OpenAPI document, without a ledger behind it."""
    app = FastAPI()
    app.router.routes.append(statements.route(_nobody))
    for module in ROUTERS:
        app.include_router(module.router)
    paths: dict[str, dict[str, Any]] = describe(app, *QUESTIONS)["paths"]
    return paths


async def _nobody(*_: Any) -> None:
    """Answers nothing: only the description is wanted."""


def main() -> int:
    """Write every page that changed."""
    (DOCS / "reference").mkdir(exist_ok=True)
    for name, text in pages().items():
        path = DOCS / "reference" / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"docs/reference/{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
