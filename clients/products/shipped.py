"""The examples that come with the program: TOML files in `examples/`, each to be checked first."""

from __future__ import annotations

from importlib.resources import files

from ledger.errors import NotFound

_FOLDER = files("clients.products").joinpath("examples")


def examples() -> dict[str, str]:
    """Name to text, by name."""
    found = sorted(one.name for one in _FOLDER.iterdir() if one.name.endswith(".toml"))
    return {name.removesuffix(".toml"): _FOLDER.joinpath(name).read_text(encoding="utf-8") for name in found}


def example(name: str) -> str:
    """Raises `NotFound` `no_such_example`."""
    known = examples()
    if name not in known:
        raise NotFound("no_such_example", f"there is no example {name!r}; there is {', '.join(known)}")
    return known[name]
