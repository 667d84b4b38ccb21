"""CREATE TABLE, and what it and ALTER TABLE know of columns.

Distribution, sorting, encoding and all keys are taken and forgotten; Redshift enforces no key, so
neither does this, and only NOT NULL holds. A declared type that DuckDB's own type does not tell is
kept as the column's comment.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql import expressions, layout, names
from cwp_local.redshift.sql.catalog import Column, Context, TableName
from cwp_local.redshift.sql.types import declared, from_duckdb

_TABLE_KEYS = (exp.Constraint, exp.ForeignKey, exp.PrimaryKey, exp.UniqueColumnConstraint)


@dataclass(frozen=True)
class _Target:
    """A table to be made."""

    name: TableName
    table: exp.Table
    temporary: bool

    @property
    def create(self) -> str:
        """The beginning of the statement."""
        return f"CREATE {'TEMP ' if self.temporary else ''}TABLE {names.text(self.table)}"


def _target(tree: exp.Create, context: Context) -> _Target:
    table = tree.find(exp.Table)
    if table is None:
        raise SqlError('syntax error at or near "create"')
    name = names.table_name(table, context)
    temporary = any(isinstance(part, exp.TemporaryProperty) for part in _properties(tree))
    if temporary and name.schema not in {None, "pg_temp"}:
        raise SqlError("cannot create temporary relation in non-temporary schema")
    return _Target(name, names.located(name, temporary=temporary), temporary)


def create_table(tree: exp.Create, context: Context) -> list[str]:
    """DuckDB's statements for a CREATE TABLE; none if it exists and may.

    Raises:
        SqlError: it exists, or has what Redshift or this stand-in does not have.
    """
    target = _target(tree, context)
    look_up = TableName("pg_temp", target.name.name) if target.temporary else target.name
    if context.catalog.columns(TableName(look_up.schema or "public", look_up.name)):
        if tree.args.get("exists"):
            return []
        raise SqlError(f'Relation "{target.name.name}" already exists')
    if tree.expression:
        query = expressions.rewrite(tree.expression, context).sql(dialect="duckdb", copy=False)
        return [f"{target.create} AS {query}"]
    columns = list(_columns(tree, context))
    layout.check(tree, columns)
    definitions = ", ".join(map(definition_of, columns))
    return [
        f"{target.create} ({definitions})",
        *remember(target.table, columns),
    ]


def _columns(tree: exp.Create, context: Context) -> Iterable[Column]:
    # sqlglot has a lone LIKE beside the table, others inside its parentheses.
    like = [part for part in _properties(tree) if isinstance(part, exp.LikeProperty)]
    listed = tree.this.expressions if isinstance(tree.this, exp.Schema) else []
    for part in [*like, *listed]:
        if isinstance(part, exp.LikeProperty):
            yield from _like(part, context)
        elif isinstance(part, exp.ColumnDef):
            yield column_of(part, context)
        elif not isinstance(part, _TABLE_KEYS):
            raise SqlError(f"not supported in CREATE TABLE: {part.sql(dialect='redshift')}")


def _like(part: exp.LikeProperty, context: Context) -> Iterable[Column]:
    name = names.table_name(part.this, context)
    columns = context.catalog.columns(name)
    if not columns:
        raise SqlError(f'relation "{name}" does not exist')
    words = {(option.name.upper(), option.text("value").upper()) for option in part.expressions}
    if words - {("INCLUDING", "DEFAULTS"), ("EXCLUDING", "DEFAULTS")}:
        raise SqlError("LIKE takes INCLUDING DEFAULTS or EXCLUDING DEFAULTS")
    keep = ("INCLUDING", "DEFAULTS") in words
    for column in columns:
        yield Column(column.name, column.type, column.nullable, column.default if keep else None)


def column_of(definition: exp.ColumnDef, context: Context) -> Column:
    """The column that a definition declares.

    Raises:
        SqlError: a type or constraint that Redshift or this stand-in does not have.
    """
    if not isinstance(definition.kind, exp.DataType):
        raise SqlError(f'column "{definition.name}" needs a type')
    nullable, default = True, None
    for constraint in definition.constraints:
        kind = constraint.kind
        if isinstance(kind, exp.NotNullColumnConstraint):
            nullable = bool(kind.args.get("allow_null"))
        elif isinstance(kind, exp.PrimaryKeyColumnConstraint):
            nullable = False
        elif isinstance(kind, exp.DefaultColumnConstraint):
            default = expressions.rewrite(kind.this, context).sql(dialect="duckdb", copy=False)
        elif isinstance(kind, exp.EncodeColumnConstraint):
            layout.check_encoding(kind.name, declared(definition.kind))
        elif not _is_forgotten(kind):
            text = kind.sql(dialect="redshift")
            raise SqlError(f"not supported by the local Redshift in a column: {text}")
    return Column(definition.name.lower(), declared(definition.kind), nullable, default)


def _is_forgotten(kind: exp.Expr) -> bool:
    """Whether it changes nothing here: all strings are told apart by case."""
    if isinstance(kind, exp.CollateColumnConstraint):
        return kind.this.name.lower() in {"case_sensitive", "cs"}
    return isinstance(kind, (exp.Reference, exp.UniqueColumnConstraint))


def definition_of(column: Column) -> str:
    """The column in a DuckDB statement."""
    null = "" if column.nullable else " NOT NULL"
    default = "" if column.default is None else f" DEFAULT {column.default}"
    return f"{names.quoted(column.name)} {column.type.duckdb}{default}{null}"


def remember(table: exp.Table, columns: Iterable[Column]) -> Iterable[str]:
    """The statements that keep the declared types which DuckDB's own do not tell."""
    return (note(table, c) for c in columns if from_duckdb(c.type.duckdb) != c.type)


def note(table: exp.Table, column: Column) -> str:
    """The statement that keeps the column's declared type."""
    place = f"{names.text(table)}.{names.quoted(column.name)}"
    return f"COMMENT ON COLUMN {place} IS '{column.type}'"


def _properties(tree: exp.Create) -> list[exp.Expr]:
    properties = tree.args.get("properties")
    return list(properties.expressions) if properties else []
