"""`unbroken export`: evidence to take away."""

from __future__ import annotations

import typer

from clients.cli.export_bundle import export_bundle

export = typer.Typer(no_args_is_help=True, help="Evidence to take away.")
export.command("bundle")(export_bundle)
