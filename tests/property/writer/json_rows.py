"""Rows as hypothesis makes them up, and the bodies that say them."""

import json
from typing import Any

from hypothesis import strategies as st

#: Few, so that rows share fields; some of them on purpose hard to tell apart.
KEYS = st.one_of(
    st.sampled_from(
        ["id", "name", "_info", "company", "a", "a_", "_b", "a__b", "__", "", "%", "A"]
    ),
    st.text(max_size=4),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 10),
    st.integers(),
    st.sampled_from([2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(
        ["", "\x00", "a\x00b", "true", "1", "[]", "2026-01-01T00:00:00Z", "\U0001f600"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.dictionaries(KEYS, inner, max_size=4), st.lists(inner, max_size=3)),
    max_leaves=8,
)
ROWS = st.lists(st.dictionaries(KEYS, VALUES, max_size=5), min_size=1, max_size=6)

#: Items of lists that say what they are; of a row's own fields the same words say nothing.
_TYPED = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["Password", "PASSWORD", "Text", "Pass\u0000word", 1]),
        "value": SCALARS,
        "Answer": st.lists(SCALARS, max_size=1),
        "fieldType": st.sampled_from(["password", None]),
    }
)

#: What only `page_body.lenient_json` understands: half a surrogate pair, a number beyond double.
_ODD = st.sampled_from(["\ud83d", "x\ude00", float("inf"), -float("inf")])

_INFO = st.fixed_dictionaries(
    {}, optional={"name": SCALARS, "a": st.lists(SCALARS | _TYPED, max_size=2)}
)
_REFERENCE = st.fixed_dictionaries(
    {}, optional={"id": SCALARS, "name": st.text(max_size=3) | st.none(), "_info": _INFO}
)
_REFERRING = st.fixed_dictionaries(
    {"id": st.integers(0, 99)},
    optional={"company": _REFERENCE, "_info": _INFO | st.none(), "a": _REFERENCE | SCALARS},
)


class Twice(dict[str, Any]):
    """An object that says its first field twice; the last word counts."""

    def items(self) -> Any:
        first, *rest = super().items()
        return [(first[0], [{}]), first, *rest]  # pairs are all that json asks for


@st.composite
def bodies(draw: st.DrawFn) -> list[bytes]:
    """Pages of rows out of few parts, as references repeat; some odd, all of them JSON.

    Each layer is put together from the ones before, so equal objects stand in different ones.
    """
    keys = st.sampled_from(draw(st.lists(KEYS, min_size=2, max_size=4, unique=True)))
    parts = draw(
        st.lists(draw(st.sampled_from([SCALARS, SCALARS, SCALARS | _ODD])), min_size=2, max_size=8)
    )
    for _ in range(draw(st.integers(0, 3))):
        part = st.sampled_from(parts)
        parts += draw(st.lists(_objects(keys, part), max_size=3))
        parts += draw(st.lists(st.lists(part | _TYPED, max_size=2), max_size=1))
    rows = draw(st.lists(_objects(keys, st.sampled_from(parts)), min_size=1, max_size=4))
    pages = st.lists(st.lists(st.sampled_from(rows), max_size=6), min_size=1, max_size=3)
    return [_body(rows, indent=draw(st.sampled_from([None, 1]))) for rows in draw(pages)]


def referring_bodies() -> st.SearchStrategy[list[bytes]]:
    """Pages of rows that mostly have the same objects at the same places."""
    rows = st.lists(_REFERRING, min_size=1, max_size=6)
    return st.lists(rows.map(lambda page: _body(page, None)), min_size=1, max_size=3)


def _objects(
    keys: st.SearchStrategy[str], parts: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    plain = st.dictionaries(keys, parts, max_size=4)
    twice = st.dictionaries(keys, parts, min_size=1, max_size=2).map(Twice)
    return st.one_of(plain, plain, plain, twice)


def _body(rows: list[dict[str, Any]], indent: int | None) -> bytes:
    return json.dumps(rows, indent=indent).replace("Infinity", "1e400").encode()
