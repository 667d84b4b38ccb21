"""`:name` parameters: which a statement has, and their values put into its tree.

A value is put in as a literal node, never as text, so no value can change the statement. It is a
string, which takes the type its place asks for, as on Redshift; only where numbers are computed
with must it be a number from the start.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

from sqlglot import exp, tokenize
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import TokenType

from cwp_local.redshift.errors import SqlError, validation
from cwp_local.redshift.sql.parse import DIALECT


def names_in(text: str) -> frozenset[str]:
    """The parameters of a statement; none if it cannot even be read (it will fail when it runs)."""
    try:
        tokens = tokenize(text, read=DIALECT)
    except TokenError:
        return frozenset()
    return frozenset(
        name.text
        for colon, name in pairwise(tokens)
        if colon.token_type is TokenType.COLON and name.start == colon.end + 1
    )


def check(texts: Iterable[str], given: Mapping[str, str]) -> None:
    """Every parameter has a value and every value a parameter, over all statements of a request.

    Raises:
        ApiError: `ValidationException`.
    """
    wanted = frozenset[str]().union(*(names_in(text) for text in texts))
    if missing := sorted(wanted - given.keys()):
        raise validation(f"Cannot find parameter: {missing[0]}")
    if unused := sorted(given.keys() - wanted):
        raise validation(
            f"Parameters list contains unused parameters. Unused parameters: [{', '.join(unused)}]"
        )


_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_COMPUTING = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.Limit, exp.Offset)


def _literal(value: str, parent: exp.Expr | None) -> exp.Expr:
    number = isinstance(parent, _COMPUTING) and _NUMBER.fullmatch(value)
    return exp.Literal.number(value) if number else exp.Literal.string(value)


def bind(tree: exp.Expr, given: Mapping[str, str]) -> exp.Expr:
    """`tree` with the values in place; the tree itself is changed.

    Raises:
        SqlError: a place without a value (`?`, `$1`, or a name not given).
    """
    for place in list(tree.find_all(exp.Placeholder, exp.Parameter)):
        name = place.name if isinstance(place, exp.Placeholder) else ""
        if name not in given:
            raise SqlError(f"there is no parameter :{name or '?'}")
        literal = _literal(given[name], place.parent)
        if place is tree:
            return literal
        place.replace(literal)
    return tree
