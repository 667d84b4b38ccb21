"""One table of several tenants as one view.

Tenants may be a mapping apart for a while: a column that some of them lack is NULL for those, and
of texts and numbers of two sizes the larger one counts. The view is late-binding, on the tables and
not on their views, so that it holds up no load (docs/warehouse.md).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from cwp_ops.errors import OperatorError
from cwp_ops.warehouse import Warehouse, quoted

#: A column and its type, as the loader's registry has them: `("summary", "varchar(1024)")`.
Column = tuple[str, str]

_SIZED: Final = re.compile(r"(varchar|decimal)\((\d+)(?:,(\d+))?\)")


def columns_of(warehouse: Warehouse, tenant_id: str, table: str) -> tuple[Column, ...]:
    """A table's columns in their order; none if the tenant has no such table."""
    if not warehouse.has_table(tenant_id, "load_columns"):
        return ()
    registry = quoted(tenant_id, "load_columns")
    found = warehouse.query(
        f"SELECT column_name, column_type FROM {registry} "  # noqa: S608 - quoted
        'WHERE table_name = :name ORDER BY "position"',
        name=table,
    )
    return tuple((str(name), str(type_).lower()) for name, type_ in found.rows)


def merged(columns: Mapping[str, Sequence[Column]]) -> tuple[Column, ...]:
    """The columns of all tenants together, by tenant, in the order in which they are met.

    Raises:
        OperatorError: two tenants have a column with types that do not go together.
    """
    types: dict[str, str] = {}
    for tenant_id, own in columns.items():
        for name, type_ in own:
            known = types.setdefault(name, type_)
            larger = _larger(known, type_)
            if larger is None:
                raise OperatorError(
                    f"column {name} is {type_} at {tenant_id} and {known} at another tenant; "
                    "choose tenants of one mapping with --tenants"
                )
            types[name] = larger
    return tuple(types.items())


def view_sql(schema: str, table: str, columns: Mapping[str, Sequence[Column]]) -> str:
    """The statement that makes `schema.table` of the tenants' tables.

    Raises:
        OperatorError: as `merged`; or no tenant has the table.
    """
    if not columns:
        raise OperatorError(f"no tenant has a table {table} in the warehouse")
    wanted = merged(columns)
    selects = (
        f"SELECT {_selected(own, wanted)}\nFROM {quoted(tenant_id, table)}"
        for tenant_id, own in columns.items()
    )
    body = "\nUNION ALL\n".join(selects)
    return f"CREATE VIEW {quoted(schema, table)} AS\n{body}\nWITH NO SCHEMA BINDING"


def make(warehouse: Warehouse, schema: str, table: str, sql: str) -> None:
    """Make the view, in place of one of its name, in one transaction."""
    warehouse.run(
        f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}",
        f"DROP VIEW IF EXISTS {quoted(schema, table)}",
        sql,
    )


def _selected(own: Sequence[Column], wanted: Sequence[Column]) -> str:
    has = {name for name, _ in own}
    return ", ".join(
        quoted(name) if name in has else f"CAST(NULL AS {type_.upper()}) AS {quoted(name)}"
        for name, type_ in wanted
    )


def _larger(one: str, other: str) -> str | None:
    """The type that holds both; None: there is none."""
    if one == other:
        return one
    first, second = _SIZED.fullmatch(one), _SIZED.fullmatch(other)
    # Decimals of two scales are two measures of one thing: nobody should add them up.
    if not first or not second or (first[1], first[3]) != (second[1], second[3]):
        return None
    return one if int(first[2]) >= int(second[2]) else other
