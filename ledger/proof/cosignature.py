"""Timestamped signatures of a tree head (c2sp.org/tlog-cosignature), by the log or by a witness.

Only the Ed25519 kind, `cosignature/v1`. It says: of this log, at this time, the largest
consistent tree that the signer had seen was this one.
"""

from __future__ import annotations

from ledger.errors import ProofInvalid
from ledger.proof import note
from ledger.proof.keys import SigningKey
from ledger.proof.note import COSIGNATURE, Note, VerifierKey

MAX_TIME = 2**63 - 1  # "It MUST NOT exceed 2^63 - 1"
_TIME, _SIGNATURE = 8, 64  # bytes of `timestamped_signature`


def cosigned_message(body: str, time_s: int) -> bytes:
    """ "Ed25519 signed message": header line, time line, the whole checkpoint body."""
    return f"cosignature/v1\ntime {time_s}\n{body}".encode()


def cosign(body: str, vkey: VerifierKey, key: SigningKey, time_s: int) -> str:
    """One signature line over a checkpoint's body. `vkey` is of type `COSIGNATURE`, `key` its
    private half; `time_s`: whole seconds since the epoch."""
    signature = key.sign(cosigned_message(body, time_s))
    return note.signature_line(vkey, time_s.to_bytes(_TIME, "big") + signature)


def cosigned_at(found: Note, vkey: VerifierKey) -> int:
    """When the key cosigned this note, in seconds since the epoch.

    Raises `ProofInvalid`: `no_signature` where it did not, `bad_cosignature`.
    """
    stamped = note.find(found, vkey)
    time_s = int.from_bytes(stamped[:_TIME], "big")
    if vkey.alg != COSIGNATURE or len(stamped) != _TIME + _SIGNATURE or time_s > MAX_TIME:
        raise ProofInvalid("bad_cosignature", f"the line by {vkey.name!r} is no cosignature")
    note.check_signature(vkey, stamped[_TIME:], cosigned_message(found.text, time_s), "bad_cosignature")
    return time_s
