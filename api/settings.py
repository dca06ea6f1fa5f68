"""What a deployer may turn. Every value has a reason beside it; the defaults suit one hospital."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Limits and lifetimes of one server. Sizes in bytes, lifetimes in seconds."""

    session_s: int = 8 * 3600  # one shift: nobody signs in twice a day, nobody stays in for a week
    challenge_s: int = 120  # long enough to type a passphrase
    max_statements: int = 1_000  # of one body: a day of a courier's scans, one batch of the writer
    max_body: int = 8 * 1024 * 1024  # 1,000 statements have some 1 MB; this leaves room for evidence
    max_question: int = 64 * 1024  # JSON and sign-in bodies
    page: int = 100
    max_page: int = 1_000
