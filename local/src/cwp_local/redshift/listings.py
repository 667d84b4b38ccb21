"""What a database holds, as ListDatabases, ListSchemas, ListTables and DescribeTable tell it."""

import re
from typing import Any

from cwp_local.redshift.errors import not_found
from cwp_local.redshift.results import ResultColumn
from cwp_local.redshift.sql.catalog import Column, TableName
from cwp_local.redshift.warehouse import Warehouse

Entry = dict[str, Any]

_TABLES = """
SELECT schema_name, table_name, 'TABLE' FROM duckdb_tables()
WHERE database_name = 'rs$warehouse' AND NOT internal AND schema_name <> 'main'
UNION ALL SELECT schema_name, view_name, 'VIEW' FROM duckdb_views()
WHERE database_name = 'rs$warehouse' AND NOT internal AND schema_name <> 'main'
ORDER BY ALL
"""
_SCHEMAS = """
SELECT schema_name FROM duckdb_schemas()
WHERE database_name = 'rs$warehouse' AND NOT internal AND schema_name <> 'main' ORDER BY ALL
"""


class Listings:
    """Looks into the warehouse by sessions of its own, and so sees what is committed."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def schemas(self, pattern: str | None) -> list[str]:
        """Names of schemas like `pattern` (`%`, `_`)."""
        return [name for (name,) in self._rows(_SCHEMAS) if _like(name, pattern)]

    def tables(self, schema: str | None, table: str | None) -> list[Entry]:
        """`TableMember`s of schemas and tables like the patterns."""
        return [
            {"name": name, "schema": place, "type": kind}
            for place, name, kind in self._rows(_TABLES)
            if _like(place, schema) and _like(name, table)
        ]

    def columns(self, schema: str | None, table: str) -> list[Entry]:
        """`ColumnMetadata` of a table's columns.

        Raises:
            ApiError: `ResourceNotFoundException`.
        """
        place = TableName((schema or "public").lower(), table.lower())
        with self._warehouse.session("") as session:
            columns = session.columns(place)
        if not columns:
            raise not_found(f"Table {place} does not exist.", str(place))
        return [_metadata(place, column) for column in columns]

    def _rows(self, query: str) -> list[tuple[str, ...]]:
        with self._warehouse.session("") as session:
            records = session.rows(query).records
        return [tuple(field["stringValue"] for field in record) for record in records]


def _metadata(table: TableName, column: Column) -> Entry:
    metadata = ResultColumn(column.name, column.type).metadata() | {
        "length": column.type.length or column.type.precision or 0,
        "nullable": int(column.nullable),
        "schemaName": table.schema,
        "tableName": table.name,
    }
    return metadata if column.default is None else metadata | {"columnDefault": column.default}


def _like(name: str, pattern: str | None) -> bool:
    if pattern is None:
        return True
    made = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(made, name, re.DOTALL) is not None
