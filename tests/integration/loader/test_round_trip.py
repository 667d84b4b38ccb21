"""Every column of every mapping: what a canonical file says is what a query returns."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest

from cwp_local.redshift.server import Parts
from cwp_shared.mapping import Mapping
from cwp_shared.mapping_files import read_mappings
from cwp_transformer import canonical
from tests.integration.loader.warehouse import RealWarehouse
from tests.integration.redshift.servers import Api, serving
from tests.unit.local.redshift.fakes import FakeAnnouncer, FakeObjects
from tests.unit.transformer.fakes import World, cutting, ticket

ROOT: Final = Path(__file__).parents[3]
MAPPINGS: Final = read_mappings(ROOT / "mappings").valid

#: In the order of `_edges`: the least, the most, a usual value, none.
LEAST, MOST, USUAL, NONE = range(4)


def _edges(column_type: str) -> list[Any]:
    """The values of a type that are most easily lost."""
    kind, _, sizes = column_type.rstrip(")").partition("(")
    if kind == "varchar":
        return ["", "ä" * (int(sizes) // 2), "Drucker „3. OG“ \\ 'x'\n\t%"[: int(sizes) // 4], None]
    if kind == "decimal":
        digits, scale = map(int, sizes.split(","))
        most = Decimal(f"{'9' * digits}E-{scale}")
        return [-most, most, Decimal(f"0.{'0' * (scale - 1)}1") if scale else Decimal(1), None]
    return list(_EDGES[kind])


_EDGES: Final = {
    "bigint": (-(2**63), 2**63 - 1, 0, None),
    "integer": (-(2**31), 2**31 - 1, 0, None),
    "double precision": (-1.7e308, 0.1 + 0.2, 0.0, None),
    "boolean": (False, True, True, None),
    "date": (date(1970, 1, 1), date(9999, 12, 31), date(2024, 2, 29), None),
    # Timestamps in files have no zone and are UTC.
    "timestamp": (
        datetime(1970, 1, 1),  # noqa: DTZ001
        datetime(2262, 1, 1, 23, 59, 59, 999999),  # noqa: DTZ001
        datetime(2026, 3, 29, 2, 30),  # noqa: DTZ001 - an hour that summer time leaves out elsewhere
        None,
    ),
    "super": ('{"a":[1,2.50,{"b":"é 😀"}],"c":null}', "[]", '"text"', None),
}


def _from_warehouse(value: Any, column_type: str) -> Any:
    """The typed value of what the Data API returned."""
    readers: dict[str, Callable[[Any], Any]] = {
        "decimal": Decimal,
        "date": date.fromisoformat,
        "timestamp": datetime.fromisoformat,
        "super": json.loads,
    }
    kind = column_type.partition("(")[0]
    return value if value is None or kind not in readers else readers[kind](value)


def _canonical(mapping: Mapping) -> pa.Table:
    """Four opens, with the edges of each column's type."""
    rows = []
    for edge in (LEAST, MOST, USUAL, NONE):
        row = {c.name: _edges(c.type)[edge] for c in canonical.columns(mapping)}
        keys = {
            c.name: _edges(c.type)[edge if edge != NONE else USUAL] for c in mapping.key_columns
        }
        rows.append(row | keys | {"op": "open", "sk": f"{edge}", "sequence": 1})
    return pa.Table.from_pylist(rows, canonical.schema(mapping))


@pytest.fixture(scope="module")
def warehouse() -> Iterator[RealWarehouse]:
    objects = FakeObjects()
    with serving(None, Parts(objects, FakeAnnouncer())) as endpoint:
        yield RealWarehouse(Api(endpoint), objects)


@pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda mapping: mapping.table)
def test_every_value_of_every_column_comes_back(warehouse: RealWarehouse, mapping: Mapping) -> None:
    table, columns = _canonical(mapping), canonical.columns(mapping)
    commit = warehouse.commit(table, columns, mapping.table, key_columns=mapping.key)
    head = warehouse.load(commit)
    assert (head.phase, head.loaded_sequence, head.last_error) == ("idle", 1, None)
    there = warehouse.rows(mapping.table, [column.name for column in columns[1:]])
    for row, sent in zip(there, table.to_pylist(), strict=True):
        for column in columns[1:]:
            expected = sent[column.name]
            if column.type == "super" and expected is not None:
                expected = json.loads(expected)
            assert _from_warehouse(row[column.name], column.type) == expected, column.name


def test_a_text_longer_than_any_column_arrives_cut_and_with_its_note(
    warehouse: RealWarehouse,
) -> None:
    world = World(cutting(65_535))
    world.take([ticket(1, 10, summary="é" * 40_000), ticket(2, 10)])
    world.take([ticket(1, 20)])
    commits = [
        warehouse.commit(file, made.canonical.columns, "cut_texts", number, ("ticket_id",))
        for number, (file, made) in enumerate(
            zip(world.canonical_files(), world.commits(), strict=True), 1
        )
        if made.canonical
    ]
    head = warehouse.load(*commits)
    assert (head.phase, head.loaded_sequence, head.last_error) == ("idle", 2, None)
    (row,) = warehouse.api.rows(
        """SELECT "summary", "load_notes", "is_current", CAST(n."bytes" AS BIGINT), n."rule"
        FROM (SELECT *, JSON_PARSE("load_notes") AS "notes" FROM "acme-west"."cut_texts") AS t,
          t."notes" AS n
        WHERE "load_notes" IS NOT NULL"""
    )
    note = '[{"column":"summary","rule":"cut","bytes":80000}]'
    assert row == ("é" * 32_767, note, False, 80_000, '"cut"')
    current = 'SELECT "load_notes" FROM "acme-west"."cut_texts_current"'
    assert warehouse.api.rows(current) == [(None,), (None,)]
