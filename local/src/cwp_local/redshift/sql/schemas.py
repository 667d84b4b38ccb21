"""Schemas and views made, and all kinds dropped."""

from sqlglot import exp

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql import dependencies, expressions, names, tables
from cwp_local.redshift.sql.catalog import WAREHOUSE, Context, TableName


def create(tree: exp.Create, context: Context) -> list[str]:
    """DuckDB's statements for a CREATE.

    Raises:
        SqlError: it exists, or it is something this stand-in does not have.
    """
    kind = tree.kind
    if kind == "SCHEMA" and not tree.expression:
        return _schema(tree, context)
    if kind == "TABLE":
        return tables.create_table(tree, context)
    if kind == "VIEW" and not tree.find(exp.MaterializedProperty):
        return _view(tree, context)
    raise SqlError(f"CREATE {kind} is not supported by the local Redshift")


def drop(tree: exp.Drop, context: Context) -> list[str]:
    """DuckDB's statements for a DROP of schemas, tables or views."""
    kind = tree.args["kind"]
    if kind not in {"SCHEMA", "TABLE", "VIEW"}:
        raise SqlError(f"DROP {kind} is not supported by the local Redshift")
    targets = tree.args.get("tables") or [tree.this]
    return [text for target in targets for text in _dropped(tree, kind, target, context)]


def _dropped(tree: exp.Drop, kind: str, target: exp.Table, context: Context) -> list[str]:
    exists = "IF EXISTS " if tree.args.get("exists") else ""
    cascade = bool(tree.args.get("cascade"))
    if kind == "SCHEMA":
        views = dependencies.outside(_schema_name(target), context) if cascade else []
        text = f"DROP SCHEMA {exists}{_schema_text(target)}{' CASCADE' if cascade else ''}"
        return [*_dropped_views(views), text]
    name = names.table_name(target, context)
    place = names.existing(name, context)
    text = f"DROP {kind} {exists}{names.text(place)}"
    if place.catalog != WAREHOUSE:
        return [text]
    if cascade:
        return [*_dropped_views(dependencies.with_dependents(name, context)), text]
    dependencies.check_free(f"drop {kind.lower()} {name}", name, context)
    return [text]


def _dropped_views(views: list[TableName]) -> list[str]:
    return [f"DROP VIEW IF EXISTS {names.text(names.located(view))}" for view in views]


def _schema(tree: exp.Create, context: Context) -> list[str]:
    text = _schema_text(tree.this)
    if tree.args.get("exists") and context.catalog.has_schema(_schema_name(tree.this)):
        return []
    return [f"CREATE SCHEMA {text}"]


def _schema_name(table: exp.Table) -> str:
    return (table.db or table.name).lower()


def _schema_text(table: exp.Table) -> str:
    name = _schema_name(table)
    if name.startswith("pg_"):
        raise SqlError(f'unacceptable schema name "{name}": the prefix "pg_" is reserved')
    place = names.located(TableName(name, ""))
    return f"{names.quoted(place.catalog)}.{names.quoted(place.db)}"


def _view(tree: exp.Create, context: Context) -> list[str]:
    schema = tree.this
    table = schema.this if isinstance(schema, exp.Schema) else schema
    columns = schema.expressions if isinstance(schema, exp.Schema) else []
    listed = f" ({', '.join(names.quoted(column.name) for column in columns)})" if columns else ""
    name = names.table_name(table, context)
    place = names.text(names.located(name))
    late_binding = bool(tree.args.get("no_schema_binding"))
    if late_binding:
        _check_qualified(tree.expression)
    query = expressions.rewrite(tree.expression, context).sql(dialect="duckdb", copy=False)
    replace = ""
    if tree.args.get("replace"):
        replace = "OR REPLACE "
        _check_same_columns(name, query, [column.name.lower() for column in columns], context)
    comment = f"'{dependencies.LATE_BINDING}'" if late_binding else "NULL"
    return [
        f"CREATE {replace}VIEW {place}{listed} AS {query}",
        f"COMMENT ON VIEW {place} IS {comment}",
    ]


def _check_qualified(query: exp.Expr) -> None:
    known = {cte.alias for cte in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        if not table.db and table.name not in known:
            raise SqlError(
                f'relation "{table.name}" must be named with its schema in a view WITH NO SCHEMA '
                "BINDING"
            )


def _check_same_columns(name: TableName, query: str, listed: list[str], context: Context) -> None:
    """A view is replaced only by one with the same columns, in name and type."""
    before = [(column.name, column.type.duckdb) for column in context.catalog.columns(name)]
    now = context.catalog.result_columns(query)
    after = [(label, kind) for label, (_, kind) in zip(listed, now, strict=False)] or list(now)
    if not before:
        return
    if len(before) != len(after):
        raise SqlError("cannot change number of columns in view; drop it first")
    for (old, old_type), (new, new_type) in zip(before, after, strict=True):
        if old != new:
            raise SqlError(f'cannot change name of view column "{old}"; drop the view first')
        if old_type != new_type:
            raise SqlError(f'cannot change data type of view column "{old}"; drop the view first')
