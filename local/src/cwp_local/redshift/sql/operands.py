"""Rules that need the types of their operands: DuckDB's binder is asked for them.

Each such operation becomes a call that no function fits, with its number in the type of its last
argument. The binder then complains of the first call whose own operands are bound, and names their
types; that call gets its final form, and the binder is asked again. So types are right in every
scope, and whatever else is wrong with a statement is left to be found when it runs.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp, parse_one

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql.catalog import Catalog

#: DuckDB's names of the operands' types, in their order.
Types = tuple[str, ...]
#: Puts an aggregate over the window that the operation has, if it has one.
Over = Callable[[exp.Expr], exp.Expr]
#: What stands in the end where the operation stood; None leaves it as it is.
Rule = Callable[[Any, Types, Over], exp.Expr | None]

#: Functions of DuckDB that take fewer arguments than they get here, whatever their types.
_SCALAR, _AGGREGATE = "isfinite", "bool_and"
_COMPLAINT = re.compile(
    rf"'(?:{_SCALAR}|{_AGGREGATE})\((?P<types>.*), STRUCT\(n(?P<number>\d+) [A-Z_]+\)\)'"
)
_BETWEEN = re.compile(r", (?![^(]*\))")


def resolve(
    tree: exp.Expr,
    rules: Mapping[type[exp.Expr], Rule],
    applies: Callable[[exp.Expr], bool],
    catalog: Catalog,
) -> exp.Expr:
    """`tree` with the rule of each operation applied, the innermost first; the tree is changed.

    `applies` says which operations are worth the question.

    Raises:
        SqlError: a rule refuses the types it is given.
    """
    root = exp.Paren(this=tree)
    marks = _marked(root, applies)
    while marks and (found := _COMPLAINT.search(catalog.complaint(_statement(root.this)))):
        mark, node = marks.pop(int(found["number"]))
        _replace(mark, node, rules[type(node)], tuple(_BETWEEN.split(found["types"])))
    # What is bound by nobody is computed by nobody, or the statement is wrong otherwise.
    for mark, node in reversed(marks.values()):
        mark.replace(_with_operands(node, mark))
    changed: exp.Expr = root.this.pop()
    return changed


def _marked(
    root: exp.Expr, applies: Callable[[exp.Expr], bool]
) -> dict[int, tuple[exp.Expr, exp.Expr]]:
    marks: dict[int, tuple[exp.Expr, exp.Expr]] = {}
    nodes = [node for node in root.walk() if applies(node)]
    for number, node in enumerate(reversed(nodes)):
        name = _AGGREGATE if isinstance(node, (exp.AggFunc, exp.WithinGroup)) else _SCALAR
        label = parse_one(f"{{'n{number}': 1}}", dialect="duckdb")
        mark = exp.Anonymous(this=name, expressions=[*_operands(node), label])
        node.replace(mark)
        marks[number] = mark, node
    return marks


def _operands(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.WithinGroup):
        return [node.expression.expressions[0].this]
    if isinstance(node, exp.Binary):
        return [node.this, node.expression]
    return [node.this]


def _with_operands(node: exp.Expr, mark: exp.Expr) -> exp.Expr:
    """The operation on what its operands have become."""
    operands = mark.expressions[:-1]
    if isinstance(node, exp.WithinGroup):
        node.expression.expressions[0].set("this", operands[0])
        return node
    for name, operand in zip(("this", "expression"), operands, strict=False):
        node.set(name, operand)
    return node


def _replace(mark: exp.Expr, node: exp.Expr, rule: Rule, types: Types) -> None:
    window = mark.parent if isinstance(mark.parent, exp.Window) else None

    def over(aggregate: exp.Expr) -> exp.Expr:
        if window is None:
            return aggregate
        copied = window.copy()
        copied.set("this", aggregate)
        return copied

    node = _with_operands(node, mark)
    made = rule(node, types, over)
    if made is None:
        mark.replace(node)
    else:
        (window or mark).replace(made)


def _statement(tree: exp.Expr) -> str:
    """A query that binds all expressions of `tree`."""
    if isinstance(tree, exp.Query):
        return tree.sql(dialect="duckdb")
    if not isinstance(tree, (exp.Delete, exp.Update)):
        return f"SELECT {tree.sql(dialect='duckdb')}"
    values = [change.expression.copy() for change in tree.expressions]
    query = exp.select(*values or [exp.Literal.number(1)]).from_(tree.this.copy())
    for source in _sources(tree):
        query = query.join(source.copy(), join_type="cross")
    if where := tree.args.get("where"):
        query = query.where(where.this.copy())
    query.set("with_", tree.args.get("with_"))
    return query.sql(dialect="duckdb")


def _sources(tree: exp.Delete | exp.Update) -> list[exp.Expr]:
    """What an UPDATE or a DELETE reads beside its own table."""
    if isinstance(tree, exp.Delete):
        return list(tree.args.get("using") or [])
    origin = tree.args.get("from_")
    return [origin.this] if origin else []


def refuse(what: str) -> SqlError:
    """What Redshift computes in a way that is not known here."""
    return SqlError(f"{what} is not supported by the local Redshift")
