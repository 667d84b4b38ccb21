"""ALTER TABLE: one action a statement, as on Redshift."""

from sqlglot import exp

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql import dependencies, names, tables
from cwp_local.redshift.sql.catalog import Column, Context, TableName
from cwp_local.redshift.sql.types import RedshiftType, declared


def alter(tree: exp.Alter, context: Context) -> list[str]:
    """DuckDB's statements for an ALTER TABLE; one action, as on Redshift."""
    actions = tree.args.get("actions") or []
    if tree.args.get("kind") != "TABLE" or len(actions) != 1:
        raise SqlError("ALTER takes one table and one action on Redshift; send one statement each")
    name = names.table_name(tree.this, context)
    if not context.catalog.columns(name):
        raise SqlError(f'relation "{name}" does not exist')
    table = names.existing(name, context)
    action = actions[0]
    if isinstance(action, exp.ColumnDef):
        return _add_column(table, action, context)
    if isinstance(action, exp.AlterColumn):
        return _widen_column(name, table, action, context)
    if isinstance(action, _WITHOUT_EFFECT):
        return []
    _check_views(name, action, context)
    return [f"ALTER TABLE {names.text(table)} {_simple_action(action)}"]


#: How rows are spread and sorted is nothing that shows here.
_WITHOUT_EFFECT = (exp.AlterDistStyle, exp.AlterSortKey)


def _check_views(name: TableName, action: exp.Expr, context: Context) -> None:
    if isinstance(action, exp.Drop):
        column = (action.args.get("tables") or [action.this])[0].name.lower()
        dependencies.check_free(f"drop table {name} column {column}", name, context, column)
    elif next(dependencies.dependents(name, context), None):
        raise SqlError(f"{name} cannot be renamed here while views read it: drop them first")


def _simple_action(action: exp.Expr) -> str:
    if isinstance(action, exp.Drop) and action.args["kind"] == "COLUMN":
        columns = action.args.get("tables") or [action.this]
        return f"DROP COLUMN {names.quoted(columns[0].name)}"
    if isinstance(action, exp.RenameColumn):
        new = names.quoted(action.args["to"].name)
        return f"RENAME COLUMN {names.quoted(action.this.name)} TO {new}"
    if isinstance(action, exp.AlterRename):
        return f"RENAME TO {names.quoted(action.this.name)}"
    raise SqlError("this ALTER TABLE is not supported by the local Redshift")


def _add_column(table: exp.Table, definition: exp.ColumnDef, context: Context) -> list[str]:
    if definition.args.get("exists"):
        raise SqlError('syntax error at or near "not": ADD COLUMN has no IF NOT EXISTS')
    column = tables.column_of(definition, context)
    if not column.nullable:
        raise SqlError(
            "ALTER TABLE ADD COLUMN defined as NOT NULL is not supported by the local Redshift"
        )
    return [
        f"ALTER TABLE {names.text(table)} ADD COLUMN {tables.definition_of(column)}",
        *tables.remember(table, [column]),
    ]


def _widen_column(
    name: TableName, table: exp.Table, action: exp.AlterColumn, context: Context
) -> list[str]:
    if context.in_batch:
        raise SqlError("ALTER TABLE ALTER COLUMN cannot run inside a transaction block")
    columns = {column.name: column for column in context.catalog.columns(name)}
    column = columns.get(action.this.name.lower())
    if not action.args.get("dtype"):
        raise SqlError("ALTER COLUMN changes the length of a VARCHAR and nothing else here")
    if column is None:
        raise SqlError(f'column "{action.this.name}" of relation "{name}" does not exist')
    wider = declared(action.args["dtype"])
    if "character varying" not in {wider.name} & {column.type.name}:
        raise SqlError("ALTER COLUMN TYPE changes the length of VARCHAR columns only")
    if column.default is not None:
        raise SqlError(f'cannot alter the type of column "{column.name}", which has a default')
    for view in dependencies.dependents(name, context, column.name):
        raise SqlError(
            "cannot alter type of a column used by a view or rule\n"
            f'  Detail: view {view.name} depends on column "{column.name}"'
        )
    _check_shrinking(name, column, wider, context)
    return [tables.note(table, Column(column.name, wider))]


def _check_shrinking(
    name: TableName, column: Column, wanted: RedshiftType, context: Context
) -> None:
    shorter = (wanted.length or 0) < (column.type.length or 0)
    if shorter and context.catalog.longest_text(name, column.name) > (wanted.length or 0):
        raise SqlError(f'column "{column.name}" has values that are longer than {wanted}')
