"""Schemas and views made, and all kinds dropped."""

from sqlglot import exp

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql import expressions, names, tables
from cwp_local.redshift.sql.catalog import Context, TableName


def create(tree: exp.Create, context: Context) -> list[str]:
    """DuckDB's statements for a CREATE.

    Raises:
        SqlError: it exists, or it is something this stand-in does not have.
    """
    kind = tree.kind
    if kind == "SCHEMA" and not tree.expression:
        return [_schema(tree)]
    if kind == "TABLE":
        return tables.create_table(tree, context)
    if kind == "VIEW" and not tree.find(exp.MaterializedProperty):
        return [_view(tree, context)]
    raise SqlError(f"CREATE {kind} is not supported by the local Redshift")


def drop(tree: exp.Drop, context: Context) -> list[str]:
    """DuckDB's statements for a DROP of schemas, tables or views."""
    kind = tree.args["kind"]
    if kind not in {"SCHEMA", "TABLE", "VIEW"}:
        raise SqlError(f"DROP {kind} is not supported by the local Redshift")
    exists = "IF EXISTS " if tree.args.get("exists") else ""
    cascade = " CASCADE" if tree.args.get("cascade") else ""
    targets = tree.args.get("tables") or [tree.this]
    return [f"DROP {kind} {exists}{_dropped(kind, target, context)}{cascade}" for target in targets]


def _dropped(kind: str, target: exp.Table, context: Context) -> str:
    if kind == "SCHEMA":
        return _schema_text(target)
    return names.text(names.existing(names.table_name(target, context), context))


def _schema(tree: exp.Create) -> str:
    exists = "IF NOT EXISTS " if tree.args.get("exists") else ""
    return f"CREATE SCHEMA {exists}{_schema_text(tree.this)}"


def _schema_text(table: exp.Table) -> str:
    name = table.db or table.name
    if name.lower().startswith("pg_"):
        raise SqlError(f'unacceptable schema name "{name}": the prefix "pg_" is reserved')
    place = names.located(TableName(name.lower(), ""))
    return f"{names.quoted(place.catalog)}.{names.quoted(place.db)}"


def _view(tree: exp.Create, context: Context) -> str:
    replace = "OR REPLACE " if tree.args.get("replace") else ""
    schema = tree.this
    table = schema.this if isinstance(schema, exp.Schema) else schema
    columns = schema.expressions if isinstance(schema, exp.Schema) else []
    listed = f" ({', '.join(names.quoted(column.name) for column in columns)})" if columns else ""
    place = names.text(names.located(names.table_name(table, context)))
    query = expressions.rewrite(tree.expression, context).sql(dialect="duckdb")
    return f"CREATE {replace}VIEW {place}{listed} AS {query}"
