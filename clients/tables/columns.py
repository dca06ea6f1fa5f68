"""The columns of the tables, each with its kind and what it says: the reference is made from them.

A value is an int, a bool, a text, a list of texts, a time in milliseconds since 1970 (UTC), or None.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Kind = Literal["int", "bool", "text", "texts", "time", "json"]
Row = dict[str, Any]
"""By column; what is missing is None."""


class Column(NamedTuple):
    name: str
    kind: Kind
    says: str


ENTRIES: tuple[Column, ...] = (
    Column("position", "int", "Place in the log, from 0; never empty, and each once"),
    Column("statement_id", "text", "SHA-256 of the signed bytes, hex"),
    Column("stream", "text", "What the statement is about, as its envelope says"),
    Column("therapies", "texts", "The therapies that it is about; none for the registry"),
    Column("type", "text", "The event"),
    Column("version", "int", "Of the event's schema"),
    Column("kind", "text", "`fact` or `decision`"),
    Column("signer", "text", "Who signed, as the envelope says; `ledger` for the ledger itself"),
    Column("kid", "text", "The key's id: SHA-256 of its SubjectPublicKeyInfo, hex"),
    Column("seq", "int", "The number of this key's statement, from 0"),
    Column("prev", "text", "The id of this key's statement before"),
    Column("occurred_at", "time", "When it happened, as its signer claims"),
    Column("seen_size", "int", "Size of the newest head that the signing device had seen; empty: none"),
    Column("recorded_at", "time", "The ledger's time of the batch. From a server it is the server's word"),
    Column("head_size", "int", "Size of the first signed head that covers it; empty from a server"),
    Column("tags", "texts", "Everything that it concerns; `review/…` for a fact without standing"),
    Column("containers", "texts", "The containers that it names, each once, in its order"),
    Column("esignature", "text", "The meaning of an e-signature under it"),
    Column(
        "payload",
        "json",
        "What was signed, as it was signed (RFC 8785). A payload that is no UTF-8, and so no event: "
        "`base64url:` and its bytes",
    ),
    Column("signature", "text", "`valid`: by a key that the log had enrolled by then; else `wrong`"),
    Column(
        "rules",
        "text",
        "`kept`: replayed, the rules allow it. `refused`. `not_judged`: it rests on what was left out. "
        "Empty from a server: nothing is replayed",
    ),
)
CONTAINERS: tuple[Column, ...] = (
    Column("position", "int", "The entry"),
    Column("statement_id", "text", "The entry's statement"),
    Column("container", "text", "A container that it names"),
    Column("therapy", "text", "Whose it is, as the entry says"),
    Column("makes", "bool", "The container comes to be with this entry"),
)


def columns_markdown() -> str:
    """Both tables, for the reference."""
    parts = list[str]()
    tables = (("Entries: one row an entry", ENTRIES), ("Containers: one row a name", CONTAINERS))
    for title, columns in tables:
        parts += [f"## {title}\n", "| Column | Kind | CSV | Parquet | Says |", "|---|---|---|---|---|"]
        for name, kind, says in columns:
            parts.append(f"| `{name}` | {kind} | {CSV[kind]} | {PARQUET[kind]} | {says} |")
        parts.append("")
    return "\n".join(parts)


CSV: dict[Kind, str] = {
    "int": "decimal",
    "bool": "`true`, `false`",
    "text": "text",
    "texts": "JSON array",
    "time": "`YYYY-MM-DDThh:mm:ss.sssZ`",
    "json": "JSON object; of what is none, the text as a JSON string",
}
PARQUET: dict[Kind, str] = {
    "int": "int64",
    "bool": "bool",
    "text": "string",
    "texts": "list of string",
    "time": "timestamp, ms, UTC",
    "json": "string, the exact text",
}
