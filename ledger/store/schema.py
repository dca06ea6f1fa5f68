"""The tables of the log: what the disk holds.

`entry`, `tile` and `checkpoint` are the log itself. `tag` is an index of it: which entries
concern what, derivable from the entries at any time. Its key is a hash of the tag's name:
as a number it takes a fifth of the space, and so of the pages that each batch rewrites.
Names whose hashes collide are told apart by the entry's own line of tags. `head` is the one row that every
writer locks; it says how long the log is. Read models are in `ledger/views/schema.py`.

Migrations (`migrations/versions`) create the tables and stay as they were released; this
page is how the code names them. A test compares the two.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()


@lru_cache(maxsize=20_000)
def tag_hash(name: str) -> int:
    """The key of a tag in the index: BLAKE2b of its name, 64 bits, signed. Stored: never change it."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


# SQLite only takes a column typed INTEGER for its row id, which saves an index.
Position = BigInteger().with_variant(Integer, "sqlite")

head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("size", BigInteger, nullable=False),  # entries in the log: the next position
    Column("root", LargeBinary, nullable=False),  # 32 bytes
    Column("time_ms", BigInteger, nullable=False),  # of the newest checkpoint
)

entry = Table(
    "entry",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=False),  # leaf index, from 0
    Column("type", Text, nullable=False),
    Column("statement_id", LargeBinary, nullable=False),  # SHA-256 of data
    Column("kid_cti", LargeBinary, nullable=False),  # key id (32 bytes) and cti (16 bytes)
    Column("recorded_ms", BigInteger, nullable=False),  # time of the batch's checkpoint
    Column("tags", Text, nullable=False),  # in the order given, one a line
    Column("data", LargeBinary, nullable=False),  # the statement's bytes, exactly
    Index("entry_statement_id", "statement_id", unique=True),
    Index("entry_kid_cti", "kid_cti", unique=True),
)

tag = Table(
    "tag",
    metadata,
    Column("hash", BigInteger, primary_key=True, autoincrement=False),  # `tag_hash` of the name
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

tile = Table(
    "tile",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("idx", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),  # 1 to 256 hashes of 32 bytes
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", Position, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("note", LargeBinary, nullable=False),  # the signed note, exactly
    Index("checkpoint_time_ms", "time_ms"),
)
