"""`unbroken record`, `enrol`, `approve`: say something under one's own name.

What will be signed is shown in plain words first; only then is it signed.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from rich.console import Console
from rich.prompt import Confirm
from rich.text import Text

from clients.cli.again import Meaning, SignAgain, meaning_given, typed_again
from clients.cli.chains import draw_chain
from clients.cli.events import known_event
from clients.cli.identifying import Identifying, PatientFile, PatientKeys
from clients.cli.options import Home, Json, PassphraseFile, client, coi_of
from clients.cli.prompts import asked
from clients.cli.screen import DONE, WAITING, facts, show, spoken
from clients.drafts import Draft, event_type, is_carrier, needs_version
from clients.esignatures import signed_again, unsigned
from clients.forms import Shape, filled, moment, shape_of, written
from clients.keys import Device
from clients.sdk import Client, Pending
from clients.sending import Answer, summary, to_base64
from clients.words import sentence
from ledger.errors import Malformed
from ledger.proof.keys import PublicKey

NAMING = {
    "cause",
    "destruction",
    "deviation",
    "enrolment",
    "override",
    "quarantine",
    "release",
    "corrects",
    "request",
}  # members that name a statement

Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A member, e.g. --set giver=st-mary/ward-5. Repeat."),
]
From = Annotated[
    Path | None, typer.Option("--from", metavar="FILE", help="Members from a JSON file.", exists=True)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Sign without asking.")]
OccurredAt = Annotated[
    str | None, typer.Option("--occurred-at", metavar="MOMENT", help="When it happened, if not now.")
]


def record(
    event: Annotated[str, typer.Argument(metavar="EVENT_TYPE", help="What happened; see `unbroken events`.")],
    stream: Annotated[str, typer.Argument(metavar="STREAM_OR_COI", help="A therapy, or shipment/…, site/…")],
    members: Set = None,
    file: From = None,
    patient_file: PatientFile = None,
    patient_keys: PatientKeys = None,
    occurred_at: OccurredAt = None,
    sign_again: SignAgain = False,
    meaning: Meaning = None,
    offline: Annotated[bool, typer.Option("--offline", help="Only keep it here; send it later.")] = False,
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Sign an event and have it recorded.

    Members that are not given are asked for. Nothing is signed before you have read it.
    """
    name = known_event(event)
    again = meaning_given(name, sign_again, meaning)
    stream = stream if "/" in stream else f"chain/{stream}"
    with client(home, passphrase_file) as signer:
        pairs = _with_ids(with_keys(members or [], signer.device), signer)
        fields = from_file(file) | filled(shape_of(event_type(name)), pairs)
        whose = Identifying(
            signer, coi_of(stream), name, patient_keys, lambda question: yes or agreed(as_json, question)
        )
        if patient_file:
            fields["patient"] = whose.read(patient_file)
        if not (file or yes) and sys.stdin.isatty():
            fields |= _ask_for_the_rest(shape_of(event_type(name)), {"therapies": None} | fields, whose)
            fields = {member: given for member, given in fields.items() if member != "therapies" or given}
        if is_carrier(stream) and "therapies" not in fields:
            fields["therapies"] = signer.therapies(fields.get("containers", ()))
        when = moment(occurred_at) if occurred_at else None
        fields |= {"type": name}
        confirm_and_record(signer, fields, stream, when, offline, yes, as_json, again)


def enrol(
    agent: Annotated[str, typer.Argument(help="The name to sign under, e.g. anna.")],
    key_file: Annotated[Path, typer.Option("--key-file", help="Their public key (PEM).", exists=True)],
    organisation: Annotated[str, typer.Option("--organisation", help="Whose they are.")],
    roles: Annotated[
        list[str], typer.Option("--role", metavar="ROLE@SITE", help="E.g. nurse@st-mary. Repeat.")
    ],
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Enrol a person or device with their first key (administrators).

    Quality and administrator roles count only once another administrator has approved them.
    """
    pairs = [f"organisation={organisation}", f"roles={','.join(roles)}", f"key=@{key_file}"]
    with client(home, passphrase_file) as signer:
        fields = filled(shape_of(event_type("AgentEnrolled")), with_keys(pairs, signer.device))
        confirm_and_record(
            signer, {"type": "AgentEnrolled"} | fields, f"agent/{agent}", None, False, yes, as_json
        )


def approve(
    agent: Annotated[str, typer.Argument(help="Whose enrolment.")],
    enrolment: Annotated[str, typer.Argument(help="Statement id of the enrolment or change, or #position.")],
    yes: Yes = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Put the second signature under an enrolment or a change of roles by another administrator."""
    stream = f"agent/{agent}"
    with client(home, passphrase_file) as signer:
        found = signer.entry(_placed(enrolment) or signer.position_of(enrolment))
        names_roles = found.payload["type"] in ("AgentEnrolled", "AgentRolesChanged")
        if found.stream != stream or not names_roles:
            raise Malformed("wrong_enrolment", f"entry {found.position} gives {agent} no roles")
        console = Console(highlight=False, quiet=as_json)
        console.print("What you put your name under:\n")
        console.print(spoken(sentence(found.payload, found.signer, found.stream)))
        fields = {"type": "EnrolmentApproved", "enrolment": hashlib.sha256(found.raw).hexdigest()}
        confirm_and_record(signer, fields, stream, None, False, yes, as_json)


def confirm_and_record(
    signer: Client,
    fields: dict[str, Any],
    stream: str,
    when: str | None,
    offline: bool,
    yes: bool,
    as_json: bool,
    again: str | None = None,
) -> None:
    """Show what will be signed, ask, sign, send, tell what became of it.

    `again`: the meaning of the e-signature, for which the passphrase is asked once more.
    """
    result = confirmed(signer, fields, stream, when, offline, yes, as_json, again)
    show(document_of(result), lambda screen: tell(screen, result), as_json)
    if isinstance(result, Pending) and not offline:
        raise typer.Exit(WAITING)


def confirmed(
    signer: Client,
    fields: dict[str, Any],
    stream: str,
    when: str | None,
    offline: bool,
    yes: bool,
    as_json: bool,
    again: str | None = None,
) -> Answer | Pending:
    """As `confirm_and_record`, telling nothing yet. Raises `typer.Exit` where the person says no."""
    console = Console(highlight=False, quiet=as_json)
    _look_first(signer, fields, stream, console)
    shown = {"esignature": unsigned(str(fields["type"]), again)} if again else {}
    made = signer.draft(fields | shown, stream, when)
    preview(console, made, signer.device.profile.agent)
    if not yes and not agreed(as_json):
        raise typer.Exit(DONE)
    if again:
        esignature = signed_again(signer.device, made.type, typed_again(again), again)
        fields = fields | {"esignature": esignature}
    made_at = str(made.payload["occurred_at"])
    return signer.record(fields, stream, occurred_at=made_at, offline=offline)


def preview(console: Console, made: Draft, agent: str) -> None:
    """In one sentence, then member by member: exactly what the signature will cover."""
    kind = "decision" if made.is_decision else "fact"
    console.print(Text.assemble("You are about to sign, as ", (agent, "bold"), f", this {kind}:\n"))
    console.print(spoken(sentence(made.payload, agent, made.stream)))
    hidden = {"type", "v", "occurred_at", "esignature"}
    pairs = {name: written(value) for name, value in made.payload.items() if name not in hidden}
    about = {"event": made.type, "stream": made.stream, "happened at": made.payload["occurred_at"]}
    console.print(facts(about | pairs))
    console.print()


def from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Malformed("bad_value", f"{file} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise Malformed("bad_value", f"{file} is not a JSON object")
    return document


def with_keys(pairs: list[str], device: Device) -> list[str]:
    """`key=@next` and `key=@FILE.pem` stand for the public key itself."""
    return [f"key={_public(pair[5:], device)}" if pair.startswith("key=@") else pair for pair in pairs]


def _with_ids(pairs: list[str], signer: Client) -> list[str]:
    """`release=#23` stands for the id of the statement at position 23, whose proof is checked."""
    return [_with_id(pair, signer) for pair in pairs]


def _with_id(pair: str, signer: Client) -> str:
    name, _, value = pair.partition("=")
    position = _placed(value) if name in NAMING else None
    if position is None:
        return pair
    return f"{name}={hashlib.sha256(signer.entry(position).raw).hexdigest()}"


def _placed(text: str) -> int | None:
    """`#23` -> 23."""
    return int(text[1:]) if text.startswith("#") and text[1:].isdecimal() and len(text) < 18 else None


def _public(name: str, device: Device) -> str:
    if name == "next":
        return to_base64(device.next_public().spki)
    try:
        key = load_pem_public_key(Path(name).read_bytes())
    except (OSError, ValueError) as error:
        raise Malformed("bad_key_file", f"{name} is not a public key in PEM form: {error}") from None
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return to_base64(PublicKey.from_spki(spki).spki)


def _ask_for_the_rest(shape: Shape, known: dict[str, Any], whose: Identifying) -> dict[str, Any]:
    """Identifiers are asked for by name and leave as commitments only."""
    patient = {}
    if "patient" in dict(shape.parts) and "patient" not in known:
        patient = {"patient": whose.asked()}
    return patient | asked(shape, known | patient)


def _look_first(signer: Client, fields: dict[str, Any], stream: str, console: Console) -> None:
    """A decision about a therapy is made on what its signer sees, so show it."""
    if needs_version(str(fields["type"])) and "chain_version" not in fields:
        document = signer.chain(coi_of(stream))
        console.print("What you decide on:\n")
        draw_chain(console, document)
        console.print()


def agreed(as_json: bool, question: str = "Sign it?") -> bool:
    """Ask a person. Raises `Malformed` `not_confirmed` where none is there."""
    if as_json or not sys.stdin.isatty():
        raise Malformed("not_confirmed", "nobody is there to confirm what is signed: say --yes")
    return Confirm.ask(question, default=False)


def document_of(result: Answer | Pending) -> dict[str, Any]:
    """What a script reads of it."""
    if isinstance(result, Answer):
        return {"state": "accepted"} | summary(result) | {"receipt": to_base64(result.receipt)}
    held = result.held
    return {
        "state": held.state,
        "statement_id": held.id.hex(),
        "number": held.number,
        "seq": held.seq,
        "why": result.why,
    }


def tell(console: Console, result: Answer | Pending) -> None:
    """What a person sees of it."""
    if isinstance(result, Pending):
        console.print(Text.assemble(("KEPT, not recorded yet", "bold yellow"), f": {result.why}"))
        console.print(facts({"statement": result.held.id.hex(), "outbox number": result.held.number}))
        return
    console.print(Text.assemble(("✓ Recorded and proved", "bold green"), f" at position {result.position}"))
    console.print(facts({"statement": result.statement_id, "ledger time": result.recorded_at}))
    for raised in result.deviations:
        blocks = ", BLOCKS release and infusion" if raised.blocking else ""
        words = (
            f"! Deviation, {raised.severity}: {raised.code.replace('_', ' ')}{blocks} (#{raised.position})"
        )
        console.print(Text(words, style="bold red" if raised.blocking else "yellow"))
