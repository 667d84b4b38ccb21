"""MERGE: one action for rows that match, one for rows that do not, between two tables."""
# ruff: noqa: S608 - names are the catalogue's, values the statement's own

from sqlglot import exp

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql import expressions, names, writes
from cwp_local.redshift.sql.catalog import Column, Context, TableName


def merge(tree: exp.Merge, context: Context) -> tuple[str, ...]:
    """DuckDB's statements: checks that no row matches twice, then the MERGE.

    Raises:
        SqlError: not the one form that Redshift takes, or one whose outcome is not known here.
    """
    target, source = _tables(tree, context)
    matched, unmatched = _actions(tree)
    columns = writes.columns_of(names.table_name(tree.this, context), context)
    updates = matched.expressions if isinstance(matched, exp.Update) else []
    inserted, values = _insert(unmatched, list(columns.values()))
    wanted = [update.expression for update in updates] + values
    bound = _bound(tree, wanted, context)
    on = bound.args["where"].this
    made = bound.expressions
    sets = ", ".join(
        f"{names.quoted(update.this.name)} = {_fitted(value, _known(columns, update.this.name))}"
        for update, value in zip(updates, made, strict=False)
    )
    listed = ", ".join(names.quoted(column.name) for column in inserted)
    fitted = ", ".join(map(_fitted, made[len(updates) :], inserted))
    condition = on.sql(dialect="duckdb")
    action = f"UPDATE SET {sets}" if updates else "DELETE"
    text = (
        f"MERGE INTO {target} USING {source} ON {condition} WHEN MATCHED THEN {action} "
        f"WHEN NOT MATCHED THEN INSERT ({listed}) VALUES ({fitted})"
    )
    pairs = f"{target} JOIN {source} ON {condition}"
    return (
        _check_once(pairs, target, "Found multiple matches to update the same tuple."),
        _check_once(pairs, source, _SEVERAL_TARGETS),
        text,
    )


_SEVERAL_TARGETS = (
    "a row of the source matches several rows of the target: what MERGE makes of them is not "
    "known to the local Redshift"
)


def _tables(tree: exp.Merge, context: Context) -> tuple[str, str]:
    source = tree.args["using"]
    if tree.args.get("with_") or not isinstance(source, exp.Table):
        raise SqlError("MERGE takes tables: no WITH, and no subquery as the source")
    if tree.this.alias:
        raise SqlError(f'syntax error at or near "{tree.this.alias}"')
    into, using = (names.table_name(table, context) for table in (tree.this, source))
    for name in (into, using):
        if not context.catalog.columns(name):
            raise SqlError(f'relation "{name}" does not exist')
        if _is_view(name, context):
            raise SqlError(f"MERGE takes tables, and {name} is a view")
    if into == using:
        raise SqlError("MERGE takes two tables: the source is the target")
    alias = f" AS {names.quoted(source.alias)}" if source.alias else ""
    return (
        names.text(names.existing(into, context)),
        names.text(names.existing(using, context)) + alias,
    )


def _is_view(name: TableName, context: Context) -> bool:
    wanted = TableName(name.schema or "public", name.name)
    return any(view.name == wanted for view in context.catalog.views())


def _actions(tree: exp.Merge) -> tuple[exp.Expr, exp.Insert]:
    """What is done to rows that match, and to those that do not."""
    whens = tree.args["whens"].expressions
    if any(when.args.get("condition") for when in whens):
        raise SqlError('syntax error at or near "and": MERGE takes WHEN MATCHED THEN only')
    if [bool(when.args["matched"]) for when in whens] != [True, False]:
        raise SqlError("MERGE takes one WHEN MATCHED and, after it, one WHEN NOT MATCHED")
    matched, unmatched = (when.args["then"] for when in whens)
    if not isinstance(unmatched, exp.Insert) or not (
        isinstance(matched, exp.Update) or matched.name.upper() == "DELETE"
    ):
        raise SqlError("MERGE takes UPDATE or DELETE, and INSERT")
    return matched, unmatched


def _insert(node: exp.Insert, columns: list[Column]) -> tuple[list[Column], list[exp.Expr]]:
    if node.expression:
        by_name = {column.name: column for column in columns}
        wanted = [_known(by_name, name.name) for name in node.this.expressions]
        values = list(node.expression.expressions)
    else:
        # sqlglot takes VALUES for a function where there is no list of columns.
        wanted, values = columns, list(node.this.expressions[0].expressions)
    if len(wanted) != len(values):
        raise SqlError("MERGE INSERT has other numbers of columns and of values")
    return wanted, values


def _known(columns: dict[str, Column], name: str) -> Column:
    if name.lower() not in columns:
        raise SqlError(f'column "{name.lower()}" does not exist')
    return columns[name.lower()]


def _bound(tree: exp.Merge, values: list[exp.Expr], context: Context) -> exp.Expr:
    """The values and the condition as DuckDB must read them, both tables being in sight."""
    for part in (*values, tree.args["on"]):
        if part.find(exp.Bracket, exp.Dot):
            raise SqlError("Partial reference of SUPER column is not supported in MERGE statement.")
    query = exp.select(*(value.copy() for value in values)).from_(tree.this.copy())
    query = query.join(tree.args["using"].copy(), join_type="cross")
    return expressions.rewrite(query.where(tree.args["on"].copy()), context)


def _fitted(value: exp.Expr, column: Column) -> str:
    return writes.fitted(value.unalias().copy(), column).sql(dialect="duckdb")


def _check_once(pairs: str, table: str, complaint: str) -> str:
    """A query that fails if a row of `table` is in several of the pairs."""
    row = f"{table.rpartition(' AS ')[2].rpartition('.')[2]}.rowid"
    several = f"SELECT {row} FROM {pairs} GROUP BY {row} HAVING COUNT(*) > 1"
    return f"SELECT error('{complaint}') FROM ({several}) AS rs_several LIMIT 1"
