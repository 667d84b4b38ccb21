"""Functions of strings, where DuckDB's mean something else than Redshift's."""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql.catalog import Context
from cwp_local.redshift.sql.functions import WRITTEN
from cwp_local.redshift.sql.operands import refuse


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _concat(node: exp.Concat, _: Context) -> exp.Expr:
    """NULL if one of both is; DuckDB leaves NULLs out."""
    if len(node.expressions) != 2:  # noqa: PLR2004 - it takes two
        raise SqlError("function concat() takes two arguments; use ||")
    left, right = node.expressions
    return exp.Paren(this=exp.DPipe(this=left, expression=right, safe=True))


def _substring(node: exp.Substring, _: Context) -> exp.Expr:
    """Places before the first count, but hold nothing; in DuckDB they count from the end."""
    length = node.args.get("length")
    more = [length] if length else []
    return _call("rs_substring", node.this, node.args["start"], *more)


def _like(node: exp.Like | exp.ILike, _: Context) -> exp.Expr:
    """A backslash escapes, said or not."""
    pattern = node.expression
    plain = isinstance(pattern, exp.Literal) and "\\" not in pattern.name
    if plain or isinstance(node.parent, exp.Escape):
        return node
    return exp.Escape(this=node.copy(), expression=exp.Literal.string("\\"))


def _list(node: exp.GroupConcat, _: Context) -> exp.Expr:
    """Without NULLs and empty strings, and nothing in between unless it says what."""
    values = node.this
    if isinstance(values, exp.Distinct):
        # sqlglot takes what is in between for one more value.
        value, *separators = values.expressions
        values.set("expressions", [value])
        node.set("separator", separators[0] if separators else exp.Literal.string(""))
        return node
    if not node.args.get("separator"):
        node.set("separator", exp.Literal.string(""))
    text = exp.Cast(this=values, to=exp.DataType.build("VARCHAR", dialect="duckdb"))
    node.set("this", exp.Nullif(this=text, expression=exp.Literal.string("")))
    return node


def _integer(node: exp.Expr, _: Context) -> exp.Expr:
    return exp.Cast(this=node.copy(), to=exp.DataType.build("INTEGER", dialect="duckdb"))


def _first_only(*extra: str) -> Callable[[Any, Context], exp.Expr]:
    """Redshift has more arguments than are understood here."""

    def rule(node: exp.Expr, _: Context) -> exp.Expr:
        if any(node.args.get(name) for name in extra):
            raise refuse(
                f"{node.meta[WRITTEN].upper()} with a position, an occurrence or parameters"
            )
        return node

    return rule


def _matches(node: exp.Expr, context: Context) -> exp.Expr:
    _first_only("position", "parameters")(node, context)
    return _integer(node, context)


def _replace_all(node: exp.RegexpReplace, _: Context) -> exp.Expr:
    for name in ("position", "occurrence", "modifiers"):
        if node.args.get(name):
            raise refuse("REGEXP_REPLACE with a position or parameters")
    replacement = node.args.get("replacement") or exp.Literal.string("")
    return _call("regexp_replace", node.this, node.expression, replacement, exp.Literal.string("g"))


def _compared(node: exp.Binary, _: Context) -> exp.Expr:
    """Blanks at the end of strings do not count; the macros leave other types alone."""
    sides = (node.this, node.expression)
    assigned = isinstance(node.parent, exp.Update) and node.arg_key == "expressions"
    if assigned or any(isinstance(side, _NO_TEXTS) or _is_number(side) for side in sides):
        return node
    return _call(_COMPARED[type(node)], *sides)


def _is_number(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string


def _in(node: exp.In, _: Context) -> exp.Expr:
    """As `=` with each of a list."""
    if node.expressions and all(map(_is_string, node.expressions)):
        node.set("this", _call("rs_bare", node.this))
        node.set("expressions", [_bare(one) for one in node.expressions])
    return node


def _case(node: exp.Case, _: Context) -> exp.Expr:
    """`CASE x WHEN 'a'` as `=`, too."""
    wanted = [branch.this for branch in node.args["ifs"]]
    if node.this and all(map(_is_string, wanted)):
        node.set("this", _call("rs_bare", node.this))
        for one in wanted:
            one.replace(_bare(one))
    return node


def _is_string(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_string


def _bare(node: exp.Expr) -> exp.Expr:
    return exp.Literal.string(node.name.rstrip(" "))


#: What is no string, or has no value of its own to be compared.
_NO_TEXTS = (
    exp.All,
    exp.Any,
    exp.Binary,
    exp.Boolean,
    exp.Count,
    exp.Null,
    exp.Sum,
    exp.Tuple,
)


_COMPARED: dict[type[exp.Expr], str] = {
    exp.EQ: "rs_eq",
    exp.GT: "rs_gt",
    exp.GTE: "rs_ge",
    exp.LT: "rs_lt",
    exp.LTE: "rs_le",
    exp.NEQ: "rs_ne",
}


def _from_the_end(argument: str) -> Callable[[Any, Context], exp.Expr]:
    """DuckDB counts negative places from the end, Redshift does not."""

    def rule(node: exp.Expr, _: Context) -> exp.Expr:
        if isinstance(node.args.get(argument), exp.Neg):
            raise SqlError(f"{node.key.upper()} takes no negative number")
        return node

    return rule


RULES: dict[type[exp.Expr], Callable[[Any, Context], exp.Expr]] = {
    **dict.fromkeys(_COMPARED, _compared),
    exp.Case: _case,
    exp.Concat: _concat,
    exp.GroupConcat: _list,
    exp.In: _in,
    exp.ILike: _like,
    exp.Left: _from_the_end("expression"),
    exp.Length: _integer,
    exp.Like: _like,
    exp.RegexpCount: _matches,
    exp.RegexpExtract: _first_only("position", "occurrence", "parameters"),
    exp.RegexpInstr: _matches,
    exp.RegexpReplace: _replace_all,
    exp.Right: _from_the_end("expression"),
    exp.SplitPart: _from_the_end("part_index"),
    exp.StrPosition: _integer,
    exp.Substring: _substring,
}
