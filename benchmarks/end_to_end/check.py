"""Does a warehouse hold what the sandbox holds? Asked of every run before its time counts.

Of every current row its id, when it changed, and a few values; of every record that changed, that
the version before is kept and closed. When versions begin and end is not asked: dlt takes the time
of the load.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from benchmarks.common.tenant import TABLES, NotAsItMustBeError
from benchmarks.sandbox.questions import Ask, Client
from cwp_local.sandbox.models import CompanyAccess
from cwp_ops.context import Operator
from cwp_ops.warehouse import quoted
from cwp_shared.mapping import Mapping as TableMapping
from cwp_shared.mapping_files import read_mappings
from cwp_shared.tables import source_table

#: API paths of the values that are compared.
TEXTS: Final = {
    "service_tickets": ("summary", "status/name", "company/name"),
    "time_entries": ("member/identifier", "workType/name", "billableOption"),
    "company_companies": ("name", "status/name", "city"),
    "company_contacts": ("firstName", "lastName", "company/name"),
}
_UPDATED: Final = "_info/lastUpdated"

#: Id, second of the last change, values.
Row = tuple[Any, ...]
Query = Callable[[str], Iterable[Row]]


def truth(access: CompanyAccess) -> dict[str, list[Row]]:
    """Every row that the sandbox has now, by table."""
    client = Client(access)
    return {
        table: [_row(row, TEXTS[table]) for row in _api_rows(client, table)] for table in TABLES
    }


def check(
    found: Mapping[str, tuple[Sequence[Row], Sequence[int]]],
    wanted: Mapping[str, Sequence[Row]],
    closed: Mapping[str, Sequence[int]],
) -> None:
    """Compare what a warehouse holds with what it must hold.

    Args:
        found: by table, current rows and ids of versions that are not current.
        wanted: current rows.
        closed: ids of which one version must be closed.

    Raises:
        NotAsItMustBeError: saying where they part.
    """
    for table, rows in wanted.items():
        current, ended = found[table]
        if Counter(current) != Counter(rows):
            apart = set(current) ^ set(rows)
            raise NotAsItMustBeError(
                f"{table}: {len(current)} current rows, the sandbox has {len(rows)}; on one side "
                f"only: {list(apart)[:4]}"
            )
        if sorted(ended) != sorted(closed[table]):
            raise NotAsItMustBeError(
                f"{table}: {len(ended)} versions are closed instead of {len(closed[table])}"
            )


def in_warehouse(operator: Operator, tenant: str) -> dict[str, tuple[Sequence[Row], Sequence[int]]]:
    """What the pipeline's warehouse holds, as `check` takes it."""
    mappings = read_mappings(operator.root / "mappings")
    return {
        table: _held(
            lambda sql: operator.cloud.warehouse.query(sql).rows,
            quoted(tenant, mapping.table),
            [_column(mapping, path) for path in ("id", *TEXTS[table])],
            "source_updated_at",
            "is_current",
        )
        for table in TABLES
        for mapping in mappings.of_source(table)
    }


def in_dlt(database: Path) -> dict[str, tuple[Sequence[Row], Sequence[int]]]:
    """What dlt's DuckDB file holds, as `check` takes it."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return {
            table: _held(
                lambda sql: connection.sql(sql).fetchall(),
                quoted("bench", table),
                [_dlt_column(path) for path in ("id", *TEXTS[table])],
                _dlt_column(_UPDATED),
                "_dlt_valid_to IS NULL",
            )
            for table in TABLES
        }


def _held(
    query: Query, table: str, columns: Sequence[str], updated: str, is_current: str
) -> tuple[Sequence[Row], Sequence[int]]:
    key, *texts = map(quoted, columns)
    second = f"CAST(EXTRACT(EPOCH FROM {quoted(updated)}) AS BIGINT)"
    current = query(f"SELECT {', '.join([key, second, *texts])} FROM {table} WHERE {is_current}")
    ended = query(f"SELECT {key} FROM {table} WHERE NOT ({is_current})")
    return [tuple(row) for row in current], [row[0] for row in ended]


def _column(mapping: TableMapping, path: str) -> str:
    return next(column.name for column in mapping.columns if column.source == path)


def _dlt_column(path: str) -> str:
    return re.sub("(?<=[a-z])([A-Z])", r"_\1", path.replace("/", "__")).lower()


def _api_rows(client: Client, table: str) -> Iterator[Mapping[str, Any]]:
    path, last = source_table(table).path, 0
    while True:
        params = {"conditions": f"id > {last}", "orderBy": "id asc", "pageSize": "1000"}
        _, rows = client.ask(Ask(path, params))
        yield from rows
        if not rows:
            return
        last = rows[-1]["id"]


def _row(row: Mapping[str, Any], texts: Sequence[str]) -> Row:
    second = int(datetime.fromisoformat(_at(row, _UPDATED)).timestamp())
    return (row["id"], second, *(_at(row, path) for path in texts))


def _at(value: Any, path: str) -> Any:
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, dict) else None
    return value
