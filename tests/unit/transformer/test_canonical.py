import io
from decimal import Decimal

import fastparquet
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cwp_transformer import canonical
from tests.unit.transformer.fakes import TICKETS, World, moment, ticket

HISTORY_COLUMNS = [
    "effective_from",
    "effective_to",
    "is_current",
    "is_deleted",
    "source_updated_at",
    "attr_hash",
    "recorded_at",
    "run_id",
    "mapping_version",
    "sequence",
    "load_notes",
]


def test_the_schema_is_declared_and_ordered() -> None:
    schema = canonical.schema(TICKETS)
    assert schema.names[:4] == ["op", "sk", "tenant_id", "ticket_id"]
    assert schema.names[4:15] == HISTORY_COLUMNS
    assert schema.names[15:] == [column.name for column in TICKETS.attributes]
    assert schema.field("budget_hours").type == pa.decimal128(18, 4)
    assert schema.field("closed_at").type == pa.timestamp("us")
    assert schema.field("custom_fields").type == pa.string()
    assert schema.field("mapping_version").type == pa.int32()


def test_an_open_is_a_whole_row_and_a_close_has_its_interval_only() -> None:
    world = World()
    fields = {"budgetHours": 1.5, "closedFlag": True, "customFields": '[{"id": 1}]'}
    world.take([ticket(1, 10, **fields)], run_id="run-1")
    commit = world.take([ticket(1, 20, summary="b")], run_id="run-2")
    opening, closing = world.canonical_files()[1].to_pylist()
    assert closing["op"] == "close"
    assert (closing["effective_from"], closing["effective_to"]) == (moment(10), moment(20))
    assert (closing["is_current"], closing["ticket_id"], closing["sequence"]) == (False, 1, 2)
    assert closing["sk"] != opening["sk"]
    assert {closing[column.name] for column in TICKETS.attributes} == {None}
    first = world.canonical_files()[0].to_pylist()[0]
    assert (first["op"], first["budget_hours"], first["is_closed"]) == (
        "open",
        Decimal("1.5000"),
        True,
    )
    assert first["custom_fields"] == '[{"id":1}]'
    assert (opening["run_id"], opening["mapping_version"]) == ("run-2", 1)
    assert opening["recorded_at"] < commit.committed_at.replace(tzinfo=None)


def test_a_remove_names_the_version_it_takes_away() -> None:
    world = World()
    world.take([ticket(1, 10, summary="a"), ticket(1, 20, summary="b")], run_id="run-1")
    gone = world.history()[1]["sk"]
    world.take([ticket(1, 20, summary="a")], run_id="run-2")
    operations = {row["op"]: row for row in world.canonical_files()[1].to_pylist()}
    assert (operations["remove"]["sk"], operations["remove"]["is_current"]) == (gone, False)
    assert (operations["close"]["effective_to"], operations["close"]["is_current"]) == (None, True)


def test_two_readers_agree_on_the_file() -> None:
    world = World()
    commit = world.take([ticket(n, 10, summary=f"é{n}", budgetHours=n / 4) for n in range(1, 50)])
    assert commit.canonical
    body = world.lake.objects[commit.canonical.key]
    theirs = fastparquet.ParquetFile(io.BytesIO(body)).to_pandas()
    ours = pq.read_table(io.BytesIO(body))
    for name in ("sk", "ticket_id", "summary", "is_current", "sequence"):
        assert theirs[name].tolist() == ours[name].to_pylist()
    assert [Decimal(repr(float(v))) for v in theirs["budget_hours"]] == [
        v.normalize() + 0 for v in ours["budget_hours"].to_pylist()
    ]


@pytest.fixture
def column_chunks() -> list[pq.ColumnChunkMetaData]:
    world = World()
    commit = world.take([ticket(1, 10)])
    assert commit.canonical
    metadata = pq.ParquetFile(io.BytesIO(world.lake.objects[commit.canonical.key])).metadata
    return [metadata.row_group(0).column(n) for n in range(metadata.num_columns)]


def test_the_file_uses_encodings_that_every_reader_has(
    column_chunks: list[pq.ColumnChunkMetaData],
) -> None:
    assert {chunk.compression for chunk in column_chunks} == {"ZSTD"}
    assert {e for c in column_chunks for e in c.encodings} <= {"PLAIN", "RLE", "RLE_DICTIONARY"}


def test_readers_find_bounds_of_keys_times_and_sequence(
    column_chunks: list[pq.ColumnChunkMetaData],
) -> None:
    bounded = {chunk.path_in_schema for chunk in column_chunks if chunk.is_stats_set}
    assert bounded == {
        *("ticket_id", "effective_from", "effective_to", "is_current", "is_deleted"),
        *("source_updated_at", "recorded_at", "sequence"),
    }


def test_opens_lie_first_in_the_order_of_their_raw_rows() -> None:
    world = World()
    world.take([ticket(1, 10), ticket(2, 10)])
    world.take([ticket(2, 20, summary="b"), ticket(3, 20), ticket(1, 20, summary="a")])
    rows = world.canonical_files()[1].to_pylist()
    assert [(row["op"], row["ticket_id"]) for row in rows[:3]] == [
        ("open", 2),
        ("open", 3),
        ("open", 1),
    ]
    assert sorted((row["op"], row["ticket_id"]) for row in rows[3:]) == [("close", 1), ("close", 2)]
