"""Names: folded to lower case, and tied to the place they mean.

Redshift folds every identifier, quoted or not, to lower case. Qualified tables get the name of
DuckDB's database in front; an unqualified one is left to the search path: temporary tables, then
`public`, then the system views.
"""

from sqlglot import exp

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql.catalog import SYSTEM, TEMPORARY, WAREHOUSE, Context, TableName

#: Views of system.sql that stand for a catalogue's own.
_INFORMATION_SCHEMA = {"tables", "columns", "schemata", "views"}
_PG_CATALOG = {"pg_table_def", "pg_user", "svv_tables", "svv_columns", "svv_table_info"}


#: Bytes of a name. Redshift cuts longer ones in some places and refuses them in others.
_LONGEST = 127


def fold(tree: exp.Expr) -> None:
    """Make every identifier lower case and quoted.

    Raises:
        SqlError: one is longer than Redshift's names are.
    """
    for name in tree.find_all(exp.Identifier):
        _check_length(name.name)
        name.set("this", name.name.lower())
        name.set("quoted", value=True)


def _check_length(name: str) -> None:
    if len(name.encode()) > _LONGEST:
        raise SqlError(f'identifier "{name}" is longer than {_LONGEST} bytes')


def table_name(table: exp.Table, context: Context) -> TableName:
    """What a statement calls its table.

    Raises:
        SqlError: it lies in another database.
    """
    database = table.catalog.lower()
    if database and database != context.database.lower():
        raise SqlError(f'cross-database reference to database "{database}" is not supported')
    if table.name.startswith("#"):
        raise SqlError("the local Redshift has no #name tables; say CREATE TEMP TABLE")
    for part in (table.db, table.name):
        _check_length(part)
    return TableName(table.db.lower() or None, table.name.lower())


def located(name: TableName, *, temporary: bool = False) -> exp.Table:
    """The table by all three of its names, which mean one thing only."""
    if temporary or name.schema == "pg_temp":
        return exp.table_(name.name, "main", TEMPORARY, quoted=True)
    if name.schema == "information_schema" and name.name in _INFORMATION_SCHEMA:
        return exp.table_(f"information_schema_{name.name}", "main", SYSTEM, quoted=True)
    if name.schema == "pg_catalog":
        if name.name in _PG_CATALOG:
            return exp.table_(name.name, "main", SYSTEM, quoted=True)
        return exp.table_(name.name, "pg_catalog", "system", quoted=True)
    return exp.table_(name.name, name.schema or "public", WAREHOUSE, quoted=True)


def qualify(tree: exp.Expr, context: Context) -> None:
    """Tie every qualified table of `tree` to its place."""
    for table in list(tree.find_all(exp.Table)):
        if isinstance(table.this, exp.Identifier) and table.args.get("db"):
            place = located(table_name(table, context))
            for part in ("this", "db", "catalog"):
                table.set(part, place.args[part])
    for column in tree.find_all(exp.Column):
        if column.catalog.lower() == context.database.lower():
            column.set("catalog", None)


def text(name: exp.Table) -> str:
    """A table as DuckDB text, with as many of its three names as it has."""
    return ".".join(_escaped(part.name) for part in name.parts)


def existing(name: TableName, context: Context) -> exp.Table:
    """A table that a statement changes: a temporary one hides a permanent one of its name."""
    hidden = not name.schema and context.catalog.columns(TableName("pg_temp", name.name))
    return located(name, temporary=bool(hidden))


def quoted(name: str) -> str:
    """A name as DuckDB text, folded.

    Raises:
        SqlError: it is longer than Redshift's names are.
    """
    _check_length(name)
    return _escaped(name.lower())


def _escaped(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
