"""`unbroken receipt`, `log`, `verify`: proof to carry away, and the audit that needs no server."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text

from clients.bundles import reader_of
from clients.cli.logger_options import BerlingerRoot, pin
from clients.cli.options import Home, Json, PassphraseFile, client
from clients.cli.screen import REFUSED, UNFINISHED, facts, mark, progress, rows, show, spoken
from clients.download import Downloaded
from clients.evidence_files import FOLDER, Fetched, fetch_files, files_in
from clients.keys import Device, default_home
from clients.reads import ProvenEntry, proven
from clients.words import sentence
from ledger.cold_chain.berlinger_signature import ROOT
from ledger.errors import Conflict, Malformed, ProofInvalid
from ledger.proof.checkpoint import SignedCheckpoint
from ledger.proof.ml_dsa import SecondKey, is_second
from ledger.proof.note import VerifierKey, parse_note
from ledger.proof.receipt import verify_tlog_proof
from ledger.proof.witnesses import Policy, parse_policy

if TYPE_CHECKING:
    from ledger.verify import Outside, Progress, Report

WITNESSES = 8  # the audit's step that only a policy brings
SECOND_KEY = 12  # that only the second key brings

receipt = typer.Typer(no_args_is_help=True, help="Proof that one statement stands in the log.")
log = typer.Typer(no_args_is_help=True, help="The log as a whole.")

LogKey = Annotated[
    str | None, typer.Option("--log-key", metavar="VKEY", help="The log's verifier key; else the pinned one.")
]
LogKeys = Annotated[
    list[str] | None,
    typer.Option(
        "--log-key",
        metavar="VKEY",
        help="The log's verifier key; else the pinned one. A second time: its second key (ML-DSA-44). "
        "@FILE: from the lines of a file.",
    ),
]
Roots = Annotated[
    list[Path] | None,
    typer.Option(
        "--tsa-root",
        metavar="FILE",
        help="Root certificates (PEM) of time-stamp authorities whose word counts; not from the operator.",
        exists=True,
        dir_okay=False,
    ),
]
PolicyFile = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="Whose cosignatures count (c2sp.org/tlog-policy); never take it from the operator.",
        exists=True,
        dir_okay=False,
    ),
]
Form = Annotated[
    Literal["cose", "tlog-proof"], typer.Option("--form", help="RFC 9942, or c2sp.org/tlog-proof.")
]


@receipt.command("get")
def get(
    entry: Annotated[
        str, typer.Argument(metavar="POSITION_OR_ID", help="Where it stands, or its statement id.")
    ],
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to put the files.")] = Path(),
    form: Form = "cose",
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Fetch a statement and its receipt, verify them, and write both to files."""
    with client(home, passphrase_file) as reader:
        position = int(entry) if entry.isdecimal() and len(entry) < 20 else reader.position_of(entry)
        found = reader.entry(position)
        proof = found.receipt if form == "cose" else reader.tlog_proof(position)
    folder.mkdir(parents=True, exist_ok=True)
    statement = folder / f"{position}.cose"
    evidence = folder / (f"{position}.receipt.cose" if form == "cose" else f"{position}.tlog-proof")
    for path, data in ((statement, found.raw), (evidence, proof)):
        _write_new(path, data)
    files = {"statement": str(statement), "receipt": str(evidence)}
    show(_told(found) | files, lambda console: _draw_entry(console, found, files), as_json)


@receipt.command("verify")
def verify_receipt(
    statement: Annotated[Path, typer.Argument(help="The signed statement.", exists=True, dir_okay=False)],
    evidence: Annotated[
        Path, typer.Argument(metavar="RECEIPT", help="Its receipt.", exists=True, dir_okay=False)
    ],
    log_key: LogKey = None,
    policy: PolicyFile = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show, without any server, that the log's key vouches for a statement. Exit code 1: it does not.

    With --policy, also that enough of its witnesses cosigned the head of a tlog-proof.
    """
    vkey, asked = pinned(log_key, home), _policy(policy)
    raw, data = statement.read_bytes(), evidence.read_bytes()
    if data.startswith(b"c2sp.org/tlog-proof"):
        signed = verify_tlog_proof(data, raw, vkey)
        head = signed.checkpoint
        document: dict[str, Any] = {"log": vkey.name, "log_size": head.size, "root": head.root.hex()}
        document |= {"witnesses": _cosigners(signed, vkey, asked)} if asked else {}
        show(document, lambda console: _draw_proven(console, document), as_json)
        return
    if asked:
        raise ProofInvalid("policy_not_met", "a COSE receipt carries no cosignatures: get a tlog-proof")
    found = proven(None, raw, data, vkey)
    show(_told(found), lambda console: _draw_entry(console, found, {"log": vkey.name}), as_json)


@log.command("download")
def download(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where the copy goes, or is brought up to date.")
    ],
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Also the loggers' own files, into DIR/evidence.")
    ] = False,
    policy: PolicyFile = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Copy the whole log (auditors). Interrupted, it goes on where it was.

    With --policy, only up to the newest head that enough of its witnesses cosigned.
    """
    with client(home, passphrase_file) as reader, progress("Downloading", as_json) as bar:
        done = reader.download_log(folder, bar, _policy(policy))
        got = fetch_files(reader.evidence, folder, done.size) if evidence else None
    document: dict[str, Any] = {
        "folder": str(folder),
        "log_size": done.size,
        "root": done.root.hex(),
        "fetched": done.fetched,
        "kept": done.kept,
        "checkpoints": done.checkpoints,
        "not_yet_cosigned": done.left,
    } | ({"evidence": got._asdict()} if got else {})
    show(document, lambda console: _draw_download(console, done, got), as_json)


@log.command("show")
def show_log(home: Home = None, as_json: Json = False) -> None:
    """Fetch, verify and connect the newest checkpoint with all that this device saw before."""
    with client(home) as reader:
        head = reader.refresh()
    document = {"log": reader.vkey.name, "log_size": head.size, "root": head.root.hex()}
    show(document, lambda console: console.print(facts(document)), as_json)


def verify(
    evidence_path: Annotated[
        Path, typer.Argument(metavar="DIR_OR_BUNDLE", help="A downloaded log, or a bundle.", exists=True)
    ],
    log_key: LogKeys = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes for signatures.")] = 1,
    evidence: Annotated[
        Path | None,
        typer.Option(
            "--evidence",
            metavar="DIR",
            help="Loggers' own files, to read again; else DIR/evidence.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    berlinger_root: BerlingerRoot = ROOT,
    policy: PolicyFile = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--checkpoint",
            metavar="NOTE",
            help="A head of the log that you got elsewhere, to hold a bundle against.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    tsa_root: Roots = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Audit a downloaded log or a bundle, without any server, trusting only the log's public key.

    With --policy, also the witnesses that it names: enough of them must have cosigned the newest head.
    A bundle of which they cosigned a smaller head is not wrong, and not wholly checked. With
    --checkpoint, a bundle must be of the same history as that head. With --tsa-root, time stamps say by
    when the entries existed. With the log's second key, that must have signed the heads, too.

    Exit code 0: everything holds. 1: something is wrong, and the first wrong thing is named. 6: nothing
    is wrong, but not everything could be checked: what, the report says.
    """
    with progress("Verifying", as_json) as bar:
        witnesses = _policy(policy)
        first, second = log_keys(log_key)
        outside = _outside(tsa_root, second)
        if not evidence_path.is_dir():
            note = checkpoint.read_bytes() if checkpoint else None
            vkey = perhaps_pinned(first, home)
            report = _audit_bundle(
                evidence_path, vkey, berlinger_root, witnesses, note, outside, workers, bar
            )
        elif checkpoint:
            raise Malformed(
                "bad_value", "--checkpoint is for bundles: whoever has a copy downloads on from it"
            )
        else:
            vkey = pinned(first, home)
            report = _audit_log(
                evidence_path, vkey, evidence, berlinger_root, witnesses, outside, workers, bar
            )
    show(report.to_json(), lambda console: _draw_report(console, report), as_json)
    if not report.ok:
        raise typer.Exit(REFUSED if report.first_wrong else UNFINISHED)


def _audit_log(
    folder: Path,
    vkey: VerifierKey,
    evidence: Path | None,
    root: str,
    witnesses: Policy | None,
    outside: Outside,
    workers: int,
    bar: Progress,
) -> Report:
    from ledger.verify import DirectorySource, FilesAudit, audit  # the rules: only this command needs them

    source, files = DirectorySource(folder), evidence or folder / FOLDER
    if files.is_dir():
        own = files_in(files)
        return FilesAudit(source, vkey, own, pin(root), witnesses, outside=outside).run(workers, bar)
    return audit(source, str(vkey), workers=workers, progress=bar, policy=witnesses, outside=outside)


def _outside(roots: list[Path] | None, second: SecondKey | None) -> Outside:
    """Raises `Malformed` (`malformed_roots`)."""
    from ledger.proof.time_stamp import read_roots
    from ledger.verify import Outside

    found = tuple(one for path in roots or () for one in read_roots(path.read_bytes()))
    return Outside(found, time.time_ns() // 1_000_000, second)


def log_keys(given: list[str] | None) -> tuple[str | None, SecondKey | None]:
    """The log's key, and its second one, each if it was given. Raises `Malformed` (`malformed_vkey`)."""
    lines = [line for one in given or () for line in _keys_of(one)]
    first = [line for line in lines if not is_second(line)]
    second = [SecondKey.parse(line) for line in lines if is_second(line)]
    if len(first) > 1 or len(second) > 1:
        raise Malformed("malformed_vkey", "a log has one key, and at most one second key for ML-DSA-44")
    return next(iter(first), None), next(iter(second), None)


def _keys_of(given: str) -> list[str]:
    if not given.startswith("@"):
        return [given]
    return Path(given[1:]).read_text(encoding="utf-8").split()


def _audit_bundle(
    path: Path,
    vkey: VerifierKey | None,
    root: str,
    witnesses: Policy | None,
    note: bytes | None,
    outside: Outside,
    workers: int,
    bar: Progress,
) -> Report:
    from ledger.verify.bundle import audit_bundle

    with path.open("rb") as file:
        read, length = reader_of(file), path.stat().st_size
        return audit_bundle(read, length, vkey, workers=workers, progress=bar, berlinger_root=pin(root),
                            policy=witnesses, note=note, outside=outside)  # fmt: skip


def perhaps_pinned(given: str | None, home: Path | None) -> VerifierKey | None:
    """A bundle is read without a key, too; the report then says that nothing pins the log."""
    try:
        return pinned(given, home)
    except Malformed:
        if given:
            raise
        return None


def _cosigners(signed: SignedCheckpoint, vkey: VerifierKey, policy: Policy) -> list[str]:
    """Raises `ProofInvalid` (`policy_not_met`, and as `Policy.cosigners`), `Malformed`
    (`malformed_policy`) where a witness has the log's own key."""
    policy.must_watch(vkey)
    by = policy.cosigners(parse_note(signed.note))
    if not policy.knows_log(vkey) or not policy.met_by(by):
        told = ", ".join(by) or "nobody"
        raise ProofInvalid("policy_not_met", f"of the policy's witnesses {told} cosigned this head")
    return sorted(by)


def _policy(path: Path | None) -> Policy | None:
    return parse_policy(path.read_bytes()) if path else None


def pinned(given: str | None, home: Path | None) -> VerifierKey:
    """The key that was given, else the one that this device has pinned. Raises `Malformed`."""
    if given:
        return VerifierKey.parse(given)
    try:
        return Device(home or default_home()).profile.verifier()
    except Malformed as error:
        raise Malformed(error.code, f"say --log-key VKEY, or pin one ({error.detail})") from None


def _write_new(path: Path, data: bytes) -> None:
    """The same file again is no conflict, another one is never replaced."""
    if path.exists() and path.read_bytes() != data:
        raise Conflict("file_exists", f"{path} is there already and differs; it is not overwritten")
    path.write_bytes(data)


def _told(found: ProvenEntry) -> dict[str, Any]:
    return {
        "position": found.position,
        "log_size": found.log_size,
        "signer": found.signer,
        "stream": found.stream,
        "event": found.payload,
    }


def _draw_entry(console: Console, found: ProvenEntry, more: dict[str, str]) -> None:
    where = f" at position {found.position} of a log of {found.log_size}"
    console.print(Text.assemble(("✓ Proved", "bold green"), f": this statement stands{where}\n"))
    console.print(spoken(sentence(found.payload, found.signer, found.stream)))
    pairs = {"event": found.payload.get("type"), "stream": found.stream, "signer": found.signer}
    console.print(facts(pairs | {"happened at": found.payload.get("occurred_at")} | more))


def _draw_proven(console: Console, document: dict[str, Any]) -> None:
    console.print(Text.assemble(("✓ Proved", "bold green"), ": the log's checkpoint covers this statement"))
    console.print(facts(document))


def _draw_download(console: Console, done: Downloaded, got: Fetched | None) -> None:
    console.print(f"{done.size} entries and {done.checkpoints} checkpoints in {done.folder}.")
    if done.left:
        console.print(
            f"{done.left} newer entries are left out: no head over them was cosigned by enough yet."
        )
    if got:
        withheld = f"; {got.withheld} more are named, and not given to you" if got.withheld else ""
        console.print(f"{got.files} files of loggers in {done.folder / FOLDER}{withheld}.")
    console.print(
        facts({"fetched": f"{done.fetched} files", "kept": f"{done.kept} files", "root": done.root.hex()})
    )
    console.print(f"\nAudit it: unbroken verify {done.folder}", soft_wrap=True)


def _draw_report(console: Console, report: Report) -> None:
    console.print(Text(f"Audit of the log {report.origin}: {report.size} entries\n", style="bold"))
    table = rows("Step", "", "What is checked", "Seconds", narrow=2)
    for step in report.steps:
        verdict = mark(step.ok) if step.ok is not None else Text("- not done", style="yellow")
        said = Text(step.name).append(f"\n{step.detail}", style="dim")
        for problem in step.problems[:10]:
            said.append(f"\n- {problem}", style="red")
        table.add_row(f"{step.number}.", verdict, said, f"{step.seconds:.3f}")
    console.print(table)
    console.print()
    if report.first_wrong:
        first = f"First wrong: step {report.first_wrong.step}: {report.first_wrong}"
        console.print(Text(first, style="bold red"))
    console.print(Text(f"Proved: {report.proved}", style="green" if report.ok else ""))
    witnessed = report.size and report.witnessed_size == report.size
    console.print(Text(f"Witnesses: {report.witnessed}", style="green" if witnessed else "bold yellow"))
    standings = {one["standing"] for one in report.stamps}
    stamped = "holds" in standings and "other_entries" not in standings
    console.print(Text(f"Time: {report.stamped}", style="green" if stamped else "yellow"))
    second = any(step.number == SECOND_KEY and step.ok for step in report.steps)
    console.print(Text(f"Second key: {report.second}", style="green" if second else "yellow"))
    if not any(step.number == WITNESSES for step in report.steps):
        console.print(
            "NO WITNESS POLICY WAS GIVEN. Ask the witnesses with: --policy FILE", style="bold yellow"
        )
