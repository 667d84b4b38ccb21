"""INSERT, UPDATE and DELETE: values must fit the columns they go to, in type and in bytes."""

from collections.abc import Sequence

from sqlglot import exp

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql import expressions, names
from cwp_local.redshift.sql.catalog import Column, Context, TableName
from cwp_local.redshift.sql.conversion import check_assignable
from cwp_local.redshift.sql.types import from_duckdb

_SOURCE = "rs_source"


def fitted(value: exp.Expr, column: Column, kept: str = "") -> exp.Expr:
    """`value` as it is assigned to `column`: strings checked for bytes, SUPER made of anything.

    `kept` is the value's type in DuckDB, if it is known: less has then to be written, and planned.
    """
    if column.type.name == "character":
        return expressions.call("rs_fit_char", value, exp.Literal.number(column.type.length or 0))
    if column.type.is_text:
        limit = exp.Literal.number(column.type.length or 0)
        fit = "rs_fit_text" if kept == "VARCHAR" else "rs_fit"
        return expressions.call(fit, value, limit, exp.Literal.string(column.type.name))
    if column.type.name == "super" and kept != "JSON":
        return expressions.call("rs_super", value)
    return value


def insert(tree: exp.Insert, context: Context) -> str:
    """DuckDB's INSERT."""
    schema = tree.this
    table = schema.this if isinstance(schema, exp.Schema) else schema
    listed = [name.name.lower() for name in schema.expressions] if schema is not table else []
    name = names.table_name(table, context)
    columns = columns_of(name, context)
    targets = [_column(columns, wanted, name) for wanted in listed] or list(columns.values())
    source = tree.expression
    if source is None:
        raise SqlError("INSERT ... DEFAULT VALUES is not supported by the local Redshift")
    if isinstance(source, exp.Values):
        query: exp.Expr = _values(source, targets, context, exact=bool(listed))
    else:
        _move_with(tree, source)
        targets, query = _selected(source, targets, context, exact=bool(listed))
    if isinstance(query, exp.Values):
        targets = targets[: len(query.expressions[0].expressions)]
    into = exp.Schema(
        this=names.existing(name, context),
        expressions=[exp.to_identifier(column.name, quoted=True) for column in targets],
    )
    return exp.Insert(this=into, expression=query).sql(dialect="duckdb", copy=False)


def update(tree: exp.Update, context: Context) -> str:
    """DuckDB's UPDATE."""
    name = names.table_name(tree.this, context)
    columns = columns_of(name, context)
    changed = expressions.rewrite(tree, context)
    for assignment in changed.expressions:
        if not isinstance(assignment, exp.EQ):
            raise SqlError('syntax error in the SET list: expected "column = value"')
        column = _column(columns, assignment.this.name, name)
        assignment.set("expression", fitted(assignment.expression, column))
    return changed.sql(dialect="duckdb", copy=False)


def delete(tree: exp.Delete, context: Context) -> str:
    """DuckDB's DELETE; Redshift's FROM may be left out."""
    if not tree.this:
        tree.set("this", tree.args["tables"][0])
        tree.set("tables", None)
    columns_of(names.table_name(tree.this, context), context)
    return expressions.rewrite(tree, context).sql(dialect="duckdb", copy=False)


def columns_of(name: TableName, context: Context) -> dict[str, Column]:
    """A table's columns by name.

    Raises:
        SqlError: there is no such table.
    """
    columns = {column.name: column for column in context.catalog.columns(name)}
    if not columns:
        raise SqlError(f'relation "{name}" does not exist')
    return columns


def _column(columns: dict[str, Column], wanted: str, table: TableName) -> Column:
    if wanted not in columns:
        raise SqlError(f'column "{wanted}" of relation "{table}" does not exist')
    return columns[wanted]


def _check_count(values: int, targets: Sequence[Column], *, exact: bool) -> None:
    if values > len(targets):
        raise SqlError("INSERT has more expressions than target columns")
    if exact and values < len(targets):
        raise SqlError("INSERT has more target columns than expressions")


def _values(
    source: exp.Values, targets: Sequence[Column], context: Context, *, exact: bool
) -> exp.Values:
    rows = []
    for row in source.expressions:
        values = row.expressions if isinstance(row, exp.Tuple) else [row]
        _check_count(len(values), targets, exact=exact)
        fit = [
            _value(value, column, context) for value, column in zip(values, targets, strict=False)
        ]
        rows.append(exp.Tuple(expressions=fit))
    if len({len(row.expressions) for row in rows}) != 1:
        raise SqlError("VALUES lists must all be the same length")
    return exp.Values(expressions=rows)


def _value(value: exp.Expr, column: Column, context: Context) -> exp.Expr:
    if isinstance(value, exp.Var) and value.name.upper() == "DEFAULT":
        return value.copy()
    if column.type.name == "character varying" and _fits(value, column.type.length or 0):
        return value.copy()
    return fitted(expressions.rewrite(value.copy(), context), column)


def _fits(value: exp.Expr, limit: int) -> bool:
    """Whether it is a literal that needs no checking when it runs: there may be many."""
    return isinstance(value, exp.Literal) and value.is_string and len(value.name.encode()) <= limit


def _move_with(tree: exp.Insert, source: exp.Expr) -> None:
    """`WITH x AS (...) INSERT ... SELECT` means the same as `INSERT ... WITH x AS (...) SELECT`."""
    if tree.args.get("with_") and not source.args.get("with_"):
        source.set("with_", tree.args["with_"])
        tree.set("with_", None)


def _selected(
    source: exp.Expr, targets: list[Column], context: Context, *, exact: bool
) -> tuple[list[Column], exp.Select]:
    literals = [isinstance(column.unalias(), exp.Literal) for column in _results(source)]
    query = expressions.rewrite(source, context)
    types = [
        kind for _, kind in context.catalog.result_columns(query.sql(dialect="duckdb", copy=False))
    ]
    _check_count(len(types), targets, exact=exact)
    targets = targets[: len(types)]
    for place, (column, kept) in enumerate(zip(targets, types, strict=True)):
        # A bare literal has no type yet: it becomes what its column asks for.
        if kept != '"NULL"' and not (place < len(literals) and literals[place]):
            check_assignable(column, from_duckdb(kept))
    return targets, _fitting(query, targets, types)


def _results(source: exp.Expr) -> list[exp.Expr]:
    while isinstance(source, (exp.SetOperation, exp.Subquery)):
        source = source.this
    results = source.expressions if isinstance(source, exp.Select) else []
    return [] if any(column.is_star for column in results) else results


def _fitting(query: exp.Expr, targets: Sequence[Column], types: Sequence[str]) -> exp.Select:
    labels = [f"c{place}" for place in range(len(targets))]
    alias = exp.TableAlias(
        this=exp.to_identifier(_SOURCE, quoted=True),
        columns=[exp.to_identifier(label, quoted=True) for label in labels],
    )
    inner = query.this if isinstance(query, exp.Subquery) and not query.alias else query
    values = (
        fitted(exp.column(label, _SOURCE, quoted=True), column, kept)
        for label, column, kept in zip(labels, targets, types, strict=True)
    )
    return exp.select(*values).from_(exp.Subquery(this=inner, alias=alias))
