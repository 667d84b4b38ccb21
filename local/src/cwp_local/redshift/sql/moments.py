"""Functions of dates and times, where DuckDB's mean something else than Redshift's."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from sqlglot import exp, parse_one

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql.catalog import Context
from cwp_local.redshift.sql.functions import WRITTEN
from cwp_local.redshift.sql.operands import refuse

#: Parts of a moment that are not what DuckDB's part of that name is; `{}` is the moment.
_PARTS = {
    "DECADE": "decade({}) + 1",
    "EPOCH": "floor(epoch({}))",
    "MICROSECOND": "microsecond({}) % 1000",
    "MILLISECOND": "millisecond({}) % 1000",
}
#: DATE_PART gives the seconds whole, whichever part of them is asked for.
_WHOLE_SECONDS = {
    "EPOCH": "epoch({})",
    "MICROSECOND": "CAST(microsecond({}) AS DOUBLE)",
    "MILLISECOND": "CAST(microsecond({}) AS DOUBLE) / 1000",
    "SECOND": "CAST(microsecond({}) AS DOUBLE) / 1000000",
}
_SHORT = {
    "MS": "MILLISECOND", "MSEC": "MILLISECOND", "US": "MICROSECOND", "USEC": "MICROSECOND",
    "SEC": "SECOND", "S": "SECOND", "SECONDS": "SECOND", "MILLISECONDS": "MILLISECOND",
    "MICROSECONDS": "MICROSECOND", "DECADES": "DECADE", "DEC": "DECADE", "DECS": "DECADE",
}  # fmt: skip


def _filled(template: str, value: exp.Expr) -> exp.Expr:
    """`template` as DuckDB reads it, with the value where it has braces."""
    tree = parse_one(template.replace("{}", "rs_value_"), dialect="duckdb")
    for place in list(tree.find_all(exp.Column)):
        place.replace(value.copy())
    return tree


def _cast(value: exp.Expr, kept: str) -> exp.Expr:
    return exp.Cast(this=value, to=exp.DataType.build(kept, dialect="duckdb"))


def date_part(node: exp.Anonymous, context: Context) -> exp.Expr:
    """As EXTRACT, but for seconds and what is below them."""
    if len(node.expressions) != 2:  # noqa: PLR2004 - as every call of it has
        raise SqlError("function date_part() takes a part and a moment")
    name, moment = node.expressions[0].name.upper(), node.expressions[1]
    part = _SHORT.get(name, name)
    if part in _WHOLE_SECONDS:
        return exp.Paren(this=_filled(_WHOLE_SECONDS[part], _cast(moment, "TIMESTAMP")))
    return _extract(exp.Extract(this=exp.Var(this=name), expression=moment), context)


def _extract(node: exp.Extract, _: Context) -> exp.Expr:
    name = node.this.name.upper()
    part, moment = _SHORT.get(name, name), node.expression
    if part in _PARTS:
        return _cast(exp.Paren(this=_filled(_PARTS[part], _cast(moment, "TIMESTAMP"))), "INTEGER")
    return _cast(node.copy(), "INTEGER")


def _difference(node: exp.TsOrDsDiff | exp.DateDiff, _: Context) -> exp.Expr:
    """How many boundaries lie between two moments; a week begins on Monday, as for DATE_TRUNC."""
    if not str(node.args.get("unit") or "").upper().startswith("WEEK"):
        return node
    later, earlier = (
        _filled("date_trunc('week', {})", _cast(moment, "TIMESTAMP"))
        for moment in (node.this, node.expression)
    )
    days = exp.Anonymous(this="date_diff", expressions=[exp.Literal.string("day"), earlier, later])
    return exp.Paren(this=exp.IntDiv(this=days, expression=exp.Literal.number(7)))


def _add(node: exp.TsOrDsAdd, _: Context) -> exp.Expr:
    if node.meta.get(WRITTEN) == "add_months":
        # Unlike DATEADD it leads from the last day of a month to the last day of one.
        return exp.Anonymous(this="rs_add_months", expressions=[node.this, node.expression])
    if str(node.args.get("unit") or "").upper() == "YEAR":
        # Of a 29 February it makes a 1 March, where there is none.
        return exp.Anonymous(this="rs_add_years", expressions=[node.this, node.expression])
    return node


def _next_day(node: exp.NextDay, _: Context) -> exp.Expr:
    node.set("this", _cast(node.this, "DATE"))
    return node


def _truncated(node: exp.TimestampTrunc, _: Context) -> exp.Expr:
    unit = str(node.args.get("unit")).strip("'").lower()
    node.set("unit", exp.Literal.string(_UNITS.get(unit, unit)))
    return node


_UNITS = {"qtr": "quarter", "qtrs": "quarter", "mon": "month", "mons": "month", "w": "week"} | {
    "y": "year", "yr": "year", "d": "day", "h": "hour", "hr": "hour", "m": "minute", "s": "second"
}  # fmt: skip

#: What a format of TO_CHAR may have, and what gives it; the longest first.
_WRITTEN_AS = {
    "MONTH": "rpad(upper(strftime({}, '%B')), 9, ' ')",
    "Month": "rpad(strftime({}, '%B'), 9, ' ')",
    "month": "rpad(lower(strftime({}, '%B')), 9, ' ')",
    "HH24": "strftime({}, '%H')",
    "HH12": "strftime({}, '%I')",
    "YYYY": "strftime({}, '%Y')",
    "IYYY": "strftime({}, '%G')",
    "DDD": "strftime({}, '%j')",
    "DAY": "rpad(upper(strftime({}, '%A')), 9, ' ')",
    "Day": "rpad(strftime({}, '%A'), 9, ' ')",
    "day": "rpad(lower(strftime({}, '%A')), 9, ' ')",
    "MON": "upper(strftime({}, '%b'))",
    "Mon": "strftime({}, '%b')",
    "mon": "lower(strftime({}, '%b'))",
    "HH": "strftime({}, '%I')",
    "YY": "strftime({}, '%y')",
    "MM": "strftime({}, '%m')",
    "DD": "strftime({}, '%d')",
    "DY": "upper(strftime({}, '%a'))",
    "Dy": "strftime({}, '%a')",
    "dy": "lower(strftime({}, '%a'))",
    "MI": "strftime({}, '%M')",
    "SS": "strftime({}, '%S')",
    "MS": "strftime({}, '%g')",
    "US": "strftime({}, '%f')",
    "ID": "CAST(isodow({}) AS VARCHAR)",
    "IW": "strftime({}, '%V')",
    "CC": "CAST(century({}) AS VARCHAR)",
    "AM": "strftime({}, '%p')",
    "PM": "strftime({}, '%p')",
    "am": "lower(strftime({}, '%p'))",
    "pm": "lower(strftime({}, '%p'))",
    "TZ": "'UTC'",
    "Q": "CAST(quarter({}) AS VARCHAR)",
    "D": "CAST(dayofweek({}) + 1 AS VARCHAR)",
}
#: What a format of TO_DATE and TO_TIMESTAMP may have.
_READ_AS = {
    "MONTH": "%B", "Month": "%B", "month": "%B", "HH24": "%H", "HH12": "%I", "YYYY": "%Y",
    "DDD": "%j", "MON": "%b", "Mon": "%b", "mon": "%b", "HH": "%I", "YY": "%y", "MM": "%m",
    "DD": "%d", "MI": "%M", "SS": "%S", "AM": "%p", "PM": "%p", "am": "%p", "pm": "%p",
}  # fmt: skip
_LETTERS = re.compile(r"[A-Za-z0-9]")


def _pieces(pattern: str, known: dict[str, str]) -> Iterator[tuple[str, str | None]]:
    """The pieces of a format: a part and what stands for it, or text and None.

    Raises:
        SqlError: a letter or digit that stands for something unknown here.
    """
    while pattern:
        part = next((part for part in known if pattern.startswith(part)), None)
        if part is None and _LETTERS.match(pattern):
            raise refuse(f"a format with {pattern!r}")
        piece = part or pattern[0]
        yield piece, known[part] if part else None
        pattern = pattern[len(piece) :]


def _format(node: exp.Anonymous) -> tuple[exp.Expr, str]:
    value, pattern = [*node.expressions, None][:2]
    if not isinstance(pattern, exp.Literal) or not pattern.is_string or len(node.expressions) > 2:  # noqa: PLR2004 - a strict parse
        raise refuse(f"{node.meta[WRITTEN].upper()} without a literal format of its own")
    return value, pattern.name


def to_char(node: exp.Anonymous, _: Context) -> exp.Expr:
    """A moment as text; how numbers are written is not known here."""
    value, pattern = _format(node)
    moment = _cast(value, "TIMESTAMP")
    parts = [
        _filled(made, moment) if made else exp.Literal.string(piece)
        for piece, made in _pieces(pattern, _WRITTEN_AS)
    ]
    text = parts[0] if parts else exp.Literal.string("")
    for part in parts[1:]:
        text = exp.DPipe(this=text, expression=part, safe=True)
    return exp.Paren(this=text)


def to_date(node: exp.Anonymous, _: Context) -> exp.Expr:
    """A text as the DATE that it is by the format."""
    return _cast(_read(node), "DATE")


def to_timestamp(node: exp.Anonymous, _: Context) -> exp.Expr:
    """A text as the TIMESTAMPTZ that it is by the format, in UTC."""
    return _cast(_read(node), "TIMESTAMP WITH TIME ZONE")


def _read(node: exp.Anonymous) -> exp.Expr:
    value, pattern = _format(node)
    made = "".join(made or piece for piece, made in _pieces(pattern, _READ_AS))
    return exp.Anonymous(this="strptime", expressions=[value, exp.Literal.string(made)])


RULES: dict[type[exp.Expr], Callable[[Any, Context], exp.Expr]] = {
    exp.DateDiff: _difference,
    exp.Extract: _extract,
    exp.NextDay: _next_day,
    exp.TimestampTrunc: _truncated,
    exp.TsOrDsAdd: _add,
    exp.TsOrDsDiff: _difference,
}
