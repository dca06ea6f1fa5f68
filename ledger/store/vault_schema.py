"""The vault's tables: sealed identifiers, whose they are, and who looked. They are no part of the log.

No row says anything about a person to whoever lacks the keys, which are in another database
(`ledger/vault/keys.py`). Losing the tables loses what the hospital's own records hold; whoever edits
them can swap no field for another, and can hide who looked.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

person = Table(
    "vault_person",
    metadata,
    Column("person", LargeBinary, primary_key=True),  # 16 random bytes
    Column("organisation", Text, nullable=False),  # whose vault entry it is
    Column("created_ms", BigInteger, nullable=False),
    Column("erased_ms", BigInteger),  # null: the keys were not destroyed
)

field = Table(
    "vault_field",
    metadata,
    Column("person", LargeBinary, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),  # of the data key
    Column("sealed", LargeBinary, nullable=False),  # nonce, ciphertext, tag
)

subject = Table(
    "vault_subject",
    metadata,
    Column("subject", Text, primary_key=True),  # chain/<coi> or agent/<name>
    Column("person", LargeBinary, nullable=False),
    Index("vault_subject_person", "person"),
)

access = Table(
    "vault_access",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # from 0, without a gap
    Column("at_ms", BigInteger, nullable=False),
    Column("agent", Text, nullable=False),
    Column("kid", Text, nullable=False),
    Column("subject", Text, nullable=False),  # empty: of a question that met nobody
    Column("what", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reference", Text, nullable=False),  # empty: none was given
    Column("fields", Text, nullable=False),  # names, by blanks; never values
)
