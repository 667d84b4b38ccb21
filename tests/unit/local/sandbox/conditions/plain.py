"""Conditions evaluated in plain Python, by the rules of connectwise-api.md 3 and SQL's logic.

A condition is made together with its text, never parsed from it, so that parser, SQL and database
are checked by something that shares nothing with them.
"""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any, TypeAlias

#: A row, or `{list: element}` for what child conditions look at.
Subject: TypeAlias = dict[str, Any]
#: True, False or None, which is "unknown" of SQL's logic.
Truth: TypeAlias = bool | None
Holds: TypeAlias = Callable[[Subject], Truth]

OR, AND, TERM = 0, 1, 2


@dataclass(frozen=True, repr=False)
class Named:
    """A field: its name, where its value lies, and, of an enum, the values it can have."""

    name: str
    path: tuple[str, ...]
    kind: str
    choices: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Short, because hypothesis shows all of a table's fields at once."""
        return self.name


@dataclass(frozen=True)
class Condition:
    """`level` says how tightly the text binds, `lists` whose elements it looks at."""

    text: str
    holds: Holds = field(repr=False)
    level: int = TERM
    lists: frozenset[str] = frozenset()
    #: Of an OR, what it is made of.
    alternatives: tuple["Condition", ...] = field(default=(), repr=False)


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def value_at(subject: Subject, path: tuple[str, ...]) -> Any:
    value: Any = subject
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def fold(text: str) -> str:
    """Text as it compares: ASCII letters in one case, up to a NUL, where SQL's text ends."""
    return re.sub("[A-Z]", lambda letter: letter[0].lower(), text.partition("\0")[0])


def comparable(found: Any, kind: str, literal: Any) -> Any:
    """The row's value as the literal's type, or None where they are not alike."""
    if isinstance(literal, bool) or isinstance(found, bool):
        return found if isinstance(literal, bool) and isinstance(found, bool) else None
    if isinstance(literal, int | float):
        return found if isinstance(found, int | float) else None
    if not isinstance(found, str):
        return None
    if isinstance(literal, datetime) and kind == "datetime":
        return datetime.fromisoformat(found)
    return fold(found)


def as_compared(literal: Any, kind: str) -> Any:
    if isinstance(literal, datetime):
        return literal if kind == "datetime" else fold(literal.isoformat().replace("+00:00", "Z"))
    return fold(literal) if isinstance(literal, str) else literal


def tested(named: Named, text: str, test: Callable[[Any], Truth]) -> Condition:
    """A condition on one value; `test` gets it if it is there."""

    def holds(subject: Subject) -> Truth:
        found = value_at(subject, named.path)
        return None if found is None else test(found)

    return Condition(text, holds, lists=frozenset(named.path[:1]))


def comparing(field: Named, text: str, sign: str, literal: Any) -> Condition:
    def test(found: Any) -> Truth:
        value = comparable(found, field.kind, literal)
        return None if value is None else COMPARE[sign](value, as_compared(literal, field.kind))

    return tested(field, text, test)


def within(field: Named, text: str, literals: Sequence[Any]) -> Condition:
    def test(found: Any) -> Truth:
        return any(
            comparable(found, field.kind, each) == as_compared(each, field.kind)
            for each in literals
        )

    return tested(field, text, test)


def searching(field: Named, text: str, pattern: str) -> Condition:
    def test(found: Any) -> Truth:
        if not isinstance(found, str):
            return None
        return bool(re.fullmatch(pattern, fold(found), re.DOTALL))

    return tested(field, text, test)


def absent(field: Named, text: str, sign: str) -> Condition:
    def holds(subject: Subject) -> Truth:
        return (value_at(subject, field.path) is None) == (sign == "=")

    return Condition(text, holds, lists=frozenset(field.path[:1]))


def bracketed(inner: Condition) -> Condition:
    return Condition(f"({inner.text})", inner.holds, TERM, inner.lists, inner.alternatives)


def inverse(inner: Condition) -> Holds:
    def holds(subject: Subject) -> Truth:
        truth = inner.holds(subject)
        return None if truth is None else not truth

    return holds


def negated(word: str, inner: Condition) -> Condition:
    part = inner if inner.level == TERM else bracketed(inner)
    return Condition(f"{word} {part.text}", inverse(part), lists=part.lists)


def joined(word: str, level: int, parts: Sequence[Condition]) -> Condition:
    """Parts that bind more loosely than the word are put in brackets; the others stand bare."""
    deciding = level == OR

    def holds(subject: Subject) -> Truth:
        truths = [part.holds(subject) for part in parts]
        if deciding in truths:
            return deciding
        return None if None in truths else not deciding

    shown = [part if part.level >= level else bracketed(part) for part in parts]
    return Condition(
        f" {word} ".join(part.text for part in shown),
        holds,
        level,
        frozenset().union(*(part.lists for part in parts)),
        tuple(parts) if level == OR else (),
    )


def some_element(condition: Condition, row: Subject) -> bool:
    """Whether one element of each list that the condition names makes it hold."""
    if condition.alternatives:
        return any(some_element(part, row) for part in condition.alternatives)
    names = sorted(condition.lists)
    choices = product(*(row.get(name) or () for name in names))
    return any(condition.holds(dict(zip(names, choice, strict=True))) for choice in choices)
