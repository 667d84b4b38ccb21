"""Cases that test-suites of other tools make much of, as one table: raw rows in, history out.

Snapshots, change-data-capture merges and typing are where loaders differ; what is right here
follows from the rules of scd2.md and from docs/mappings.md. Each case goes through the whole
transformer twice: its first file before the others, and all in the opposite order at once, because
the order may not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from cwp_shared.mapping import Mapping
from tests.property.transformer.reference import serialised
from tests.unit.transformer.fakes import (
    TICKETS,
    TIMELESS,
    World,
    absences_body,
    at,
    raw_body,
    ticket,
)

#: What a case has of one version: the value of its column, and from when to when in seconds.
Version = tuple[Any, float, float | None]


@dataclass(frozen=True)
class Seen:
    """A file of rows that one run saw; `upper` is its frozen bound, in seconds.

    `places` are (window, page, row), by default one page in order.
    """

    rows: tuple[dict[str, Any], ...]
    upper: float
    places: tuple[tuple[int, int, int], ...] | None = None

    def body(self, number: int) -> bytes:
        run_id = f"run-{int(self.upper):09d}-{number}"
        return raw_body(self.rows, upper=self.upper, run_id=run_id, places=self.places)


@dataclass(frozen=True)
class Gone:
    """A file of absences: (id, since second)."""

    ids: tuple[tuple[int, float], ...]

    def body(self, number: int) -> bytes:
        return absences_body(self.ids, run_id=f"sweep-{number}")


def seen(*rows: dict[str, Any], upper: float = 1000) -> Seen:
    return Seen(rows, upper)


def gone(*ids: tuple[int, float]) -> Gone:
    return Gone(ids)


@dataclass(frozen=True)
class Case:
    name: str
    files: Sequence[Seen | Gone]
    versions: Sequence[Version]
    column: str = "summary"
    mapping: Mapping = TICKETS
    #: What the reasons of the rows in quarantine say, in any order.
    refused: Sequence[str] = ()


def keyed(kind: str, **more: Any) -> Mapping:
    """The tickets, with a key of this type from `siteName`."""
    columns = [
        {"name": "ticket_id", "type": kind, "from": "siteName"},
        {"name": "summary", "type": "varchar(40)", "from": "summary"},
    ]
    meaning = {"table": "tickets", "source": "service_tickets", "version": 1, "key": ["ticket_id"]}
    return Mapping.model_validate(
        meaning | {"updated_at": "_info/lastUpdated", "columns": columns} | more
    )


def typed(kind: str, **more: Any) -> Mapping:
    """The tickets, with one column of this type from `value`."""
    columns = [
        {"name": "ticket_id", "type": "bigint", "from": "id"},
        {"name": "value", "type": kind, "from": "value", **more},
    ]
    meaning = {"table": "tickets", "source": "service_tickets", "version": 1, "key": ["ticket_id"]}
    return Mapping.model_validate(meaning | {"updated_at": "_info/lastUpdated", "columns": columns})


def of(*keys: Any) -> tuple[Seen, ...]:
    """A file for each key, every one a record or a version of its own."""
    return tuple(
        seen(ticket(None, 10 * n, siteName=key, summary=f"v{n}")) for n, key in enumerate(keys, 1)
    )


def became(*values: Any, step: float = 10) -> tuple[Seen, ...]:
    """A file for each value that record 1 had, one after the other, every ten seconds."""
    return tuple(seen(ticket(1, step * n, value=value)) for n, value in enumerate(values, 1))


def changed(
    name: str, kind: str, values: Sequence[Any], versions: Sequence[Version], **more: Any
) -> Case:
    """Record 1 has one value after the other, in a column of this type."""
    return Case(name, became(*values), versions, "value", typed(kind, **more))


TEXT_KEY = keyed("varchar(20)")
ID_KEY = keyed("bigint")

KEYS = [
    Case(
        "keys that differ in upper and lower case are two records",
        of("Acme", "acme"),
        [("v1", 10, None), ("v2", 20, None)],
        mapping=TEXT_KEY,
    ),
    Case(
        "keys that differ in a space before or behind are three records",
        of("acme", " acme", "acme "),
        [("v2", 20, None), ("v1", 10, None), ("v3", 30, None)],
        mapping=TEXT_KEY,
    ),
    Case(
        "keys that only look alike, composed and decomposed, are two records",
        of("caf\u00e9", "cafe\u0301"),
        [("v2", 20, None), ("v1", 10, None)],
        mapping=TEXT_KEY,
    ),
    Case(
        "a text key beyond the basic plane is a key",
        of("\U0001f5a8", "\U0001f5a9", "\U0001f5a8"),
        [("v1", 10, 30), ("v3", 30, None), ("v2", 20, None)],
        mapping=TEXT_KEY,
    ),
    Case(
        "the empty text is a key, and NULL is none",
        of("", None),
        [("v1", 10, None)],
        mapping=TEXT_KEY,
        refused=["ticket_id is missing"],
    ),
    Case(
        "numbers in a text key are what is written, zeros before them too",
        of("1", "01", "1"),
        [("v2", 20, None), ("v1", 10, 30), ("v3", 30, None)],
        mapping=TEXT_KEY,
    ),
    Case(
        "a whole number is one key however it is written",
        of(1, "1", "1.0", 1.0, " 1 "),
        [("v1", 10, 20), ("v2", 20, 30), ("v3", 30, 40), ("v4", 40, 50), ("v5", 50, None)],
        mapping=ID_KEY,
    ),
    Case(
        "a whole number and its text are one text key",
        of(1, "1", 1.0),
        [("v1", 10, 20), ("v2", 20, 30), ("v3", 30, None)],
        mapping=TEXT_KEY,
    ),
    Case(
        "a number key that is blank, or no whole number, is refused",
        of("", "1.5", "one", True),
        [],
        mapping=ID_KEY,
        refused=["ticket_id is missing", "1.5 does not fit", "one does not fit", "true does not"],
    ),
    Case(
        "words that stand for NULL elsewhere are keys",
        of("NULL", "null", "None", "NaN", "-1", None),
        [("v5", 50, None), ("v1", 10, None), ("v4", 40, None), ("v3", 30, None), ("v2", 20, None)],
        mapping=TEXT_KEY,
        refused=["ticket_id is missing"],
    ),
    Case(
        # A file has it as a double if another of its rows has a fraction there.
        "sixteen digits are one text key, whichever type they have in a file",
        of(1234567890123456, 1234567890123456.0, "1234567890123456"),
        [("v1", 10, 20), ("v2", 20, 30), ("v3", 30, None)],
        mapping=TEXT_KEY,
    ),
    Case(
        "neighbours that a double cannot tell apart are two records",
        of(2**53, 2**53 + 1),
        [("v1", 10, None), ("v2", 20, None)],
        mapping=ID_KEY,
    ),
    Case(
        "the largest and the smallest id are keys, one more is refused",
        of(2**63 - 1, -(2**63), str(2**63)),
        [("v2", 20, None), ("v1", 10, None)],
        mapping=ID_KEY,
        refused=[f"{2**63} does not fit bigint"],
    ),
    Case(
        "a text key as long as its column is a key, one byte more is refused",
        of("k" * 20, "k" * 21, "\u00e9" * 10, "\u00e9" * 10 + "x"),
        [("v1", 10, None), ("v3", 30, None)],
        mapping=TEXT_KEY,
        refused=["does not fit varchar(20)"] * 2,
    ),
    Case(
        "a key with a NUL is refused: without it, it could be another record's",
        of("acme", "ac\0me"),
        [("v1", 10, None)],
        mapping=TEXT_KEY,
        refused=["ticket_id has a NUL character"],
    ),
    Case(
        "compound keys do not run together, whatever is in them",
        [
            seen(ticket(None, 10, siteName=one, city=other, summary=f"{one}+{other}"))
            for one, other in [("a", "bc"), ("ab", "c"), ("1:a", ","), ("1:a,", ""), ("", "abc")]
        ],
        [
            ("+abc", 10, None),
            ("1:a+,", 10, None),
            ("1:a,+", 10, None),
            ("a+bc", 10, None),
            ("ab+c", 10, None),
        ],
        mapping=keyed(
            "varchar(20)",
            key=["ticket_id", "other"],
            columns=[
                {"name": "ticket_id", "type": "varchar(20)", "from": "siteName"},
                {"name": "other", "type": "varchar(20)", "from": "city"},
                {"name": "summary", "type": "varchar(40)", "from": "summary"},
            ],
        ),
    ),
    Case(
        "one part of a compound key that is NULL refuses the row",
        [seen(ticket(7, 10, siteName=None)), seen(ticket(7, 10, siteName="a"))],
        [("printer", 10, None)],
        mapping=keyed(
            "bigint",
            key=["ticket_id", "site"],
            columns=[
                {"name": "ticket_id", "type": "bigint", "from": "id"},
                {"name": "site", "type": "varchar(20)", "from": "siteName"},
                {"name": "summary", "type": "varchar(40)", "from": "summary"},
            ],
        ),
        refused=["site is missing"],
    ),
]


def was(summary: str, u: float, upper: float, **more: Any) -> Seen:
    """Record 1, seen by the run up to `upper`."""
    return seen(ticket(1, u, summary=summary, **more), upper=upper)


def when(*times: str | None, **more: Any) -> Seen:
    """One file: record 1 as of each of these times."""
    rows = (
        ticket(1, None, summary=f"v{n}", _info__lastUpdated=time, **more)
        for n, time in enumerate(times, 1)
    )
    return seen(*rows, upper=100_000_000)


TIMES = [
    Case(
        "fractions of one second are one version, and what was seen last counts",
        [when("2026-01-01T00:00:10.9Z", "2026-01-01T00:00:10.1Z")],
        [("v2", 10, None)],
    ),
    Case(
        # Airbyte rounds a cursor up, and so passes over what comes between.
        "a second has ten million parts in .NET, and the last of them is not the next second",
        [when("2026-01-01T00:00:10.9999999Z"), when("2026-01-01T00:00:10.999999999+00:00")],
        [("v1", 10, None)],
    ),
    Case(
        "part of a second before 1970 belongs to the second that it is in",
        [when("1969-12-31T23:59:59.5Z")],
        [("v1", -1_767_225_601, None)],
    ),
    Case(
        # Streams forget what they saw before their watermark.
        "ten years late is not too late",
        [was("b", 10, 12), was("a", -315_000_000, 20)],
        [("a", -315_000_000, 10), ("b", 10, None)],
    ),
    Case(
        "a time with an offset is the instant that it means",
        [when("2026-01-01T05:30:20+05:30", "2025-12-31T19:00:10-05:00")],
        [("v2", 10, 20), ("v1", 20, None)],
    ),
    Case(
        "the hour that comes twice in autumn has two of everything",
        [when("2026-10-25T02:30:00+01:00", "2026-10-25T02:30:00+02:00")],
        [("v2", 25_662_600, 25_666_200), ("v1", 25_666_200, None)],
    ),
    Case(
        "a row that does not say when it changed is refused",
        [
            *(when(None), when(""), when("  "), when("0001-01-01T00:00:00Z")),
            *(when("soon"), when("2026-02-30T00:00:00Z"), when("2016-12-31T23:59:60Z")),
        ],
        [],
        refused=[*["_info/lastUpdated is missing"] * 4, *["is not a time"] * 3],
    ),
    Case(
        "five minutes ahead of its run is a clock, a second more is refused",
        [seen(ticket(1, 1300)), seen(ticket(2, 1301))],
        [("printer", 1300, None)],
        refused=["more than 5 minutes after the upper bound"],
    ),
    Case(
        "the end of time as a change is refused, as an attribute it is kept",
        [seen(ticket(1, 10, closedDate="9999-12-31T23:59:59Z")), when("9999-12-31T23:59:59Z")],
        [(datetime.fromisoformat("9999-12-31T23:59:59"), 10, None)],
        column="closed_at",
        refused=["more than 5 minutes after the upper bound"],
    ),
    Case(
        "a date that means no date is none, and its going is no version",
        [
            seen(ticket(1, 10, closedDate="0001-01-01T00:00:00Z")),
            seen(ticket(1, 20, closedDate=None)),
            seen(ticket(1, 30, closedDate="")),
        ],
        [(None, 10, None)],
        column="closed_at",
    ),
    Case(
        "one instant written in three ways is no version",
        [
            seen(ticket(1, 10, closedDate="2026-01-01T10:00:00Z")),
            seen(ticket(1, 20, closedDate="2026-01-01T12:00:00+02:00")),
            seen(ticket(1, 30, closedDate="2026-01-01T10:00:00.000000")),
        ],
        [(datetime.fromisoformat("2026-01-01T10:00:00"), 10, None)],
        column="closed_at",
    ),
    Case(
        "a record made after its change, or before time began, begins with its change",
        [
            seen(ticket(1, 10, _info__dateEntered=at(20))),
            seen(ticket(2, 10, _info__dateEntered="0001-01-01T00:00:00Z")),
        ],
        [("printer", 10, None), ("printer", 10, None)],
    ),
]

CONTENT = [
    changed(
        "NULL, the empty text and a space are three things",
        "varchar(20)",
        [None, "", " ", None],
        [(None, 10, 20), ("", 20, 30), (" ", 30, 40), (None, 40, None)],
    ),
    changed(
        # AutomateDV hashes NULL as ^^, others as a text of their own.
        "words that stand for NULL elsewhere are texts",
        "varchar(20)",
        [None, "null", "NULL", "^^", "\\N"],
        [(None, 10, 20), ("null", 20, 30), ("NULL", 30, 40), ("^^", 40, 50), ("\\N", 50, None)],
    ),
    changed(
        # datavault4dbt trims before it compares.
        "a space before, a tab and another end of line are changes",
        "varchar(20)",
        [" a", "a", "\ta", "a\n", "a\r\n"],
        [(" a", 10, 20), ("a", 20, 30), ("\ta", 30, 40), ("a\n", 40, 50), ("a\r\n", 50, None)],
    ),
    Case(
        # Hashes of values joined without their names take it for none.
        "a value that moves to the next column is a change",
        [was("a", 10, 12, status__name=None), seen(ticket(1, 20, summary=None, status__name="a"))],
        [(None, 10, 20), ("a", 20, None)],
        column="status_name",
    ),
    Case(
        "what separates values elsewhere is text inside of them",
        [was("a||b", 10, 12, status__name="c"), was("a", 20, 22, status__name="b||c")],
        [("a||b", 10, 20), ("a", 20, None)],
    ),
    Case(
        # SQLMesh fills what was NULL from the version after it.
        "a version keeps its own NULL when the next one has a value",
        [was("a", 10, 12, budgetHours=None), was("b", 20, 22, budgetHours=2)],
        [(None, 10, 20), (Decimal("2.0000"), 20, None)],
        column="budget_hours",
    ),
    changed(
        "a space behind and upper case are changes",
        "varchar(20)",
        ["a", "a ", "A"],
        [("a", 10, 20), ("a ", 20, 30), ("A", 30, None)],
    ),
    changed(
        "composed and decomposed are a change: no text is made another",
        "varchar(20)",
        ["caf\u00e9", "cafe\u0301"],
        [("caf\u00e9", 10, 20), ("cafe\u0301", 20, None)],
    ),
    changed(
        "faces are told apart, and a NUL is left out",
        "varchar(20)",
        ["\U0001f600", "\U0001f601", "ab", "a\0b"],
        [("\U0001f600", 10, 20), ("\U0001f601", 20, 30), ("ab", 30, None)],
    ),
    changed(
        "int, double and text of one number are no versions",
        "decimal(18,4)",
        [5, 5.0, "5", "5.0000", "5e0"],
        [(Decimal("5.0000"), 10, None)],
    ),
    changed(
        "a whole number stays itself when its type drifts",
        "bigint",
        [5, 5.0, "5", "5.0"],
        [(5, 10, None)],
    ),
    changed(
        "as text a number is what was meant, and a text is what was written",
        "varchar(20)",
        [5, 5.0, "5", "5.0"],
        [("5", 10, 40), ("5.0", 40, None)],
    ),
    changed(
        "what the scale cannot say is rounded, half away from zero, and then compared",
        "decimal(18,4)",
        [0.00004, 0.00005, 0.0001, -0.00005, 1e-9],
        [
            (Decimal("0.0000"), 10, 20),
            (Decimal("0.0001"), 20, 40),
            (Decimal("-0.0001"), 40, 50),
            (Decimal("0.0000"), 50, None),
        ],
    ),
    changed(
        "a decimal zero has no sign",
        "decimal(18,4)",
        ["-0", 0, -0.0, "-0.00", -0.00004],
        [(Decimal("0.0000"), 10, None)],
    ),
    changed(
        "sixteen digits are one text, whichever type they have in a file",
        "varchar(20)",
        [1234567890123456, 1234567890123456.0, float(2**53), 2**53],
        [("1234567890123456", 10, 30), (str(2**53), 30, None)],
    ),
    changed(
        "the noise of doubles is no change",
        "decimal(18,4)",
        [0.1 + 0.2, 0.3],
        [(Decimal("0.3000"), 10, None)],
    ),
    changed(
        "in a double column it is one, but the sign of zero is not",
        "double precision",
        [0.1 + 0.2, 0.3, -0.0, 0.0],
        [(0.1 + 0.2, 10, 20), (0.3, 20, 30), (0.0, 30, None)],
    ),
    changed(
        "a boolean is the same as text and as number",
        "boolean",
        [True, "true", "TRUE", 1, "1", 1.0, "false", 0, "0", False],
        [(True, 10, 70), (False, 70, None)],
    ),
    Case(
        "what is no number fits no number column",
        became(float("nan"), float("inf"), "NaN", "-Infinity", "12,5", "0x10", "1_000", "\u0661"),
        [],
        "value",
        typed("decimal(18,4)"),
        refused=["does not fit decimal(18,4)"] * 8,
    ),
    Case(
        "what is no finite number fits no double column either",
        became(float("nan"), float("-inf"), "1e999", "inf"),
        [],
        "value",
        typed("double precision"),
        refused=["does not fit double precision"] * 4,
    ),
    Case(
        "numbers that are too large are refused, not bent",
        became(str(2**63), 1e300, "1e30", 99_999_999_999_999.99996),
        [],
        "value",
        typed("decimal(18,4)"),
        refused=["does not fit decimal(18,4)"] * 4,
    ),
    changed(
        "a number beyond every type is kept as text, to its last digit",
        "varchar(40)",
        [str(2**80), str(2**80 + 1)],
        [(str(2**80), 10, 20), (str(2**80 + 1), 20, None)],
    ),
    Case(
        "yes and no are no booleans",
        became("yes", "N", 2, 0.5, "on"),
        [],
        "value",
        typed("boolean"),
        refused=["does not fit boolean"] * 5,
    ),
    changed(
        "order, spaces and nulls in JSON are no versions",
        "super",
        ['[{"a":1,"b":2}]', '[ {"b": 2.0, "a": 1} ]', '[{"a":1,"b":2,"c":null}]'],
        [('[{"a":1,"b":2}]', 10, None)],
    ),
    changed(
        "the order of a list is content, and no list is not an empty one",
        "super",
        ["[1,2]", "[2,1]", None, "[]"],
        [("[1,2]", 10, 20), ("[2,1]", 20, 30), (None, 30, 40), ("[]", 40, None)],
    ),
    changed(
        "the order of a set is none, but how often something is in it is content",
        "super",
        ["[1,2]", "[2,1]", "[2,1,1]"],
        [("[1,2]", 10, 30), ("[1,1,2]", 30, None)],
        as_set=True,
    ),
    changed(
        "objects in a set are sorted by what they say, however it is written",
        "super",
        ['[{"b":1,"a":2},{"a":1}]', '[{"a":1.0},{"a":2,"b":1}]', '[{"a":"1"},{"a":2,"b":1}]'],
        [('[{"a":1},{"a":2,"b":1}]', 10, 30), ('[{"a":"1"},{"a":2,"b":1}]', 30, None)],
        as_set=True,
    ),
    changed(
        "escapes in JSON are what they stand for",
        "super",
        ['["\\u00e9\\ud83d\\ude00"]', '["\u00e9\U0001f600"]', '["a\\u0000b"]', '["ab"]'],
        [('["\u00e9\U0001f600"]', 10, 30), ('["ab"]', 30, None)],
    ),
    changed(
        "whole numbers in JSON that no double holds are kept to the last digit",
        "super",
        [f"[{2**64}]", f"[{2**64 + 1}]"],
        [(f"[{2**64}]", 10, 20), (f"[{2**64 + 1}]", 20, None)],
    ),
    changed(
        "what lies deep counts",
        "super",
        ["[" * 60 + "1" + "]" * 60, "[" * 60 + "2" + "]" * 60],
        [("[" * 60 + "1" + "]" * 60, 10, 20), ("[" * 60 + "2" + "]" * 60, 20, None)],
    ),
    Case(
        "what is no JSON is refused, however deep",
        became("{", "[" * 100_000, "[NaN]", '["\\ud800"]'),
        [],
        "value",
        typed("super"),
        refused=["does not fit super"] * 4,
    ),
]


DELETES = [
    Case(
        "a delete closes what is open, and there is no row without data",
        [was("a", 10, 12), gone((1, 30))],
        [("a", 10, 30)],
    ),
    Case(
        "what comes back alike is a version of its own, and the gap stays",
        [was("a", 10, 12), gone((1, 30)), was("a", 10, 40)],
        [("a", 10, 30), ("a", 40, None)],
    ),
    Case(
        "what comes back changed begins with its change",
        [was("a", 10, 12), gone((1, 30)), was("b", 35, 40)],
        [("a", 10, 30), ("b", 35, None)],
    ),
    Case(
        "what comes back twice has two gaps",
        [was("a", 10, 12), gone((1, 30)), was("a", 10, 40), gone((1, 50)), was("a", 10, 60)],
        [("a", 10, 30), ("a", 40, 50), ("a", 60, None)],
    ),
    Case(
        "of two deletes with nothing between, the first one closes",
        [was("a", 10, 12), gone((1, 40)), gone((1, 30))],
        [("a", 10, 30)],
    ),
    Case(
        "a delete before the first record deletes nothing that came after",
        [gone((1, 5)), was("a", 10, 12)],
        [("a", 10, None)],
    ),
    Case(
        "what was deleted before it is first known does not begin when it was made",
        [gone((1, 5)), was("a", 10, 12, _info__dateEntered=at(2))],
        [("a", 10, None)],
    ),
    Case(
        "a delete before all that is known ends what comes to light before it",
        [gone((1, 20)), was("b", 30, 32), was("a", 10, 12)],
        [("a", 10, 20), ("b", 30, None)],
    ),
    Case(
        "a change in the second of the delete comes after it",
        [was("a", 10, 12), gone((1, 30)), was("b", 30, 30)],
        [("a", 10, 30), ("b", 30, None)],
    ),
    Case(
        "a change in the second of the delete that a later run saw is what came back",
        [was("a", 10, 12), gone((1, 30)), was("b", 30, 40)],
        [("a", 10, 30), ("b", 40, None)],
    ),
    Case(
        "a run up to the second of the delete saw it before the delete",
        [was("a", 10, 12), gone((1, 30)), was("a", 10, 30)],
        [("a", 10, 30)],
    ),
    Case(
        "a late record before the delete is closed by it",
        [was("a", 10, 12), gone((1, 30)), was("b", 20, 25)],
        [("a", 10, 20), ("b", 20, 30)],
    ),
    Case(
        "a late record between two deletes lives between them",
        [was("a", 10, 12), gone((1, 20)), gone((1, 40)), was("b", 30, 32)],
        [("a", 10, 20), ("b", 30, 40)],
    ),
    Case(
        "a late delete divides a run of equal states",
        [was("a", 10, 12), was("a", 50, 52), gone((1, 30))],
        [("a", 10, 30), ("a", 50, None)],
    ),
    Case(
        "a late delete of what a later run saw again leaves a gap",
        [was("a", 10, 12), was("a", 10, 60), gone((1, 30))],
        [("a", 10, 30), ("a", 60, None)],
    ),
    Case(
        # In Hudi what comes last may win, a delete or a record, whatever its time.
        "a late delete ends a closed version earlier, and what is current stays",
        [was("a", 10, 12), was("b", 50, 52), gone((1, 30))],
        [("a", 10, 30), ("b", 50, None)],
    ),
    Case(
        "an earlier delete that comes to light shows that it was back before the next",
        [was("a", 10, 12), was("a", 10, 25), gone((1, 30)), gone((1, 20))],
        [("a", 10, 20), ("a", 25, 30)],
    ),
    Case(
        # dbt (new_record) and its adapters add a deleted row at each of them.
        "a delete in the gap changes nothing",
        [was("a", 10, 12), gone((1, 30)), was("a", 10, 40), gone((1, 35))],
        [("a", 10, 30), ("a", 40, None)],
    ),
    Case(
        # As from a backup.
        "what comes back in an older state is shown as it came back",
        [was("a", 10, 12), was("b", 20, 22), gone((1, 30)), was("a", 10, 40)],
        [("a", 10, 20), ("b", 20, 30), ("a", 40, None)],
    ),
    Case(
        "what is overwritten is as it came back too, though an older change said so",
        [
            *(was("a", 10, 12, poNumber="p"), was("b", 20, 22, poNumber="q")),
            *(gone((1, 30)), was("a", 10, 40, poNumber="p")),
        ],
        [("p", 10, 20), ("p", 20, 30), ("p", 40, None)],
        column="po_number",
    ),
    Case(
        # Tables with system time have a version without length here.
        "what comes back in the second of its next change is that change",
        [was("a", 10, 12), gone((1, 30)), was("a", 10, 40), was("b", 40, 42)],
        [("a", 10, 30), ("b", 40, None)],
    ),
    Case(
        "a late other state divides what came back",
        [was("a", 10, 12), gone((1, 30)), was("a", 10, 40), was("a", 60, 62), was("b", 50, 52)],
        [("a", 10, 30), ("a", 40, 50), ("b", 50, 60), ("a", 60, None)],
    ),
    Case(
        "a change before the delete that only a later run saw holds from that run on",
        [was("a", 10, 12), gone((1, 30)), was("b", 20, 40)],
        [("a", 10, 30), ("b", 40, None)],
    ),
    Case(
        "the time of making does not reach back over a delete",
        [gone((1, 5)), was("a", 10, 12, _info__dateEntered=at(2))],
        [("a", 10, None)],
    ),
    Case(
        "what is overwritten is shown by deleted versions too",
        [was("a", 10, 12, poNumber="p"), gone((1, 30)), was("a", 35, 40, poNumber="q")],
        [("q", 10, 30), ("q", 35, None)],
        column="po_number",
    ),
    Case(
        "a delete of what nobody knows is remembered",
        [gone((1, 30)), was("a", 10, 12)],
        [("a", 10, 30)],
    ),
    Case(
        "files without a row say nothing",
        [was("a", 10, 12), Seen((), 500)],
        [("a", 10, None)],
    ),
    Case(
        "without lastUpdated a deleted record comes back with the run that saw it",
        [
            seen(ticket(1, None), upper=10),
            gone((1, 20)),
            seen(ticket(1, None), upper=20),
            seen(ticket(1, None), upper=30),
        ],
        [("printer", 10, 20), ("printer", 20, None)],
        mapping=TIMELESS,
    ),
]

RENAMED = typed("varchar(20)")
RENAMED = RENAMED.model_copy(
    update={
        "columns": (
            RENAMED.columns[0],
            RENAMED.columns[1].model_copy(
                update={"source": None, "first_of": ("newName", "value")}
            ),
        )
    }
)

SHAPES = [
    Case(
        "a field that nobody sent before makes a version where it has a value, and no other",
        [seen(ticket(1, 10), ticket(2, 10)), seen(ticket(1, 20, city="Graz"), ticket(2, 20))],
        [(None, 10, 20), ("Graz", 20, None), (None, 10, None)],
        column="city",
        mapping=TICKETS.model_copy(
            update={
                "columns": (
                    *TICKETS.columns,
                    typed("varchar(20)")
                    .columns[1]
                    .model_copy(update={"name": "city", "source": "city"}),
                )
            }
        ),
    ),
    Case(
        "a field that is not sent any more is NULL, as if it had been sent as that",
        [
            seen(ticket(1, 10, budgetHours=2.5)),
            seen(ticket(1, 20)),
            seen(ticket(1, 30, budgetHours=None)),
        ],
        [(Decimal("2.5000"), 10, 20), (None, 20, None)],
        column="budget_hours",
    ),
    Case(
        "a field of another name with the same value is no version",
        [
            seen(ticket(1, 10, value="x")),
            seen(ticket(1, 20, newName="x")),
            seen(ticket(1, 30, newName="y")),
        ],
        [("x", 10, 30), ("y", 30, None)],
        column="value",
        mapping=RENAMED,
    ),
    Case(
        "a field that becomes a text where it was a number refuses only what does not fit",
        [
            seen(ticket(1, 10, budgetHours=2)),
            seen(ticket(1, 20, budgetHours="2.50")),
            seen(ticket(1, 30, budgetHours="some")),
        ],
        [(Decimal("2.0000"), 10, 20), (Decimal("2.5000"), 20, None)],
        column="budget_hours",
        refused=["some does not fit decimal(18,4)"],
    ),
    Case(
        "a record twice on a page with other content is what stands last",
        [seen(ticket(1, 10, summary="a"), ticket(1, 10, summary="b"))],
        [("b", 10, None)],
    ),
    Case(
        "a record of one second on two pages of two runs is what the later run saw",
        [was("b", 10, 40), was("a", 10, 20)],
        [("b", 10, None)],
    ),
    Case(
        "changes out of order in one file are put in order",
        [seen(ticket(1, 30, summary="c"), ticket(1, 10, summary="a"), ticket(1, 20, summary="b"))],
        [("a", 10, 20), ("b", 20, 30), ("c", 30, None)],
    ),
    Case(
        "a change undone between two syncs is two versions if both were seen, whenever",
        [was("a", 10, 12), was("a", 30, 32), was("b", 20, 50)],
        [("a", 10, 20), ("b", 20, 30), ("a", 30, None)],
    ),
    Case(
        # A satellite of AutomateDV keeps both; dbt loses what is late.
        "a state that comes to light earlier than it was known begins earlier",
        [was("a", 10, 12), was("b", 30, 32), was("b", 20, 52)],
        [("a", 10, 20), ("b", 20, None)],
    ),
    Case(
        "a late state that held anyway changes nothing",
        [was("a", 10, 12), was("b", 30, 32), was("a", 20, 52)],
        [("a", 10, 30), ("b", 30, None)],
    ),
    Case(
        # dbt (check) makes it current, from a time before the version that it closes.
        "what is seen again with its old time, as from a backup, is old",
        [was("a", 10, 12), was("b", 30, 32), was("a", 10, 52)],
        [("a", 10, 30), ("b", 30, None)],
    ),
    Case(
        "page 10 comes after page 9, and window 10 after all of window 9",
        [
            Seen((ticket(1, 10, summary="b"), ticket(1, 10)), 1000, ((0, 10, 0), (0, 9, 0))),
            Seen((ticket(2, 10, summary="b"), ticket(2, 10)), 1000, ((10, 0, 0), (9, 9, 9))),
        ],
        [("b", 10, None), ("b", 10, None)],
    ),
    Case(
        # dlt without a merge_key takes every file for all there is.
        "a file that lacks a record says nothing about it",
        [seen(ticket(1, 10), ticket(2, 10)), was("b", 20, 22)],
        [("printer", 10, 20), ("b", 20, None), ("printer", 10, None)],
    ),
    Case(
        "a row of nothing but key and time is a record",
        [seen({"id": 1, "_info__lastUpdated": at(10)})],
        [(None, 10, None)],
    ),
]

CASES = [*KEYS, *TIMES, *CONTENT, *DELETES, *SHAPES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    bodies = [file.body(number) for number, file in enumerate(case.files)]
    world, backwards = World(case.mapping), World(case.mapping)
    for some in (bodies[:1], bodies[1:]):
        assert world.deliver(*map(world.land, some)) == {}
    assert backwards.deliver(*map(backwards.land, reversed(bodies))) == {}
    assert world.timeline(case.column) == list(case.versions)
    reasons = [row["reason"] for row in world.quarantine()]
    assert len(reasons) == len(case.refused), reasons
    for said in case.refused:
        assert any(said in reason for reason in reasons), (said, reasons)
    assert serialised(backwards.history()) == serialised(world.history())
    assert sorted(row["reason"] for row in backwards.quarantine()) == sorted(reasons)


@pytest.mark.parametrize("kind", ["integer", "bigint", "varchar(20)"])
def test_a_delete_finds_its_record_whatever_type_the_id_has_as_a_key(kind: str) -> None:
    meaning = TICKETS.model_dump(mode="json", by_alias=True, exclude_none=True)
    meaning["columns"][0]["type"] = kind
    world = World(Mapping.model_validate(meaning))
    world.take([ticket(7, 10)], upper=12)
    # The second one is no integer: if it was ever there, it lies in quarantine.
    world.lose((7, 30), (2**40, 30))
    assert world.timeline() == [("printer", 10, 30)]
    assert [row["is_deleted"] for row in world.history()] == [True]


def test_reading_everything_once_more_changes_nothing() -> None:
    """As after a lost position, where tools of change data capture send all rows as new ones."""
    world = World()
    world.take([ticket(1, 10, summary="a"), ticket(2, 10), ticket(3, 10)], upper=12)
    world.take([ticket(1, 20, summary="b"), ticket(2, 20, summary="b")], upper=22, run_id="run-2")
    world.lose((3, 30))
    before = world.history()
    again = [ticket(1, 20, summary="b"), ticket(2, 20, summary="b")]
    assert world.take(again, upper=40, run_id="run-4").canonical is None
    assert world.history() == before


def meaning(version: int, **more: Any) -> Mapping:
    """The tickets in this version of their mapping, their summary's history as it is said here."""
    told = TICKETS.model_dump(mode="json", by_alias=True, exclude_none=True) | {"version": version}
    told["columns"][1] |= more
    return Mapping.model_validate(told)


TRACKED, IGNORED = meaning(2, history="tracked"), meaning(1, history="ignored")
CHANGES_OF_MIND = {
    "it names the time of change that the source had all along": (TIMELESS, TRACKED),
    "it reads a time of change no more": (
        TICKETS,
        TIMELESS.model_copy(update={"version": 2}),
    ),
    "it tracks a column": (IGNORED, TRACKED),
    "it ignores a column": (TICKETS, meaning(2, history="ignored")),
    "it overwrites a column": (TICKETS, meaning(2, history="overwritten")),
}


@pytest.mark.parametrize("name", CHANGES_OF_MIND)
def test_a_mapping_that_means_history_otherwise_is_as_if_it_always_had(name: str) -> None:
    """Elsewhere it holds from the change on, or asks for the table to be loaded again."""
    old, new = CHANGES_OF_MIND[name]
    files = [was("a", 10, 12), was("b", 20, 22), was("a", 30, 32)]
    world, fresh = World(old), World(new)
    for number, file in enumerate(files):
        if number == len(files) - 1:
            assert serialised(world.history()) != serialised(fresh.history())
            world.mappings = fresh.mappings
        for some in (world, fresh):
            assert some.deliver(some.land(file.body(number))) == {}
    assert serialised(world.history()) == serialised(fresh.history())


def test_late_facts_amid_an_upgraded_mapping_are_what_it_says_all_along() -> None:
    """R6, R10: old facts of the key are mapped again, new ones land between them."""
    files = [
        [ticket(1, 10, city="Graz"), ticket(1, 40, city="Linz")],
        [ticket(1, 20, city="Wien")],
        [ticket(1, 5, city="Bonn"), ticket(1, 30, summary="scanner", city="Wien")],
    ]
    world = World()
    for rows, version in zip(files, (1, 2, 3), strict=True):
        world.mappings = World(upgraded(version)).mappings
        world.take(rows, run_id=f"run-{version}")
    fresh = World(upgraded(3))
    fresh.deliver(*[fresh.land(rows, run_id=f"run-{n}") for n, rows in enumerate(files, 1)])
    assert [value for value, *_ in world.timeline("city")] == [
        "Bonn",
        "Graz",
        "Wien",
        "Wien",
        "Linz",
    ]
    assert serialised(world.history()) == serialised(fresh.history())


def upgraded(version: int) -> Mapping:
    """The tickets; from version 2 on with their city, in version 3 of a longer summary."""
    meaning = TICKETS.model_dump(mode="json", by_alias=True, exclude_none=True) | {
        "version": version
    }
    if version > 1:
        meaning["columns"].append({"name": "city", "type": "varchar(20)", "from": "city"})
    if version > 2:
        meaning["columns"][1]["type"] = "varchar(40)"
    return Mapping.model_validate(meaning)


def test_a_record_that_is_seen_a_hundred_thousand_times() -> None:
    """What it costs grows with the facts of a record, not with their square."""
    count = 100_000
    world = World()
    rows = [ticket(1, second, summary=str(second // 2 % 2)) for second in range(count)]
    first, second = world.take(rows[::2]), world.take(rows[1::2])
    assert (first.totals.versions, second.totals.versions) == (count // 2, count // 2)
    assert (second.totals.facts, second.totals.current) == (count, 1)
    assert (second.tally.late, second.canonical) == (count // 2 - 1, None)
    last = world.take([ticket(1, 1, summary="x")], run_id="run-2")
    assert last.totals.versions == count // 2 + 1
