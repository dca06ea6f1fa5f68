"""How many tests name each event, gate, role, finding and refusal: `python -m docs.coverage`.

A test names a word by a string, an identifier, its own name (`test_finding_no_consent`), or a
table of cases in its file. What it says through a helper is not seen: there may be more.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from api import codes
from ledger.domain.events import EVENTS
from ledger.domain.findings import FINDINGS
from ledger.domain.gates import AVAILABILITY_GATES, INFUSION_GATES, LYMPHODEPLETION_GATES, RELEASE_GATES
from ledger.domain.parts import Role

TESTS = Path(__file__).resolve().parent.parent / "tests"
OF_THIS = "test_docs_coverage.py"  # names words to test the count, not the rules
MANY = 5  # the page says no more than that, or every new test would change it
Function = ast.FunctionDef | ast.AsyncFunctionDef


def subjects() -> dict[str, tuple[str, ...]]:
    """What has to be named: a title to its words, each once, in the order of the code."""
    gates = (*INFUSION_GATES, *LYMPHODEPLETION_GATES, *RELEASE_GATES, *AVAILABILITY_GATES)
    return {
        "Events": tuple(dict.fromkeys(event.__name__ for event in EVENTS)),
        "Gates": tuple(dict.fromkeys(gates)),
        "Roles": tuple(get_args(Role)),
        "Findings": tuple(FINDINGS),
        "Refusals": (*codes.SIGNERS, *codes.DECISIONS),
    }


def counted(tests: Path = TESTS) -> dict[str, dict[str, int]]:
    """Title to word to the number of test functions that name it."""
    words: Counter[str] = Counter()
    for path in sorted(set(tests.rglob("test_*.py")) - set(tests.rglob(OF_THIS))):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = _constants_of(tree)
        for test in _tests_in(tree):
            named = words_of(test)
            words.update(named.union(*(constants[one] for one in named & constants.keys())))
    return {title: {word: words[word] for word in wanted} for title, wanted in subjects().items()}


def words_of(source: ast.AST) -> set[str]:
    """Identifiers, and strings with their words; of a test, decorators and its own name, too."""
    found = set(_last_words(source.name)) if isinstance(source, Function) else set()
    for node in ast.walk(source):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {node.value, *node.value.split()}
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
    return found


def unnamed(counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """What no test names, as `Title: word`."""
    return [f"{title}: {word}" for title, found in counts.items() for word, n in found.items() if not n]


def coverage_markdown(most: int = MANY) -> str:
    """A summary, then a table for each title; numbers above `most` are written `most or more`."""
    counts = counted()
    rows = [
        f"| {title} | {len(found)} | {_number(min(found.values()), most)} |"
        for title, found in counts.items()
    ]
    parts = ["| | There are | Fewest tests that name one |", "|---|---|---|", *rows, ""]
    for title, found in counts.items():
        parts += [f"## {title}\n", "| | Tests |", "|---|---|"]
        parts += [f"| `{word}` | {_number(n, most)} |" for word, n in found.items()]
        parts.append("")
    return "\n".join(parts)


def _number(n: int, most: int) -> str:
    return str(n) if n < most else f"{most} or more"


def _tests_in(tree: ast.AST) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function) and node.name.startswith("test_"):
            yield node


def _constants_of(tree: ast.Module) -> dict[str, set[str]]:
    """The words in each table that stands at the top of a file, such as the cases of a test.
    A table that lists all of one kind names none of them."""
    assigned = (node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign))
    return {
        target.id: words_of(node).difference(*_whole_kinds(words_of(node)))
        for node in assigned
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }


def _whole_kinds(words: set[str]) -> list[set[str]]:
    return [set(kind) for kind in subjects().values() if words.issuperset(kind)]


def _last_words(name: str) -> Iterator[str]:
    """`test_finding_no_consent` -> `finding_no_consent`, `no_consent`, `consent`."""
    words = name.split("_")[1:]
    return ("_".join(words[start:]) for start in range(len(words)))


def main() -> int:
    """Print the tables with their true numbers. 1: something is named by no test."""
    sys.stdout.write(coverage_markdown(most=sys.maxsize) + "\n")
    missing = unnamed(counted())
    sys.stdout.writelines(f"named by no test: {one}\n" for one in missing)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
