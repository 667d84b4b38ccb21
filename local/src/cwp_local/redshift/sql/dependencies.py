"""Views and what they are made of: Redshift lets nothing go that a view needs.

A view `WITH NO SCHEMA BINDING` depends on nothing; its comment says so. DuckDB knows of no
dependencies and lets everything go, so they are read from the views' own text.
"""

from collections.abc import Iterator

from sqlglot import exp, parse_one

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql.catalog import Context, TableName, View

#: The comment of a late-binding view.
LATE_BINDING = "no schema binding"


def dependents(name: TableName, context: Context, column: str | None = None) -> Iterator[View]:
    """Views that read the table or view directly; with `column`, those that may read it."""
    wanted = TableName(name.schema or "public", name.name)
    for view in context.catalog.views():
        if view.late_binding or not _may_read(view.query.lower(), wanted):
            continue
        tree = parse_one(view.query, read="duckdb")
        if wanted in set(_read(tree)) and (column is None or _mentions(tree, column)):
            yield view


def check_free(what: str, name: TableName, context: Context, column: str | None = None) -> None:
    """Refuse if a view depends on it. `what` is what cannot be done: `drop table t`.

    Raises:
        SqlError: naming the first such view.
    """
    for view in dependents(name, context, column):
        raise SqlError(
            f"cannot {what} because other objects depend on it\n"
            f"  Detail: view {view.name} depends on it. Drop the view first, or use CASCADE."
        )


def with_dependents(name: TableName, context: Context) -> list[TableName]:
    """The views to drop before `name` on CASCADE, those that depend on others first."""
    found: list[TableName] = []
    for view in dependents(name, context):
        found += [*with_dependents(view.name, context), view.name]
    return list(dict.fromkeys(found))


def outside(schema: str, context: Context) -> list[TableName]:
    """Views of other schemas that go with this one on CASCADE, dependents first."""
    found: list[TableName] = []
    for view in context.catalog.views():
        if view.late_binding or view.name.schema == schema or schema not in view.query.lower():
            continue
        if any(table.schema == schema for table in _read(parse_one(view.query, read="duckdb"))):
            found += [*with_dependents(view.name, context), view.name]
    return list(dict.fromkeys(found))


def _may_read(text: str, name: TableName) -> bool:
    """Spares reading the many views of other tenants and tables."""
    return name.name in text and (name.schema == "public" or str(name.schema) in text)


def _read(tree: exp.Expr) -> Iterator[TableName]:
    made = tree.this if isinstance(tree, exp.Create) else None
    for table in tree.find_all(exp.Table):
        if table is not made:
            yield TableName(table.db.lower() or "public", table.name.lower())


def _mentions(tree: exp.Expr, column: str) -> bool:
    named = (found.name.lower() == column for found in tree.find_all(exp.Column))
    return any(named) or tree.find(exp.Star) is not None
