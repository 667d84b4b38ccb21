"""Rows of any collection, made from its catalogue entry alone, with values that are hard to query.

They are not consistent with each other, as the generated world is; they hold quotes, wildcards,
NULs, empty references, absent values, lists of any length and values of any type, so that what
conditions say can be tried on every kind of field.
"""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cwp_local.sandbox.catalogue import kind_of, reference_types
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.records import codecs_of, create_indexes, create_tables
from cwp_local.sandbox.store import Store
from cwp_local.sandbox.tables import TABLES, Table

Row = dict[str, Any]

ROWS_PER_TABLE = 60
TEXTS = (
    *("", "a", "A", "ab", "Ba", "aba", "the printer", "The Printer", "printer 2", "é", "É", "ü a"),
    *("50%", "5_0", "a*b", "what?", "[x]", "x]", "[", "^", "a-b", 'say "x"', "it's", "C:\\temp"),
    *("a\nb", "a\x00b", "\u200bzero", "null", "true", "5", "2026-01-31T10:00:00Z"),
)
NUMBERS = (0, 1, 2, 3, 5, 10, 70, 250, -1, 0.5, 2.25, 20_000)
MOMENTS = (
    "1800-01-01T08:00:00Z",
    "2016-08-20T18:04:26Z",
    "2026-01-31T00:00:00Z",
    "2026-01-31T10:00:00Z",
    "2026-01-31T10:00:01Z",
    "2026-11-23T08:00:00Z",
)


_NOTES: Row = {
    "spec": {
        "company": "MadeUp",
        "seed": 5,
        "tickets": ROWS_PER_TABLE,
        "reference_time": "2026-11-23T08:00:00Z",
    },
    "keys": {"public_key": "public", "private_key": "private", "client_id": "client"},
    "changes_played": 0,
}


def made_up_rows(seed: int = 5) -> Iterator[tuple[Table, Row]]:
    """The same rows of every table for the same seed; ids have gaps."""
    dice = random.Random(seed)  # noqa: S311 - made-up data
    for table in TABLES.values():
        for row_id in sorted(dice.sample(range(1, 3 * ROWS_PER_TABLE), ROWS_PER_TABLE)):
            yield table, _row(dice, table, row_id)


def made_up_store(path: Path) -> Store:
    """A new company file that holds the made-up rows."""
    with closing(sqlite3.connect(path)) as connection:
        codecs_of(connection)  # the tables have a column of it
        create_tables(connection)
        for table in TABLES.values():
            create_indexes(connection, table)
        connection.execute("PRAGMA journal_mode = WAL")
    store = Store(path)
    with store.writing() as writing:
        for table, row in made_up_rows():
            writing.insert(table, row)
        for name, value in _NOTES.items():
            writing.set_note(name, value)
    return store


def open_made_up(path: Path) -> Company:
    """The company of such a file; whoever asks closes it."""
    return Company(Store(path), datetime(2026, 11, 23, 8, tzinfo=UTC))


def _row(dice: random.Random, table: Table, row_id: int) -> Row:
    row = _object(dice, table.entity.types, 0)
    info = {"lastUpdated": dice.choice(MOMENTS), "updatedBy": dice.choice(TEXTS)}
    if dice.random() < 0.5:
        info["dateEntered"] = dice.choice(MOMENTS)
    return {**row, "id": row_id, "_info": info}


def _object(dice: random.Random, types: dict[str, str], depth: int) -> Row:
    kept = [name for name in types if name != "_info" and dice.random() < 0.7]
    return {name: _value(dice, types[name], depth) for name in kept}


def _value(dice: random.Random, type_text: str, depth: int) -> Any:
    kind = kind_of(type_text)
    if kind == "list":
        return [_value(dice, type_text[2:], depth + 1) for _ in range(dice.choice((0, 1, 1, 2, 3)))]
    if kind == "reference":
        if depth > 2 or dice.random() < 0.1:
            return {}
        return _object(dice, reference_types(type_text[2:]), depth + 1)
    if kind == "enum":
        return dice.choice(type_text.removeprefix("enum:").split("|"))
    return dice.choice(_POOLS[kind])


_POOLS: dict[str, tuple[Any, ...]] = {
    "numeric": NUMBERS,
    "boolean": (True, False),
    "datetime": MOMENTS,
    "string": TEXTS,
    "object": (*TEXTS, *NUMBERS, *MOMENTS, True, False, None),
}
