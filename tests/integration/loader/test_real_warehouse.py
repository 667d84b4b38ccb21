"""What the loader sends beyond plain loads, taken by the local Redshift as Redshift takes it."""

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from cwp_loader import settle
from cwp_loader.layout import Columns
from cwp_loader.table import TableRef
from cwp_local.redshift.server import Parts
from cwp_shared.events import CommitsRequested
from tests.integration.loader.warehouse import TENANT, RealWarehouse
from tests.integration.redshift.servers import Api, serving
from tests.unit.loader.fakes import COLUMNS, WIDER
from tests.unit.local.redshift.fakes import BUCKET, FakeAnnouncer, FakeObjects

TICKETS = TableRef(TENANT, "tickets")
TYPES = {"bigint": pa.int64(), "integer": pa.int32(), "boolean": pa.bool_()}


@pytest.fixture
def warehouse() -> Iterator[RealWarehouse]:
    objects = FakeObjects()
    with serving(None, Parts(objects, FakeAnnouncer())) as endpoint:
        yield RealWarehouse(Api(endpoint), objects)


def _file(columns: Columns, sequence: int, *rows: dict[str, Any]) -> pa.Table:
    def arrow(column_type: str) -> pa.DataType:
        if column_type == "timestamp":
            return pa.timestamp("us")
        return pa.decimal128(18, 2) if "decimal" in column_type else pa.string()

    schema = pa.schema([(c.name, TYPES.get(c.type) or arrow(c.type)) for c in columns])
    defaults = {"sequence": sequence, "is_current": True, "tags": "[]"}
    return pa.Table.from_pylist([defaults | row for row in rows], schema)


def _open(sk: str, summary: str) -> dict[str, Any]:
    return {"op": "open", "sk": sk, "summary": summary}


def _summaries(warehouse: RealWarehouse) -> dict[str, Any]:
    rows = warehouse.rows("tickets", ["sk", "summary"])
    return {row["sk"]: row["summary"] for row in rows}


def test_a_table_grows_and_its_texts_get_room(warehouse: RealWarehouse) -> None:
    narrow = warehouse.commit(_file(COLUMNS, 1, _open("a", "x" * 100)), COLUMNS, "tickets", 1)
    wide = warehouse.commit(_file(WIDER, 2, _open("b", "x" * 300)), WIDER, "tickets", 2)
    again = warehouse.commit(_file(COLUMNS, 3, _open("c", "x")), COLUMNS, "tickets", 3)
    head = warehouse.load(narrow, wide, again)
    assert (head.phase, head.loaded_sequence, head.last_error) == ("idle", 3, None)
    assert head.columns == WIDER[1:]
    assert {sk: len(text) for sk, text in _summaries(warehouse).items()} == {
        "a": 100,
        "b": 300,
        "c": 1,
    }
    current = warehouse.api.rows(f'SELECT "severity" FROM "{TENANT}"."tickets_current"')
    assert current == [(None,)] * 3


def test_a_broken_file_is_passed_over_and_comes_in_when_it_is_mended(
    warehouse: RealWarehouse,
) -> None:
    commits = [
        warehouse.commit(_file(COLUMNS, n, _open("a", f"text {n}")), COLUMNS, "tickets", n)
        for n in (1, 2)
    ]
    close = {"op": "close", "sk": "a", "is_current": False, "summary": None, "tags": None}
    commits.append(warehouse.commit(_file(COLUMNS, 3, close), COLUMNS, "tickets", 3))
    place = f"{BUCKET}/{commits[1].key}"
    good = warehouse.objects.kept[place]
    warehouse.objects.kept[place] = b"\0" * len(good)

    head = warehouse.load(*commits)
    assert (head.phase, head.loaded_sequence, head.set_aside) == ("idle", 3, 1)
    assert _summaries(warehouse) == {"a": "text 1"}
    note = json.loads(
        warehouse.objects.kept[f"{BUCKET}/{TENANT}/quarantine/tickets/load-000000000002.json"]
    )
    ((problem,),) = warehouse.api.rows(
        f'SELECT "problem" FROM "{TENANT}"."load_ledger" WHERE "problem" IS NOT NULL'
    )
    assert "Spectrum Scan Error" in note["reason"]
    assert problem.split() == note["reason"].split()

    warehouse.objects.kept[place] = good
    settle.reload(warehouse.on, TICKETS, 2)
    warehouse.rest(TICKETS)
    assert warehouse.bus.of(CommitsRequested)[-1].after_sequence == 1
    head = warehouse.load(*commits[1:])
    assert (head.phase, head.loaded_sequence, head.set_aside) == ("idle", 3, 0)
    assert _summaries(warehouse) == {"a": "text 2"}
    assert warehouse.api.rows(f'SELECT "is_current" FROM "{TENANT}"."tickets"') == [(False,)]
