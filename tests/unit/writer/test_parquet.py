import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cwp_shared import raw_columns
from cwp_writer.pages import RowReader
from cwp_writer.parquet import ReadPage, raw_table, to_parquet
from tests.unit.writer.fakes import UPPER, page


def table(*pages: tuple[int, int, list[dict[str, Any]]], **changes: Any) -> pa.Table:
    landed = [page(rows, window, number, **changes) for window, number, rows in pages]
    return raw_table([ReadPage(event, RowReader().read(body)) for event, body in landed])


FIRST = (0, 0, [{"id": 2, "a": 1}, {"id": 3}])
SECOND = (0, 1, [{"id": 9, "b": {"c": "x"}}])
THIRD = (1, 0, [{"id": 1}])


def test_rows_say_where_they_were_seen() -> None:
    assert table(FIRST, SECOND, THIRD).select(list(raw_columns.SYSTEM_COLUMNS)).to_pylist() == [
        {
            "_cwp_run_id": "run-1",
            "_cwp_upper": UPPER,
            "_cwp_window": window,
            "_cwp_page": number,
            "_cwp_row": row,
        }
        for window, number, row in [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0)]
    ]


def test_our_columns_come_first_then_the_apis_by_name() -> None:
    schema = table(SECOND, FIRST).schema
    assert schema.names == [*raw_columns.SYSTEM_COLUMNS, "a", "b__c", "id"]
    assert [str(kind) for kind in schema.types] == [
        "string",
        "timestamp[us, tz=UTC]",
        "int32",
        "int32",
        "int32",
        "int64",
        "string",
        "int64",
    ]


def test_the_order_of_messages_does_not_matter() -> None:
    straight, reverse = table(FIRST, SECOND, THIRD), table(THIRD, SECOND, FIRST)
    assert straight["id"].to_pylist() == [2, 3, 9, 1]
    assert to_parquet(straight) == to_parquet(reverse)


def test_rows_without_any_field_are_still_rows() -> None:
    assert table((0, 0, [{}, {"a": None}])).num_rows == 2


def test_the_file_says_what_it_holds_and_is_plain_parquet() -> None:
    stored = table(FIRST, SECOND, api_version="2025.1")
    content = to_parquet(stored)
    assert pq.read_table(io.BytesIO(content)).equals(stored)
    file = pq.ParquetFile(io.BytesIO(content))
    described = {k: v for k, v in file.metadata.metadata.items() if k.startswith(b"cwp.")}
    assert described == {
        raw_columns.META_TENANT: b"acme",
        raw_columns.META_TABLE: b"service_tickets",
        raw_columns.META_RUN: b"run-1",
        raw_columns.META_ROWS: b"3",
        raw_columns.META_KIND: b"rows",
        raw_columns.META_API_VERSION: b"2025.1",
    }
    assert file.metadata.format_version == "2.6"
    group = file.metadata.row_group(0)
    assert {group.column(n).compression for n in range(group.num_columns)} == {"ZSTD"}


def test_a_file_names_every_api_version_its_pages_were_asked_in() -> None:
    events = [
        page([{"id": 1}], 0, number, api_version=version)[0]
        for number, version in enumerate(["2026.1", "2025.1", None])
    ]
    pages = [ReadPage(event, RowReader().read(b'[{"id": 1}]')) for event in events]
    about = raw_table(pages).schema.metadata
    assert about[raw_columns.META_API_VERSION] == b"2025.1,2026.1"
    assert raw_columns.META_API_VERSION not in table(FIRST).schema.metadata


def test_a_file_of_a_sweep_says_so() -> None:
    about = table(FIRST, mode="reconcile").schema.metadata
    assert about[raw_columns.META_KIND] == raw_columns.KIND_IDS


def test_only_values_that_repeat_are_put_into_dictionaries() -> None:
    rows = [{"id": at, "date": f"{at:010}", "board": f"board {at % 700}"} for at in range(1000)]
    stored = pq.ParquetFile(io.BytesIO(to_parquet(table((0, 0, rows)))))
    group = stored.metadata.row_group(0)
    columns = [group.column(at) for at in range(group.num_columns)]
    has_dictionary = {each.path_in_schema: each.has_dictionary_page for each in columns}
    assert {name: has_dictionary[name] for name in rows[0]} == {
        "id": False,
        "date": False,
        "board": True,
    }
    assert has_dictionary[raw_columns.RUN_ID]
