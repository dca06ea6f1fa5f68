"""From content and template to one bitmap."""

from __future__ import annotations

from ledger.labels.content import Content
from ledger.labels.picture import Picture
from ledger.labels.templates import Template


def draw(content: Content, template: Template, dpi: int) -> Picture:
    """The label as one bitmap. Raises `Malformed`: `label_does_not_fit`, `not_encodable`,
    `bad_label_resolution`."""
    raise NotImplementedError
