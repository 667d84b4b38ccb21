"""GROUP BY, DISTINCT and PARTITION BY: strings that differ in blanks at their end are one value.

That is how Redshift compares them ("Character types" of the Database Developer Guide). Of the
strings of a group some one is shown; the guide does not say which.
"""

from sqlglot import exp

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql.catalog import Context


def _call(name: str, argument: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[argument])


def _bare(value: exp.Expr) -> exp.Expr:
    return _call("rs_bare", value.copy())


def count(node: exp.Count, _: Context) -> exp.Expr:
    """COUNT(DISTINCT x)."""
    if isinstance(node.this, exp.Distinct) and len(node.this.expressions) == 1:
        node.this.set("expressions", [_bare(one) for one in node.this.expressions])
    return node


def window(node: exp.Window, _: Context) -> exp.Expr:
    """OVER (PARTITION BY x)."""
    if keys := node.args.get("partition_by"):
        node.set("partition_by", [_bare(key) for key in keys])
    return node


def select(node: exp.Select, _: Context) -> exp.Expr:
    """SELECT DISTINCT and GROUP BY."""
    if group := node.args.get("group"):
        _group(node, group)
    if distinct := node.args.get("distinct"):
        shown = [one.unalias() for one in node.expressions]
        _check_order(node, shown)
        keys = [
            _call("rs_bare", _call("columns", one.copy())) if one.is_star else _bare(one)
            for one in shown
        ]
        distinct.set("on", exp.Tuple(expressions=keys))
    return node


def _check_order(query: exp.Select, shown: list[exp.Expr]) -> None:
    """DuckDB sorts by anything once it is told what is distinct."""
    if any(one.is_star for one in shown):
        return
    results = {one.alias_or_name for one in query.expressions}
    order = query.args.get("order")
    for key in [ordered.this for ordered in order.expressions] if order else []:
        if not (isinstance(key, exp.Literal) or key in shown or key.name in results):
            raise SqlError("for SELECT DISTINCT, ORDER BY expressions must appear in select list")


def _group(query: exp.Select, group: exp.Group) -> None:
    """Group by the keys without blanks, and show some one of each group's; or leave it as it is.

    What is left: subtotals, keys that are names of results, and results that a key may be meant in
    but is not seen, as in a query inside the query.
    """
    keys = [_meant(query, key) for key in group.expressions]
    if any(group.args.get(name) for name in _SUBTOTALS) or any(_is_result(query, k) for k in keys):
        return
    results = {one.alias for one in query.expressions}
    parts = _after_grouping(query)
    shown = [exp.Paren(this=_named(part)) for part in parts]
    if all(_show(copied.this, keys, results) for copied in shown):
        for part, copied in zip(parts, shown, strict=True):
            part.replace(copied.this)
        group.set("expressions", [_bare(key) for key in keys])


_SUBTOTALS = ("all", "cube", "grouping_sets", "rollup")


def _meant(query: exp.Select, key: exp.Expr) -> exp.Expr:
    """The key itself, where it is the place of a result."""
    if isinstance(key, exp.Literal) and key.is_int and 0 < int(key.name) <= len(query.expressions):
        key = query.expressions[int(key.name) - 1].unalias()
    return key.copy()


def _is_result(query: exp.Select, key: exp.Expr) -> bool:
    """Whether the key may be the name of a result that is no column of that name."""
    named = [one.unalias() for one in query.expressions if one.alias == key.name]
    is_bare = isinstance(key, exp.Column) and not key.table
    return is_bare and any(one.name != key.name for one in named)


def _after_grouping(query: exp.Select) -> list[exp.Expr]:
    others = [query.args.get(name) for name in ("having", "qualify", "order")]
    return [*query.expressions, *(part for part in others if part)]


def _named(part: exp.Expr) -> exp.Expr:
    """A copy that keeps its name whatever becomes of it."""
    copied = part.copy()
    return exp.alias_(copied, part.name, quoted=True) if isinstance(part, exp.Column) else copied


def _show(node: exp.Expr, keys: list[exp.Expr], results: set[str]) -> bool:
    """Put some one of the group's values for each key; False if something else is not grouped."""
    if any(_is_key(node, key) for key in keys):
        node.replace(exp.AnyValue(this=node.copy()))
        return True
    is_window = isinstance(node.parent, (exp.IgnoreNulls, exp.RespectNulls, exp.Window))
    if isinstance(node, (exp.AggFunc, exp.WithinGroup)) and not is_window:
        return True
    if isinstance(node, exp.Column):
        return bool(node.find_ancestor(exp.Order)) and not node.table and node.name in results
    if isinstance(node, exp.Query) or (node.is_star and not isinstance(node.parent, exp.Count)):
        return False
    return all(_show(child, keys, results) for child in list(node.iter_expressions()))


def _is_key(node: exp.Expr, key: exp.Expr) -> bool:
    if isinstance(node, exp.Column) and isinstance(key, exp.Column):
        tables = {node.table, key.table} - {""}
        return node.name == key.name and len(tables) < 2  # noqa: PLR2004 - not of two tables
    return bool(node == key)
