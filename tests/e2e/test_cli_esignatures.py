"""E-signatures through the program `unbroken` and a real server, to the offline audit."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from clients.sending import Answer
from ledger.errors import Unauthentic
from ledger.verify.base64url import unbase64url
from tests.authenticator import Authenticator
from tests.e2e.live import (
    APHERESIS,
    CLEANROOM,
    COI,
    DOSE,
    FRESH,
    LATER,
    PASSPHRASE,
    PRODUCT,
    ROOT,
    VAN,
    Live,
    environment,
    program,
    running,
)

RELEASE = [
    "record", "Released", COI, "--set", "site=northcell-1", "--set", f"containers={DOSE}",
    "--set", f"certificate={'ab' * 32}", "--set", "countries=GB", "--set", "protocols=UB-001", "--yes",
]  # fmt: skip


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A dose, made and not released, of a product that asks for e-signatures."""
    with (
        mock.patch.dict(PRODUCT, required_checks=["esignature"]),
        running(tmp_path_factory.mktemp("live")) as live,
    ):
        live.order_and_collect()
        live.hand_over(FRESH, ("anna", APHERESIS), ("kit", VAN))
        live.hand_over(FRESH, ("kit", VAN), ("mia", CLEANROOM))
        dose = {"container": DOSE, "volume_ul": 50_000, "expires_at": LATER}
        parents = [{"container": FRESH, "volume_ul": 200_000}]
        live.say("mia", "ContainersDerived", at=CLEANROOM, how="fill", parents=parents, children=[dose])
        yield live


def typed(live: Live, agent: str, passphrase: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the program with somebody who types this when they are asked again."""
    home = {"UNBROKEN_HOME": str(live.home(agent))}
    return subprocess.run(
        [sys.executable, "-m", "clients.cli", *words],
        env=environment() | home,
        cwd=ROOT,
        input=passphrase,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_release_is_signed_again_or_refused(live: Live) -> None:
    without = program(live, "quinn", *RELEASE)
    assert (without.returncode, "esignature_required" in without.stderr) == (1, True), without.stderr
    wrong = typed(live, "quinn", "not the passphrase\n", *RELEASE, "--sign-again")
    assert (wrong.returncode != 0, "wrong_passphrase" in wrong.stderr) == (True, True), wrong.stderr
    silent = typed(live, "quinn", "", *RELEASE, "--sign-again")
    assert "nobody gave the passphrase again" in silent.stderr
    done = typed(live, "quinn", f"{PASSPHRASE}\n", *RELEASE, "--sign-again")
    assert done.returncode == 0, done.stderr
    assert "and gave the key's passphrase again (approval)" in " ".join(done.stdout.split())
    story = " ".join(program(live, "nora", "timeline", COI).stdout.split())
    assert "under protocol UB-001, and gave the key's passphrase again (approval)." in story
    quality = " ".join(program(live, "nora", "quality", COI).stdout.split())
    assert "gave the key's passphrase again (approval), 2" in quality


def test_the_sdk_signs_again(live: Live) -> None:
    with live.client("quinn") as quinn:
        quinn.chain(COI)
        fields = {"type": "Rejected", "containers": [DOSE], "reason": "label_unreadable"}
        with pytest.raises(Unauthentic, match="wrong_passphrase"):
            quinn.sign_again(fields, b"not it")
        again = quinn.sign_again(fields, PASSPHRASE.encode(), "review")
        answer = quinn.record(again, f"chain/{COI}")
        assert isinstance(answer, Answer)
        story = quinn.timeline(COI)["entries"]
    (told,) = [one for one in story if one["position"] == answer.position]
    assert (told["esignature"]["signer"], told["esignature"]["meaning"]) == ("quinn", "review")


def test_a_passkey_is_added_seen_and_revoked(live: Live, tmp_path: Path) -> None:
    passkey = Authenticator()
    file = tmp_path / "passkey.json"
    file.write_text(json.dumps(passkey.enrolment))
    added = program(live, "ben", "passkey", "add", "quinn", "--from", str(file), "--yes")
    assert added.returncode == 0, added.stderr
    said = " ".join(added.stdout.split())
    assert "Compare the fingerprint with the one that their own device shows" in said
    kid = hashlib.sha256(unbase64url(passkey.key)).hexdigest()
    assert f"fingerprint {' '.join(kid[at : at + 4] for at in range(0, 32, 4))} key's id {kid}" in said
    assert "ben added a passkey for quinn, to sign again with at ledger.example" in said
    own = program(live, "ben", "passkey", "add", "ben", "--from", str(file), "--yes")
    assert "same_signer" in own.stderr
    assert passkey.credential in program(live, "mia", "people", "quinn").stdout
    out = ["passkey", "revoke", "quinn", passkey.credential, "--reason", "lost", "--yes"]
    revoked = program(live, "quinn", *out)
    assert revoked.returncode == 0, revoked.stderr
    assert "revoked" in program(live, "mia", "people", "quinn").stdout


def test_the_log_with_e_signatures_is_audited_offline(live: Live, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    assert program(live, "audrey", "log", "download", str(folder)).returncode == 0
    done = program(live, "audrey", "verify", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
