"""The page of everything that visitors scan, to be printed or shown on a telephone."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from clients.demo.codes import Card, Group
from clients.demo.visitors import PASSPHRASE, VISITORS, Visitor, address

TEMPLATE = Path(__file__).with_name("contact_sheet.html")


def contact_sheet(groups: Sequence[Group], port: int) -> str:
    """HTML that names pictures in its own folder only."""
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        people="".join(_person(one, port) for one in VISITORS.values()),
        passphrase=escape(PASSPHRASE),
        sections="".join(map(_section, groups)),
    )


def _person(visitor: Visitor, port: int) -> str:
    url = escape(address(visitor.agent, port))
    return (
        f"<tr><td><strong>{visitor.agent.capitalize()}</strong>, {visitor.role}</td>"
        f'<td><a href="{url}">{url}</a><br><span class="soft">{escape(visitor.task)}</span></td></tr>\n'
    )


def _section(group: Group) -> str:
    kind = "cards" if any(card.label for card in group.cards) else "cards small"
    return (
        f'<section>\n<h2>{escape(group.title)}</h2>\n<p class="soft">{escape(group.about)}</p>\n'
        f'<div class="{kind}">\n{"".join(map(_figures, group.cards))}</div>\n</section>\n'
    )


def _figures(card: Card) -> str:
    """The code, and beside it the label that carries it."""
    title = escape(card.title)
    code = (
        f'<figure class="code"><img src="{card.path}" alt="QR code: {escape(card.text)}">'
        f"<figcaption><strong>{title}</strong><code>{escape(card.typed)}</code></figcaption></figure>\n"
    )
    if not card.label:
        return code
    return (
        f'<div class="pair">\n{code}<figure class="label">'
        f'<img src="{card.label}" alt="The printed label of {title}">'
        '<figcaption class="soft">its label, as printed</figcaption></figure>\n</div>\n'
    )
