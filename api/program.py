"""`unbroken-server`: the ledger's server, or a witness, which starts without the ledger's needs."""

from __future__ import annotations

import sys

import typer

from api.starting import run

MISSING = "unbroken-server: {name} is missing. Install what a server needs: pip install 'unbroken[server]'.\n"


def main() -> None:
    """Expected errors end with one line and status 2."""
    try:
        program = _witness() if sys.argv[1:2] == ["witness"] else _server()
    except ModuleNotFoundError as error:
        sys.stderr.write(MISSING.format(name=error.name))
        raise SystemExit(2) from None
    run(program)


def _witness() -> typer.Typer:
    """The one command `witness`, as the whole program has it."""
    from api.witness.program import app as witness

    program = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
    program.callback()(lambda: None)
    program.add_typer(witness, name="witness")
    return program


def _server() -> typer.Typer:
    from api.server import app

    return app


if __name__ == "__main__":
    main()
