"""Every code that an error can carry, each with the one title that RFC 9457 asks for.

A code's meaning never changes; a new meaning takes a new code. A test compares this table
with what the code raises. Findings (the codes of deviations) are no errors: see
`ledger/domain/findings.py`.
"""

from __future__ import annotations

BYTES = {
    "bad_origin": "A log's origin cannot be written like this",
    "float_in_payload": "Quantities are whole numbers, never floats",
    "integer_out_of_range": "A number does not fit below 2^53",
    "invalid_event": "A member of the event is missing, wrong or unknown",
    "malformed_bundle": "Not an entry bundle",
    "malformed_cbor": "Not CBOR in its one deterministic encoding",
    "malformed_checkpoint": "Not a checkpoint",
    "malformed_coi": "Not a chain of identity identifier",
    "malformed_cose": "Not a COSE_Sign1 statement",
    "malformed_din": "Not a donation identification number",
    "malformed_division": "Not a division number",
    "malformed_gtin": "Not a global trade item number",
    "malformed_json": "Not JSON as it is written here",
    "malformed_key_file": "Not an encrypted key file",
    "malformed_note": "Not a signed note",
    "malformed_product_code": "Not a product code",
    "malformed_receipt": "Not a receipt",
    "malformed_sec": "Not a Single European Code",
    "malformed_sign_in": "Not a sign-in",
    "malformed_sscc": "Not a serial shipping container code",
    "malformed_tile_path": "Not the path of a tile",
    "malformed_tlog_proof": "Not a tlog-proof",
    "malformed_vkey": "Not a verifier key",
    "nested_attestation": "An attestation cannot attest another one",
    "no_passphrase": "A key file needs a passphrase",
    "not_canonical": "JSON, but not in its one canonical form (RFC 8785)",
    "not_json": "This has no place in JSON as it is written here",
    "statement_too_large": "The statement is too large",
    "unknown_event": "There is no such event",
    "unknown_event_version": "The event has no such version",
    "unknown_header": "A header that a statement must not have",
    "unsupported_algorithm": "A signature algorithm that is not accepted",
    "unsupported_key": "A kind of key that is not accepted",
    "wrong_check_character": "The check character does not fit: look for a typing error",
    "wrong_check_digit": "The check digit does not fit: look for a typing error",
    "wrong_content_type": "A statement of another kind",
}

SIGNERS = {
    "bad_challenge": "Not a challenge of this ledger",
    "bad_signature": "The signature does not verify",
    "challenge_expired": "The challenge has expired",
    "high_s": "The signature is not in its one low-S form",
    "low_order_point": "A low-order point, which signs anything",
    "no_session": "This needs a session",
    "not_yours": "This session may not see that",
    "retired_key": "The key is retired",
    "revoked_key": "The key is revoked",
    "sign_in_used": "This sign-in was used before",
    "unknown_key": "The key was never enrolled in this log",
    "wrong_key": "The statement names another key",
    "wrong_log": "This belongs to another log",
    "wrong_passphrase": "The passphrase does not open the key file",
    "wrong_signer": "The signer is not whose key it is",
    "wrong_stream": "The statement belongs to another stream",
}

DECISIONS = {
    "cti_reused": "The key used this cti for another statement",
    "gate_failed": "A gate before this decision failed",
    "log_exists": "The database already holds a log",
    "not_revoked": "The key inside is not revoked",
    "one_organisation": "A log needs administrators of two organisations",
}

REQUESTS = {
    "body_too_large": "The body is too large",
    "busy": "The ledger has too much waiting",
    "invalid_request": "A part of the request is missing or wrong",
    "method_not_allowed": "This cannot be done here",
    "no_such_chain": "No such therapy, or not for you",
    "no_such_checkpoint": "The log signed no such checkpoint",
    "no_such_container": "No such container, or not for you",
    "no_such_entry": "No such entry, or not for you",
    "no_such_key": "No such key, or not yours",
    "no_such_leaf": "The tree has no such leaf",
    "no_such_resource": "There is nothing at this address",
    "no_such_tile": "The log has no such tile yet",
    "no_such_tree": "The log never had this size",
    "not_acceptable": "Not served in that form",
    "not_recorded_yet": "The log is not that long yet",
    "too_many_reviews": "Too many facts by a signer who has nothing to do with them",
    "too_many_statements": "Too many statements in one body",
    "unsupported_media_type": "The body is of the wrong type",
}

PROOFS = {
    "bad_bundle": "An entry bundle is damaged",
    "bad_checkpoint": "The checkpoint does not verify",
    "bad_consistency_proof": "The two trees are not one history",
    "bad_inclusion_proof": "The entry is not in the tree",
    "bad_receipt": "The receipt does not verify",
    "bad_tile": "A tile is damaged",
    "bad_tlog_proof": "The tlog-proof does not verify",
    "missing_file": "A file of the log is missing",
    "no_signature": "Nobody known has signed this",
    "unreadable_file": "A file of the log cannot be read",
}

FAULTS = {
    "clock_behind": "This computer's clock is behind the log",
    "closing": "The server is closing",
    "commit_unknown": "The database went away while it committed",
    "disk_full": "The disk is full; nothing was written",
    "history_differs": "The database holds another history than was acknowledged",
    "internal": "The ledger failed; nothing was acknowledged",
    "lossy_restore": "The database lacks entries that were acknowledged",
    "store_failed": "The database failed or is damaged",
    "store_unavailable": "The database cannot be reached",
}

TITLES: dict[str, str] = BYTES | SIGNERS | DECISIONS | REQUESTS | PROOFS | FAULTS
