"""hypothesis strategies: random conditions over the fields of any collection."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from cwp_local.sandbox.catalogue import kind_of, reference_types
from cwp_local.sandbox.tables import Table
from tests.unit.local.sandbox import made_up
from tests.unit.local.sandbox.conditions.plain import (
    AND,
    COMPARE,
    OR,
    Condition,
    Named,
    absent,
    bracketed,
    comparing,
    fold,
    inverse,
    joined,
    negated,
    searching,
    within,
)

Fields = tuple[Named, ...]
#: As answers spell these; everything else is under `_info` in no row.
INFO = {"lastUpdated": "datetime", "dateEntered": "datetime", "updatedBy": "string"}
SEARCHED = ("string", "enum", "object")


@cache
def row_fields(table: Table) -> Fields:
    """What `conditions` can name: values of the row, of its references, and of `_info`."""
    found = [
        field
        for field in _scalars(table.entity.types)
        if "/".join(field.path) not in table.unfilterable
    ]
    found += [Named(f"_info/{name}", ("_info", name), kind) for name, kind in INFO.items()]
    for bare in ("lastUpdated", "dateEntered"):
        if bare not in table.entity.types:
            found.append(Named(bare, ("_info", bare), "datetime"))
    return tuple(found)


@cache
def child_fields(table: Table) -> Fields:
    """What `childConditions` can name."""
    return tuple(
        _within(collection, field)
        for collection, type_text in table.entity.types.items()
        if type_text.startswith("[]->")
        for field in _scalars(reference_types(type_text[4:]))
    )


@cache
def custom_fields(table: Table) -> Fields:
    """What `customFieldConditions` can name."""
    return tuple(
        replace(field, name="/".join(field.path[1:]))
        for field in child_fields(table)
        if field.path[0] == "customFields"
    )


def _scalars(types: Mapping[str, str], depth: int = 0) -> Fields:
    found: list[Named] = []
    for name, type_text in types.items():
        kind = kind_of(type_text)
        if kind == "reference" and depth < 2:
            inner = _scalars(reference_types(type_text[2:]), depth + 1)
            found += [_within(name, field) for field in inner]
        elif kind not in ("reference", "list") and name != "_info":
            choices = type_text[5:].split("|") if kind == "enum" else ()
            found.append(Named(name, (name,), kind, tuple(choices)))
    return tuple(found)


def _within(outer: str, field: Named) -> Named:
    return replace(field, name=f"{outer}/{field.name}", path=(outer, *field.path))


numbers = st.sampled_from([*made_up.NUMBERS, 4, -0.25, 10**17, -(10**25)])
texts = st.one_of(st.sampled_from(made_up.TEXTS), st.text(max_size=4))
moments = st.builds(
    lambda at, ms: datetime.fromisoformat(at) + timedelta(milliseconds=ms),
    st.sampled_from(made_up.MOMENTS),
    st.sampled_from([0, 0, 0, 500, -1, 1000, -36_000_000]),
)
whole_moments = moments.map(lambda at: at.replace(microsecond=0))
signs = st.sampled_from(list(COMPARE))

#: Parts of patterns and the regular expressions that they mean.
wild = st.sampled_from(
    [
        *(("*", ".*"), ("%", ".*"), ("_", "."), ("[[]", r"\["), ("[%]", "%"), ("[*]", r"\*")),
        *(("[_]", "_"), ("[?]", r"\?"), ("[^]", r"\^"), ("[ab]", "[ab]"), ("[^AB]", "[^ab]")),
        *(("[A-p]", "[a-p]"), ("[^^x]", r"[^\^x]")),
    ]
)
literal = st.sampled_from(["a", "B", "the", "Print", "É", "?", "]", " ", "^", "-", "5", '"', "'"])
patterns = st.lists(st.one_of(wild, literal.map(lambda t: (t, re.escape(fold(t))))), max_size=5)


_CASES: tuple[Callable[[str], str], ...] = (str, str, str.lower, str.upper, str.swapcase)


@st.composite
def any_case(draw: st.DrawFn, text: str) -> str:
    change = draw(st.sampled_from(_CASES))
    return change(text)


@st.composite
def shown(draw: st.DrawFn, value: Any) -> str:
    """A literal as one of the ways to write it."""
    if isinstance(value, bool):
        return draw(any_case(str(value)))
    if isinstance(value, str):
        quote = draw(st.sampled_from("\"'"))
        return quote + value.replace(quote, quote * 2) + quote
    if isinstance(value, datetime):
        return draw(shown_moment(value))
    return format(value, "f").rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


@st.composite
def shown_moment(draw: st.DrawFn, at: datetime) -> str:
    naive = at.replace(tzinfo=None).isoformat()
    shifted = (at + timedelta(hours=2)).replace(tzinfo=None).isoformat()
    ways = [f"[{naive}Z]", f"[ {naive}Z ]", f"[{naive}]", f"[{shifted}+02:00]"]
    if at == at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0):
        ways.append(f"[{at.date()}]")
    return draw(st.sampled_from(ways))


_LITERALS: dict[str, st.SearchStrategy[Any]] = {
    "numeric": numbers,
    "string": st.one_of(texts, texts, whole_moments),
    "boolean": st.booleans(),
    "datetime": moments,
    "object": st.one_of(texts, numbers, st.booleans(), whole_moments),
}


def literals(field: Named) -> st.SearchStrategy[Any]:
    """Values that a field can be compared with."""
    return st.sampled_from(field.choices) if field.choices else _LITERALS[field.kind]


@st.composite
def _single(draw: st.DrawFn, field: Named, *, lists: bool) -> Condition:
    """One test of a field."""
    ways = [_compared, _compared, _absent]
    if lists:
        ways.append(_listed)
    if field.kind in SEARCHED:
        ways += [_searched, _searched]
    return draw(draw(st.sampled_from(ways))(field))


@st.composite
def _compared(draw: st.DrawFn, field: Named) -> Condition:
    value, sign = draw(literals(field)), draw(signs)
    space = draw(st.sampled_from(["", " ", "\n "]))
    text = f"{draw(any_case(field.name))}{space}{sign}{space}{draw(shown(value))}"
    return comparing(field, text, sign, value)


@st.composite
def _absent(draw: st.DrawFn, field: Named) -> Condition:
    sign = draw(st.sampled_from(["=", "!="]))
    text = f"{draw(any_case(field.name))} {sign} {draw(any_case('null'))}"
    return absent(field, text, sign)


@st.composite
def _listed(draw: st.DrawFn, field: Named) -> Condition:
    values = draw(st.lists(literals(field), min_size=1, max_size=4))
    items = ", ".join([draw(shown(value)) for value in values])

    def made(word: str) -> Condition:
        return within(field, f"{name} {word} ({items})", values)

    name = draw(any_case(field.name))
    return draw(_plain_or_not("in", made))


@st.composite
def _searched(draw: st.DrawFn, field: Named) -> Condition:
    word = draw(st.sampled_from(["like", "contains"]))
    if word == "like":
        parts = draw(patterns)
        sought, pattern = "".join(p[0] for p in parts), "".join(p[1] for p in parts)
    else:
        sought = draw(texts)
        pattern = f".*{re.escape(fold(sought))}.*"
    name, quoted = draw(any_case(field.name)), draw(shown(sought))

    def made(words: str) -> Condition:
        return searching(field, f"{name} {words} {quoted}", pattern)

    return draw(_plain_or_not(word, made))


@st.composite
def _plain_or_not(draw: st.DrawFn, word: str, made: Callable[[str], Condition]) -> Condition:
    """`like` or `not like`, in any case."""
    if draw(st.booleans()):
        return made(draw(any_case(word)))
    inner = made(f"{draw(any_case('not'))} {draw(any_case(word))}")
    return replace(inner, holds=inverse(inner))


def conditions(fields: Fields, *, lists: bool = True) -> st.SearchStrategy[Condition]:
    """Any condition over some fields; `lists` says whether `in` may be used."""
    single = st.sampled_from(fields).flatmap(lambda field: _single(field, lists=lists))
    return st.recursive(single, _combined, max_leaves=8)


@st.composite
def _combined(draw: st.DrawFn, inner: st.SearchStrategy[Condition]) -> Condition:
    way = draw(st.sampled_from(["not", "and", "or", "brackets"]))
    if way == "brackets":
        return bracketed(draw(inner))
    if way == "not":
        return negated(draw(any_case("not")), draw(inner))
    parts = draw(st.lists(inner, min_size=2, max_size=3))
    return joined(draw(any_case(way)), AND if way == "and" else OR, parts)
