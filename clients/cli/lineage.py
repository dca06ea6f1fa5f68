"""`unbroken lineage`: what a bag was made from and what it became, drawn as a tree."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from clients.cli.options import Home, Json, PassphraseFile, client, coi_of
from clients.cli.screen import show
from ledger.errors import Malformed

Node = dict[str, Any]
MADE = {
    "collection": "collected from the patient",
    "split": "by splitting",
    "pool": "by pooling",
    "transform": "by manufacture",
    "fill": "by filling",
    "sample": "as a sample",
}


def lineage(
    bag_or_coi: Annotated[str, typer.Argument(metavar="BAG_OR_COI", help="One bag, or a whole therapy.")],
    up: Annotated[bool, typer.Option("--up", help="Only what it was made from.")] = False,
    down: Annotated[bool, typer.Option("--down", help="Only what it became.")] = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Draw what a bag was made from and what it became, or a whole therapy's tree."""
    name = coi_of(bag_or_coi)
    whole = ":" in name
    if whole and (up or down):
        raise Malformed("bad_value", "--up and --down look from one bag: name a bag")
    with client(home, passphrase_file) as reader:
        document = reader.lineage(coi=name) if whole else reader.lineage(container=name)

    def draw(console: Console) -> None:
        if whole:
            draw_whole(console, document)
        else:
            draw_one(console, document, up or not down, down or not up)

    show(document, draw, as_json)


def draw_whole(console: Console, document: Node) -> None:
    """From the patient down to every last bag."""
    nodes = {node["container"]: node for node in document["containers"]}
    tree = Tree(Text(f"patient of {document['coi']}", style="bold"))
    for node in nodes.values():
        if not any(parent in nodes for parent in node["parents"]):
            _grow(tree, node, nodes, "children")
    console.print(tree)


def draw_one(console: Console, document: Node, up: bool, down: bool) -> None:
    """Both ways from one bag."""
    name = document["container"]
    if up:
        ancestors = {node["container"]: node for node in document["ancestors"]}
        tree = Tree(
            Text.assemble((name, "bold"), f" was made {'from' if ancestors else 'from no other bag'}")
        )
        for node in document["parents"]:
            _grow(tree, node, ancestors, "parents")
        console.print(tree)
    if down:
        descendants = {node["container"]: node for node in document["descendants"]}
        tree = Tree(
            Text.assemble((name, "bold"), f" became {'' if descendants else 'nothing else yet'}".rstrip())
        )
        for node in document["children"]:
            _grow(tree, node, descendants, "children")
        console.print(tree)


def _grow(tree: Tree, node: Node, nodes: dict[str, Node], way: str) -> None:
    """A bag that was pooled from several hangs below each of them."""
    branch = tree.add(_label(node))
    for name in node[way]:
        if name in nodes:
            _grow(branch, nodes[name], nodes, way)


def _label(node: Node) -> Text:
    made = MADE.get(node["made_by"], node["made_by"])
    return Text.assemble((node["container"], "bold"), f"  {made}, #{node['position']}; {node['status']}")
