"""Expressions: where DuckDB would compute something else than Redshift, or would compute at all.

What depends on the types of operands is numbers.py's. The warehouse is opened with
`integer_division`, and DuckDB raises on a zero divisor. Functions named `rs_...` are the macros of
system.sql.
"""

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp, parse_one

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql import grouping, moments, names, numbers, operands, texts
from cwp_local.redshift.sql.catalog import Context
from cwp_local.redshift.sql.functions import WRITTEN
from cwp_local.redshift.sql.types import declared

#: Functions that sqlglot does not know: Redshift's name -> ours or DuckDB's.
_FUNCTIONS = {
    "get_array_length": "json_array_length",
    "has_database_privilege": "rs_has_privilege",
    "has_schema_privilege": "rs_has_privilege",
    "has_table_privilege": "rs_has_privilege",
    "is_valid_json": "json_valid",
    "is_valid_json_array": "rs_is_valid_json_array",
    "isnull": "coalesce",
    "json_array_length": "json_array_length",
    "json_extract_array_element_text": "rs_json_element_text",
    "json_serialize": "rs_json_serialize",
    "json_size": "rs_json_size",
    "json_typeof": "rs_json_typeof",
    "octet_length": "strlen",
    "replicate": "repeat",
    "timezone": "timezone",
}

#: What sqlglot reads in any dialect and Redshift does not have.
_UNKNOWN: dict[type[exp.Expr], str] = {
    exp.Describe: 'syntax error at or near "describe"',
    exp.Filter: 'syntax error at or near "filter"',
    exp.Lambda: 'syntax error at or near "->"',
}

#: The transaction's start, UTC; GETDATE leaves out the fraction.
_SYSDATE = "now() AT TIME ZONE 'UTC'"
_GETDATE = f"date_trunc('second', {_SYSDATE})"

Rule = Callable[[Any, Context], exp.Expr]


def rewrite(tree: exp.Expr, context: Context) -> exp.Expr:
    """`tree` as DuckDB must read it; the tree is changed, the result is what counts.

    Raises:
        SqlError: something Redshift does not have, or this stand-in does not.
    """
    names.fold(tree)
    names.qualify(tree, context)
    # Children before parents, so that a rule always sees operands that are done.
    for node in reversed(list(tree.walk())):
        if complaint := _UNKNOWN.get(type(node)):
            raise SqlError(complaint)
        rule = _RULES.get(type(node))
        changed = rule(node, context) if rule else node
        if node is tree:
            tree = changed
        elif changed is not node:
            node.replace(changed)
    return operands.resolve(tree, numbers.RULES, numbers.needs_types, context.catalog)


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A call of a macro or a DuckDB function."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def _similar(node: exp.SimilarTo, _: Context) -> exp.Expr:
    pattern = node.expression
    if not isinstance(pattern, exp.Literal):
        raise SqlError("SIMILAR TO takes a literal pattern in the local Redshift")
    return call("regexp_full_match", node.this, exp.Literal.string(_expression_of(pattern.name)))


def _expression_of(pattern: str) -> str:
    """SIMILAR TO's pattern as a regular expression, but for its anchors."""
    made, escaped = "", False
    for letter in pattern:
        if escaped:
            made, escaped = made + re.escape(letter), False
        elif letter == "\\":
            escaped = True
        else:
            made += _WILDCARDS.get(letter, letter)
    return f"(?s:{made})"


#: What stands for something in SIMILAR TO only, and what stands for something elsewhere only.
_WILDCARDS = {"%": ".*", "_": ".", ".": r"\.", "^": r"\^", "$": r"\$"}


def _unnest(node: exp.Unnest, _: Context) -> exp.Expr:
    # FROM t, t.super.path AS x: a SUPER's elements, each a SUPER.
    elements = [
        exp.cast(part, exp.DataType.build("JSON[]", dialect="duckdb")) for part in node.expressions
    ]
    node.set("expressions", elements)
    return node


def _division(node: exp.Div, _: Context) -> exp.Expr:
    # Left as it is. sqlglot must neither cast operands nor make a zero divisor a NULL: `safe`
    # means that the dialect would give NULL.
    node.set("typed", value=False)
    node.set("safe", value=False)
    return node


def _cast(node: exp.Cast, _: Context) -> exp.Expr:
    if not isinstance(node.to, exp.DataType):
        return node
    target = declared(node.to)
    if target.name == "super":
        return call("rs_super", node.this)
    if not target.is_text:
        node.set("to", exp.DataType.build(target.duckdb, dialect="duckdb"))
        return node
    text = call("rs_text", node.this)
    if not node.to.expressions and target.name == "character varying":
        return text
    return call("rs_left_bytes", text, exp.Literal.number(target.length or 0))


def _now(node: exp.CurrentTimestamp, _: Context) -> exp.Expr:
    # No macro: a column's default must mean something to DuckDB before our macros exist.
    return parse_one(_SYSDATE if node.args.get("sysdate") else _GETDATE, dialect="duckdb")


def _today(_: exp.CurrentDate, __: Context) -> exp.Expr:
    return parse_one(f"CAST({_SYSDATE} AS DATE)", dialect="duckdb")


#: Functions by the names that parse.py gives them.
_RENAMED: dict[str, Rule] = {
    "date_p4rt": moments.date_part,
    "t0_char": moments.to_char,
    "t0_date": moments.to_date,
    "t0_timestamp": moments.to_timestamp,
}


def _function(node: exp.Anonymous, context: Context) -> exp.Expr:
    name = node.name.lower()
    if name in _RENAMED:
        return _RENAMED[name](node, context)
    if name not in _FUNCTIONS:
        written = node.meta.get(WRITTEN) or name
        raise SqlError(f"function {written}() is not supported by the local Redshift")
    node.set("this", _FUNCTIONS[name])
    return node


def _json_parse(node: exp.ParseJSON, _: Context) -> exp.Expr:
    return call("rs_json_parse", node.this)


def _element(node: exp.Bracket, _: Context) -> exp.Expr:
    # Only a SUPER has elements. sqlglot counts from one for DuckDB, JSON counts from zero.
    index = node.expressions[0]
    return call("rs_json_element", node.this, index)


def _database(_: exp.Expr, context: Context) -> exp.Expr:
    return exp.Literal.string(context.database)


def _literal(text: str) -> Rule:
    return lambda _node, _context: exp.Literal.string(text)


_RULES: dict[type[exp.Expr], Rule] = {
    **moments.RULES,
    **texts.RULES,
    exp.Anonymous: _function,
    exp.Bracket: _element,
    exp.Cast: _cast,
    exp.Count: grouping.count,
    exp.CurrentDatabase: _database,
    exp.CurrentDate: _today,
    exp.CurrentTimestamp: _now,
    exp.CurrentUser: _literal("IAM:root"),
    exp.CurrentVersion: _literal("PostgreSQL 8.0.2, Redshift 1.0 (local, over DuckDB)"),
    exp.Div: _division,
    exp.ParseJSON: _json_parse,
    exp.Select: grouping.select,
    exp.SessionUser: _literal("IAM:root"),
    exp.SimilarTo: _similar,
    exp.TryCast: _cast,
    exp.Unnest: _unnest,
    exp.Window: grouping.window,
}
