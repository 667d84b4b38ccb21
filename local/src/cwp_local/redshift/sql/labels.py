"""The names that results give to columns nobody named, as Redshift chooses them."""

from sqlglot import exp

from cwp_local.redshift.sql.functions import written_name
from cwp_local.redshift.sql.types import declared

_NAMELESS = "?column?"
_SPECIAL: dict[type[exp.Expr], str] = {
    exp.Case: "case",
    exp.CurrentDate: "date",
    exp.CurrentUser: "current_user",
    exp.DecodeCase: "case",
    exp.Exists: "exists",
    exp.Extract: "date_part",
    exp.Initcap: "initcap",
    exp.Substring: "substring",
}


def name_results(query: exp.Expr, text: str) -> None:
    """Give each unnamed column of the outermost query the name Redshift would give it.

    `text` is what `query` was parsed from.
    """
    first = query
    while isinstance(first, (exp.SetOperation, exp.Subquery)):
        first = first.this
    if isinstance(first, exp.Select):
        first.set("expressions", [_named(column, text) for column in first.expressions])


def _named(column: exp.Expr, text: str) -> exp.Expr:
    if isinstance(column, (exp.Alias, exp.Column, exp.Star)) or column.is_star:
        return column
    return exp.alias_(column, _name(column, text), quoted=True)


def _name(column: exp.Expr, text: str) -> str:
    if isinstance(column, exp.Cast):
        return _name_of_cast(column, text)
    if isinstance(column, (exp.Paren, exp.Window, exp.WithinGroup)):
        return _name(column.this, text)
    if special := _SPECIAL.get(type(column)):
        return special
    named = isinstance(column, exp.Func) and written_name(column, text)
    return named or _NAMELESS


def _name_of_cast(column: exp.Cast, text: str) -> str:
    inner = column.this
    if isinstance(inner, exp.Column):
        return inner.name.lower()
    name = _name(inner, text)
    if name != _NAMELESS or not isinstance(column.to, exp.DataType):
        return name
    return declared(column.to).wire
