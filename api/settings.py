"""What a deployer may turn. Every value has a reason beside it; the defaults suit one hospital."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clients.built import DIST, VERIFIER
from ledger.labels.message import ISBT128
from ledger.proof.witnesses import Policy

if TYPE_CHECKING:
    from api.authorities import Authorities
    from api.webhooks.endpoints import Endpoint
    from clients.mqtt_broker import Broker

VERSION = "0.1.0"  # of this program, as it describes itself


@dataclass(frozen=True)
class Settings:
    """Limits and lifetimes of one server. Sizes in bytes, lifetimes in seconds."""

    session_s: int = 8 * 3600  # one shift: nobody signs in twice a day, nobody stays in for a week
    challenge_s: int = 120  # long enough to type a passphrase
    max_statements: int = 1_000  # of one body: a day of a courier's scans, one batch of the writer
    max_body: int = 8 * 1024 * 1024  # 1,000 statements have some 1 MB; this leaves room for evidence
    max_question: int = 64 * 1024  # JSON and sign-in bodies
    heartbeat_s: float = 15  # of a feed: proxies give up a silent connection after 30 or 60
    feed_stall_s: float = 60  # as long as a client of a feed may take nothing before it counts as gone
    max_feeds: int = 200  # each looks whenever the log grows
    max_alarm_feeds: int = 1_000  # one of each open app; each looks whenever there is an alarm
    max_feeds_of_key: int = 8  # a person's screens, and connections that broke without a word
    max_photo: int = 8 * 1024 * 1024  # of a label that was printed: what a phone's camera makes
    max_evidence: int = 16 * 1024 * 1024  # a logger's file: one-minute readings of a year have some 10 MB
    max_evidence_of_therapy: int = 512 * 1024 * 1024  # all its loggers' files: more is no journey
    contact: str = ""  # whom a stranger calls who finds a bag: a number that is answered day and night
    label_host: str = ""  # in the links of labels, HOST or HOST:PORT; empty: no label is drawn
    label_datamatrix: str = ISBT128  # see ledger/labels/message.py
    label_checks_a_minute: int = 60  # by one address without a session: who works has one
    trusted_proxies: str = "127.0.0.1"  # addresses whose X-Forwarded-For is believed, by commas
    mqtt: Broker | None = None  # where loggers' readings come from, beside HTTP
    max_patient_tries: int = 60  # of a key, in an hour, that met no therapy: no ward misreads as many
    witnesses: Policy | None = None  # who is asked to cosign each head; None: nobody
    vault_keys: Path | None = None  # the vault's key database; None: no vault
    vault_master: str = ""  # where its master key lies, see ledger/vault/master.py
    authorities: Authorities | None = None  # who is asked to stamp heads; None: nobody
    webhooks: tuple[Endpoint, ...] = ()  # who is told of alarms
    readings_a_minute: int = 1_200  # requests of one address, each with up to 1,000 packets
    packets_a_minute: int = 3_000  # of one logger's key: two days of minutes, sent at once
    seal_after_s: int = 15 * 60  # live readings wait so long in the database alone
    seal_every_s: float = 1  # between two looks at what is due
    keep_unpacked_s: int = 30 * 86_400  # readings of a logger that nobody packed with anything
    page: int = 100
    max_page: int = 1_000
    app_folder: Path = DIST  # the built app; read once, when the server starts
    verifier: Path = VERIFIER  # the page that lies in each bundle; where it is not built, in none
