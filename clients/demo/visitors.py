"""Whom somebody who tries the app can be: where, with whose approval, and what there is to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from clients.demo.cast import COMPANIES, ENROLLED, FIRST, FOURTH, THIRD, VAN, WARD

# The same for all of them, and no secret: it is printed. An e-signature asks for it again.
PASSPHRASE = "vein to vein"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Visitor:
    """`to`: the app's screen; `at`: for which department; `task` in one short line."""

    agent: str
    to: str
    task: str
    at: dict[str, str] | None = None

    @property
    def approver(self) -> str:
        """The administrator of their company."""
        return ENROLLED[self.agent][0]

    @property
    def role(self) -> str:
        return ENROLLED[self.agent][2]

    @property
    def reads_wristbands(self) -> bool:
        """Whether their hospital trusts this device with its patient keys."""
        return self.role in ("nurse", "physician")

    def to_json(self) -> dict[str, Any]:
        company = next(name for name, people in COMPANIES.items() if self.agent in people)
        said = {"role": self.role, "approver": self.approver, "organisation": company}
        return asdict(self) | said | {"passphrase": PASSPHRASE, "reads_wristbands": self.reads_wristbands}


VISITORS = {
    one.agent: one
    for one in (
        Visitor("kit", "/courier", f"take over {THIRD.called}'s two bags, or refuse them", VAN),
        Visitor("nora", "/bedside", f"thaw {FOURTH.called}'s first bag, check it, give it", WARD),
        Visitor("nils", "/bedside", "check the same bag by yourself: nobody sees Nora's check", WARD),
        Visitor("phil", "/bedside", "authorise it, once both checks agree", WARD),
        Visitor("audrey", f"/audit/therapy/{FIRST.coi}", f"look into {FIRST.called}'s whole therapy"),
    )
}


def address(agent: str, port: int) -> str:
    """An origin of their own: a browser keeps one person's key for each."""
    return f"http://{agent}.localhost:{port}/app/demo.html#{agent}"
