"""Text of `conditions` and `orderBy` into nodes. Names are kept as written: rows give them meaning.

::

    Node = Comparison   one test of one field
         | Every        all parts hold
         | Some         at least one part holds
         | Negation     the part does not hold
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from lark import Lark, Token, Tree, UnexpectedInput

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "like", "contains"]

#: Deeper nesting than any client writes; a limit keeps recursion within Python's own.
_DEEPEST = 100
#: Longer integers do not fit 64 bits; they are compared as floating point.
_DIGITS = 18


class ConditionError(ValueError):
    """Text that cannot be read, or that compares what cannot be compared; the text says which."""


@dataclass(frozen=True)
class Moment:
    """A time in brackets, UTC."""

    at: datetime


Literal_: TypeAlias = "str | int | float | bool | Moment | None"


@dataclass(frozen=True)
class Comparison:
    """`name operator values`; only `in` has other than one value."""

    name: str
    operator: Operator
    values: tuple[Literal_, ...]


@dataclass(frozen=True)
class Every:
    """AND."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Some:
    """OR."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Negation:
    """NOT."""

    part: "Node"


Node: TypeAlias = Comparison | Every | Some | Negation


@dataclass(frozen=True)
class SortKey:
    """One key of `orderBy`."""

    name: str
    descending: bool


@lru_cache(maxsize=256)
def parse_conditions(text: str, label: str = "conditions") -> Node:
    """The node that `text` describes; `label` is what errors call the text.

    Raises:
        ConditionError: `text` is not in the grammar, or nests too deep.
    """
    return _node(_read("conditions", text, label).children[0], label, 0)


@lru_cache(maxsize=64)
def parse_order(text: str) -> tuple[SortKey, ...]:
    """The sort keys of `orderBy`, most significant first.

    Raises:
        ConditionError: `text` is not in the grammar.
    """
    keys = (key.children for key in _read("order_by", text, "orderBy").children)
    return tuple(SortKey(str(name), str(*way).lower() == "desc") for name, *way in keys)


def names_in(node: Node) -> Iterator[str]:
    """The names that a node tests, as written, with repetitions."""
    match node:
        case Comparison():
            yield node.name
        case Negation():
            yield from names_in(node.part)
        case Every() | Some():
            for part in node.parts:
                yield from names_in(part)


def _read(start: str, text: str, label: str) -> "Tree[Any]":
    try:
        return _grammar().parse(text, start=start)
    except UnexpectedInput as error:
        raise ConditionError(f"{label} cannot be read {_place(error, text)}.") from None


def _place(error: UnexpectedInput, text: str) -> str:
    token = getattr(error, "token", None)
    where = error.pos_in_stream
    if where is None or (token is not None and token.type == "$END"):
        return "to its end: something is missing there"
    return f"at position {where}, near {text[where : where + 20]!r}"


@cache
def _grammar() -> Lark:
    text = files(__package__).joinpath("grammar.lark").read_text("utf-8")
    return Lark(text, parser="lalr", start=["conditions", "order_by"])


def _node(tree: "Tree[Any]", label: str, depth: int) -> Node:
    if depth > _DEEPEST:
        raise ConditionError(f"{label} nest deeper than {_DEEPEST} levels.")
    if tree.data in _GROUPS:
        parts = tuple(_node(child, label, depth + 1) for child in tree.children)
        return _GROUPS[tree.data](parts)
    return _COMPARISONS[tree.data]([child for child in tree.children if isinstance(child, Token)])


_GROUPS: dict[str, Callable[[tuple[Node, ...]], Node]] = {
    "every": Every,
    "some": Some,
    "negation": lambda parts: Negation(parts[0]),
}


def _compare(tokens: list[Token]) -> Node:
    name, operator, value = tokens
    return Comparison(str(name), operator.value, (_value(value),))


def _within(tokens: list[Token]) -> Node:
    return Comparison(str(tokens[0]), "in", tuple(_value(token) for token in tokens[1:]))


def _match(tokens: list[Token]) -> Node:
    name, operator, pattern = tokens
    return Comparison(str(name), operator.lower(), (_value(pattern),))  # type: ignore[arg-type]


_COMPARISONS: dict[str, Callable[[list[Token]], Node]] = {
    "compare": _compare,
    "within": _within,
    "not_within": lambda tokens: Negation(_within(tokens)),
    "match": _match,
    "not_match": lambda tokens: Negation(_match(tokens)),
}


def _value(token: Token) -> Literal_:
    return _VALUES[token.type](str(token))


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdecimal() and len(text) <= _DIGITS else float(text)


def _string(text: str) -> str:
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote)


def _moment(text: str) -> Moment:
    try:
        at = datetime.fromisoformat(text[1:-1].strip())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConditionError(
            f"{text} is not a date; write [2026-01-31] or [2026-01-31T10:00:00Z]."
        ) from None
    return Moment(at)


_VALUES: dict[str, Callable[[str], Literal_]] = {
    "STRING": _string,
    "NUMBER": _number,
    "MOMENT": _moment,
    "TRUE": lambda _: True,
    "FALSE": lambda _: False,
    "NULL": lambda _: None,
}
