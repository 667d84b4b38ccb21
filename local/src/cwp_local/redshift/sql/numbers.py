"""What Redshift's arithmetic gives: its types, precision and scale, and values cut to them.

DuckDB's rules differ in silence (a quotient of DECIMALs is a double there), so each operation is
written out with the type that "Computations with numeric values" of the Database Developer Guide
gives it. A DECIMAL is an integer of so many digits there, so a quotient and an explicit cast cut
the digits that have no room; an assignment rounds.
"""

import re
from dataclasses import dataclass

from sqlglot import exp

from cwp_local.redshift.sql.operands import Over, Rule, Types, refuse

_MOST_DIGITS = 38
#: A quotient has at least so many digits behind the point.
_LEAST_SCALE = 4
#: Integers, and the digits they have as DECIMALs. DuckDB's sums and counts are wider than any.
_WHOLE = {
    "TINYINT": 5,
    "SMALLINT": 5,
    "INTEGER": 10,
    "INTEGER_LITERAL": 10,
    "UINTEGER": 19,
    "BIGINT": 19,
    "UBIGINT": 19,
    "HUGEINT": 19,
}
_FLOATS = {"FLOAT", "DOUBLE"}
_TIMES = {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}
_TEXTS = {"VARCHAR", "STRING_LITERAL"}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


@dataclass(frozen=True)
class Decimal:
    """DECIMAL(precision, scale)."""

    precision: int
    scale: int

    def __str__(self) -> str:
        return f"DECIMAL({self.precision},{self.scale})"


def added(a: Decimal, b: Decimal) -> Decimal:
    """The type of a sum or difference."""
    scale = max(a.scale, b.scale)
    whole = max(a.precision - a.scale, b.precision - b.scale)
    return Decimal(min(whole + 1 + scale, _MOST_DIGITS), scale)


def multiplied(a: Decimal, b: Decimal) -> Decimal:
    """The type of a product."""
    scale = a.scale + b.scale
    if scale > _MOST_DIGITS:
        raise refuse(f"a product with {scale} digits behind the point")
    return Decimal(min(a.precision + b.precision + 1, _MOST_DIGITS), scale)


def divided(a: Decimal, b: Decimal) -> Decimal:
    """The type of a quotient: one that is too long loses digits behind the point, but for four."""
    scale = max(_LEAST_SCALE, a.scale + b.precision - b.scale + 1)
    precision = a.precision - a.scale + b.scale + scale
    if precision > _MOST_DIGITS:
        scale = max(_MOST_DIGITS + scale - precision, _LEAST_SCALE)
    return Decimal(min(precision, _MOST_DIGITS), scale)


def decimal_of(kept: str) -> Decimal | None:
    """The DECIMAL that an exact number of this DuckDB type is; None if it is none."""
    if found := _DECIMAL.fullmatch(kept):
        return Decimal(int(found[1]), int(found[2]))
    return Decimal(_WHOLE[kept], 0) if kept in _WHOLE else None


def _cast(value: exp.Expr, kept: object) -> exp.Expr:
    # Not exp.cast, for which a cast to another DECIMAL is one too many.
    return exp.Cast(this=value, to=exp.DataType.build(str(kept), dialect="duckdb"))


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _computed(node: exp.Binary, types: Types, _: Over) -> exp.Expr | None:
    """Any of + - * / % by the types of its operands."""
    types = _typed_literals(node, types)
    if _FLOATS.intersection(types):
        return _approximate(node, types)
    if all(kept in _WHOLE for kept in types):
        return _whole(node, types)
    a, b = map(decimal_of, types)
    if a and b:
        return _exact(node, a, b)
    if types == ("DATE", "DATE") and isinstance(node, exp.Sub):
        return _cast(node.copy(), "INTEGER")
    return None


def _typed_literals(node: exp.Binary, types: Types) -> Types:
    """A text without a type yet becomes what it is computed with."""
    left, right = types
    if left == "STRING_LITERAL" and decimal_of(right):
        node.set("this", _cast(node.this, right.replace("_LITERAL", "")))
        return right, right
    if right == "STRING_LITERAL" and decimal_of(left):
        node.set("expression", _cast(node.expression, left.replace("_LITERAL", "")))
        return left, left
    return types


def _approximate(node: exp.Binary, types: Types) -> exp.Expr | None:
    if set(types) == {"FLOAT"} or not all(kept in _FLOATS or decimal_of(kept) for kept in types):
        return None
    return type(node)(
        **node.args | {"this": _double(node.this), "expression": _double(node.expression)}
    )


def _double(value: exp.Expr) -> exp.Expr:
    return _cast(value, "DOUBLE")


def _whole(node: exp.Binary, types: Types) -> exp.Expr | None:
    """Of the wider type of both; a literal is an INTEGER, which DuckDB would make narrower."""
    wanted = "BIGINT" if any(_WHOLE[kept] > _WHOLE["INTEGER"] for kept in types) else "INTEGER"
    if set(types) <= {"TINYINT", "SMALLINT"}:
        wanted = "SMALLINT"
    if wanted in types or set(types) <= {"INTEGER", "INTEGER_LITERAL"}:
        return None
    operands = {"this": _cast(node.this, wanted), "expression": _cast(node.expression, wanted)}
    return type(node)(**node.args | operands)


def _exact(node: exp.Binary, a: Decimal, b: Decimal) -> exp.Expr | None:
    left, right = _cast(node.this, a), _cast(node.expression, b)
    if isinstance(node, exp.Div):
        return _quotient(left, right, b, divided(a, b))
    if isinstance(node, exp.Mul):
        return _cast(exp.Mul(this=left, expression=right), multiplied(a, b))
    if isinstance(node, exp.Mod):
        return exp.Mod(this=left, expression=right)
    result = added(a, b)
    operands = {"this": _cast(left, result), "expression": _cast(right, result)}
    return _cast(type(node)(**operands), result)


def _quotient(left: exp.Expr, right: exp.Expr, b: Decimal, result: Decimal) -> exp.Expr:
    scale = result.scale + b.scale
    if scale > _MOST_DIGITS:
        raise refuse(f"a quotient that takes {scale} digits behind the point")
    dividend = _call("rs_digits", _cast(left, Decimal(_MOST_DIGITS, scale)))
    return _from_digits(_over(dividend, _call("rs_digits", right)), result)


def _over(dividend: exp.Expr, divisor: exp.Expr) -> exp.Expr:
    return exp.Paren(this=exp.IntDiv(this=dividend, expression=divisor))


def _from_digits(digits: exp.Expr, result: Decimal) -> exp.Expr:
    """The DECIMAL of a whole number of its last digits."""
    whole = _cast(digits, Decimal(_MOST_DIGITS, 0))
    if not result.scale:
        return _cast(whole, result)
    last_digit = exp.Literal.string(f"0.{'1':0>{result.scale}}")
    unit = _cast(last_digit, Decimal(result.scale, result.scale))
    return _cast(exp.Mul(this=whole, expression=unit), result)


def _average(node: exp.Avg, types: Types, over: Over) -> exp.Expr | None:
    """Of integers a BIGINT, of DECIMALs one of their scale: the sum over the count, cut."""
    of = decimal_of(types[0])
    if of is None:
        return None
    total, rows = over(exp.Sum(this=node.this.copy())), over(exp.Count(this=node.this.copy()))
    some = exp.Nullif(this=rows, expression=exp.Literal.number(0))
    if types[0] in _WHOLE:
        return _cast(_over(total, some), "BIGINT")
    digits = _call("rs_digits", _cast(total, Decimal(_MOST_DIGITS, of.scale)))
    return _from_digits(_over(digits, some), Decimal(_MOST_DIGITS, of.scale))


def _median(node: exp.Median, types: Types, over: Over) -> exp.Expr | None:
    return _interpolated(node, node.this, 1, types, over)


def _percentile(node: exp.WithinGroup, types: Types, over: Over) -> exp.Expr | None:
    if not isinstance(node.this, exp.PercentileCont):
        return None
    share = node.this.this
    if not isinstance(share, exp.Literal):
        raise refuse("PERCENTILE_CONT of what is no literal")
    digits = len(share.name.partition(".")[2].rstrip("0"))
    return _interpolated(node, node.expression.expressions[0].this, digits, types, over)


def _interpolated(
    node: exp.Expr, value: exp.Expr, digits: int, types: Types, over: Over
) -> exp.Expr | None:
    """An exact number between two has the digits that its share of both adds."""
    of = decimal_of(types[0])
    if of is None:
        return None
    value.replace(_cast(value.copy(), _room(of, digits)))
    return over(node.copy())


def _room(of: Decimal, digits: int) -> Decimal:
    return Decimal(min(of.precision + digits, _MOST_DIGITS), of.scale + digits)


def _truncated(node: exp.Trunc, types: Types, _: Over) -> exp.Expr | None:
    if types[0] in _TIMES | {"DATE"} and not node.args.get("decimals"):
        return _cast(node.this, "DATE")
    return None


def _converted(node: exp.Cast, types: Types, _: Over) -> exp.Expr | None:
    """An explicit cast: it cuts what an assignment would round; a text must be the number."""
    kept, wanted = types[0], _name(node.to)
    if kept in _TEXTS and wanted in _WHOLE:
        return _cast(_call("rs_whole", node.this), wanted)
    source, target = decimal_of(kept), decimal_of(wanted)
    if not (source and target) or isinstance(node.this.unnest(), exp.Literal):
        return None
    lost = source.scale - target.scale
    if lost <= 0:
        return None
    text = _cast(node.this, "VARCHAR")
    return _cast(exp.Left(this=text, expression=exp.Literal.number(-lost)), wanted)


def _name(kind: exp.DataType) -> str:
    name = kind.sql(dialect="duckdb").replace(" ", "")
    return "INTEGER" if name == "INT" else name


def needs_types(node: exp.Expr) -> bool:
    """Whether it is an operation whose form depends on its operands' types: to ask costs time."""
    if isinstance(node, exp.Cast):
        exact = decimal_of(_name(node.to)) if isinstance(node.to, exp.DataType) else None
        return type(node) is exp.Cast and exact is not None
    if isinstance(node, exp.WithinGroup):
        return isinstance(node.this, exp.PercentileCont)
    if isinstance(node, exp.Binary):
        return type(node) in RULES and not (_is_small(node.this) and _is_small(node.expression))
    return type(node) in RULES


def _is_small(node: exp.Expr) -> bool:
    """Whether it is plainly an INTEGER: a literal or one of some, as in the guards of a load."""
    if isinstance(node, exp.Case):
        chosen = [branch.args["true"] for branch in node.args["ifs"]]
        return all(map(_is_small, [*chosen, *filter(None, [node.args.get("default")])]))
    return isinstance(node, exp.Literal) and node.is_int and len(node.name) < len(str(2**31))


RULES: dict[type[exp.Expr], Rule] = {
    exp.Add: _computed,
    exp.Avg: _average,
    exp.Cast: _converted,
    exp.Div: _computed,
    exp.Median: _median,
    exp.Mod: _computed,
    exp.Mul: _computed,
    exp.Sub: _computed,
    exp.Trunc: _truncated,
    exp.WithinGroup: _percentile,
}
