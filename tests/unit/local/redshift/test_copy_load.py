"""COPY over a fake S3: by position, by length, by type, by bytes."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_local.redshift.copy.command import copy_command
from cwp_local.redshift.copy.load import run_copy
from cwp_local.redshift.errors import Interrupted, SqlError
from cwp_local.redshift.sql import parse
from cwp_local.redshift.sql.catalog import Context
from cwp_local.redshift.warehouse import Warehouse
from tests.unit.local.redshift.fakes import BUCKET, FakeObjects, copy, entry
from tests.unit.local.redshift.runner import Sql


class Lake:
    """A warehouse and an S3 to copy from."""

    def __init__(self, sql: Sql) -> None:
        self.sql = sql
        self.objects = FakeObjects()
        self.cancelled = False

    def copy(self, target: str, entries: list[dict[str, Any]], more: str = "") -> int:
        url = self.objects.put_manifest("m.json", entries)
        return self.run(copy(target, url, more))

    def run(self, text: str) -> int:
        command = copy_command(parse.statement(text))
        session = self.sql.session
        context = Context(session, "dev")
        return run_copy(command, context, session, self.objects, self._check)

    def file(self, columns: dict[str, Any], **options: Any) -> dict[str, Any]:
        return self.objects.put_parquet("one.parquet", pa.table(columns), **options)

    def _check(self) -> None:
        if self.cancelled:
            raise Interrupted


@pytest.fixture
def lake(sql: Sql) -> Lake:
    return Lake(sql)


def test_every_type_arrives_as_it_was(lake: Lake) -> None:
    lake.sql(
        "CREATE TABLE t (a SMALLINT, b INT, c BIGINT, d DECIMAL(18,4), e REAL, f FLOAT, g BOOLEAN, "
        "h VARCHAR(9), i CHAR(2), j DATE, k TIMESTAMP, l TIMESTAMPTZ)"
    )
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_900)  # noqa: DTZ001 - a TIMESTAMP has no zone
    rows = lake.file(
        {
            "a": pa.array([1], pa.int16()),
            "b": pa.array([2], pa.int32()),
            "c": pa.array([3], pa.int64()),
            "d": pa.array([Decimal("4.5000")], pa.decimal128(18, 4)),
            "e": pa.array([0.5], pa.float32()),
            "f": pa.array([0.25], pa.float64()),
            "g": pa.array([True]),
            "h": pa.array(["é"]),
            "i": pa.array(["x "]),
            "j": pa.array([date(2026, 1, 2)]),
            "k": pa.array([moment], pa.timestamp("us")),
            "l": pa.array([moment.replace(tzinfo=UTC)], pa.timestamp("us", "UTC")),
        }
    )
    assert lake.copy("t", [rows]) == 1
    text = "2026-01-02 03:04:05.6789"
    assert lake.sql("SELECT * FROM t") == [
        (1, 2, 3, "4.5000", 0.5, 0.25, True, "é", "x", "2026-01-02", text, f"{text}+00")
    ]


def test_columns_go_by_position_not_by_name(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (first VARCHAR(9), second VARCHAR(9), third INT DEFAULT 7)")
    rows = lake.file({"second": ["a"], "first": ["b"]})
    assert lake.copy("t (first, second)", [rows]) == 1
    assert lake.copy("t (second, first)", [rows]) == 1
    assert lake.sql("SELECT * FROM t ORDER BY first") == [("a", "b", 7), ("b", "a", 7)]


def test_the_number_of_columns_must_match(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (a BIGINT, b BIGINT)")
    with pytest.raises(SqlError) as refused:
        lake.copy("t", [lake.file({"a": [1]})])
    assert "Spectrum Scan Error" in str(refused.value)
    assert (
        "Unmatched number of columns between table and file. Table columns: 2, Data columns: 1, "
        "File name: s3://lake/one.parquet" in str(refused.value)
    )
    with pytest.raises(SqlError, match="Table columns: 1, Data columns: 2"):
        lake.copy("t (a)", [lake.file({"a": [1], "b": [2]})])


def test_fillrecord_takes_files_without_the_last_columns(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (a BIGINT, b BIGINT DEFAULT 7)")
    assert lake.copy("t", [lake.file({"a": [1]})], "FILLRECORD") == 1
    assert lake.sql("SELECT * FROM t") == [(1, None)]
    with pytest.raises(SqlError, match="Unmatched number of columns"):
        lake.copy("t (a)", [lake.file({"a": [1], "b": [1]})], "FILLRECORD")


@pytest.mark.parametrize(
    ("column", "stored"),
    [
        ("INT", pa.int64()),
        ("BIGINT", pa.int32()),
        ("BIGINT", pa.uint64()),
        ("SMALLINT", pa.int32()),
        ("VARCHAR(9)", pa.int64()),
        ("BIGINT", pa.string()),
        ("DECIMAL(10,2)", pa.float64()),
        ("DECIMAL(10,2)", pa.decimal128(12, 2)),
        ("DECIMAL(10,2)", pa.decimal128(10, 3)),
        ("FLOAT", pa.float32()),
        ("REAL", pa.float64()),
        ("BOOLEAN", pa.int32()),
        ("DATE", pa.timestamp("us")),
        ("TIMESTAMP", pa.date32()),
        ("TIMESTAMP", pa.timestamp("ns")),
        ("TIMESTAMP", pa.timestamp("us", "UTC")),
        ("TIMESTAMPTZ", pa.timestamp("us")),
        ("TIME", pa.time64("us")),
        ("INT", pa.null()),
        ("REAL", pa.float16()),
        ("VARCHAR(9)", pa.binary()),
        ("VARCHAR(9)", pa.list_(pa.string())),
        ("VARCHAR(9)", pa.struct([("a", pa.string())])),
    ],
)
def test_types_must_fit_by_position(lake: Lake, column: str, stored: pa.DataType) -> None:
    lake.sql(f"CREATE TABLE t (ok BIGINT, c {column})")
    rows = lake.file({"ok": [1], "x": pa.array([None], stored)})
    with pytest.raises(SqlError) as refused:
        lake.copy("t", [rows])
    said = str(refused.value)
    assert "Spectrum Scan Error" in said
    assert "code:      15007" in said
    assert "has an incompatible Parquet schema for column 's3://lake/one.parquet.c'" in said
    assert lake.sql("SELECT COUNT(*) FROM t") == [(0,)]


def test_a_dictionary_or_large_string_is_a_string(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (a VARCHAR(3), b VARCHAR(3))")
    words = pa.array(["x", "y", "x"]).dictionary_encode()
    rows = lake.file({"a": words, "b": pa.array(["é", None, "z"], pa.large_string())})
    assert lake.copy("t", [rows]) == 3
    assert lake.sql("SELECT a, b FROM t") == [("x", "é"), ("y", None), ("x", "z")]


def test_too_many_bytes_fail_the_copy(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (name VARCHAR(4))")
    with pytest.raises(SqlError) as refused:
        lake.copy("t", [lake.file({"n": ["ok", "éé€"]})])
    assert (
        "The length of the data column name is longer than the length defined in the table. "
        "Table: 4, Data: 7, File name: s3://lake/one.parquet" in str(refused.value)
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.none() | st.text(max_size=6), max_size=5), st.integers(1, 8))
def test_copy_takes_strings_if_and_only_if_all_fit(
    warehouse: Warehouse, values: list[str | None], limit: int
) -> None:
    with warehouse.session("dev") as session:
        lake = Lake(Sql(session))
        lake.sql(f"CREATE TEMP TABLE t (name VARCHAR({limit}))")
        rows = lake.file({"n": pa.array(values, pa.string())})
        if all(len((value or "").encode()) <= limit for value in values):
            assert lake.copy("t", [rows]) == len(values)
        else:
            with pytest.raises(SqlError, match="is longer than the length defined"):
                lake.copy("t", [rows])


def test_null_where_none_may_be(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (id BIGINT NOT NULL)")
    with pytest.raises(SqlError, match="Cannot load a NULL value into column id"):
        lake.copy("t", [lake.file({"id": pa.array([1, None])})])


def test_text_into_super_needs_serializetojson_and_stays_text(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (s SUPER)")
    rows = lake.file({"s": ['{"a":1}']})
    with pytest.raises(SqlError, match=r"^SUPER column in COPY query requires SERIALIZETOJSON"):
        lake.copy("t", [rows])
    assert lake.copy("t", [rows], "SERIALIZETOJSON") == 1
    assert lake.sql("SELECT JSON_TYPEOF(s) FROM t") == [("string",)]
    long = lake.file({"s": ["x" * 65_536]})
    with pytest.raises(SqlError, match="exceeds the max size of 65535 bytes"):
        lake.copy("t", [long], "SERIALIZETOJSON")


def test_nested_columns_become_documents(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (s SUPER, n BIGINT)")
    rows = lake.file({"s": [{"a": [1, 2]}], "n": [5]})
    lake.copy("t", [rows], "SERIALIZETOJSON")
    assert lake.sql("SELECT s, n FROM t") == [('{"a":[1,2]}', 5)]


def test_many_files_and_row_groups(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (n BIGINT)")
    tables = [pa.table({"n": range(start, start + 100)}) for start in (0, 100, 200)]
    entries = [
        lake.objects.put_parquet(f"{place}.parquet", table, row_group_size=30)
        for place, table in enumerate(tables)
    ]
    assert lake.copy("t", entries) == 300
    assert lake.sql("SELECT COUNT(*), MIN(n), MAX(n) FROM t") == [(300, 0, 299)]


def test_an_empty_file_is_a_file(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (n BIGINT)")
    assert lake.copy("t", [lake.file({"n": pa.array([], pa.int64())})]) == 0


def test_a_wrong_content_length_fails(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (n BIGINT)")
    wrong = lake.file({"n": [1]})
    wrong["meta"]["content_length"] += 1
    with pytest.raises(SqlError, match=r"meta\.content_length.*but it has"):
        lake.copy("t", [wrong])


def test_a_missing_file_fails_only_if_mandatory(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (n BIGINT)")
    there = lake.file({"n": [1]})
    assert lake.copy("t", [there, entry("gone.parquet", 9, mandatory=False)]) == 1
    with pytest.raises(SqlError, match=r"S3ServiceException:.*NoSuchKey.*s3://lake/gone.parquet"):
        lake.copy("t", [there, entry("gone.parquet", 9)])
    with pytest.raises(SqlError, match="names no file that exists"):
        lake.copy("t", [entry("gone.parquet", 9, mandatory=False)])


def test_what_is_no_parquet_fails(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (n BIGINT)")
    lake.objects.kept[f"{BUCKET}/bad"] = b"not parquet"
    with pytest.raises(SqlError, match="is not a Parquet file"):
        lake.copy("t", [entry("bad", 11)])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "is not a manifest for PARQUET"),
        ("[]", "is not a manifest for PARQUET"),
        ('{"entries": []}', "entries"),
        ('{"entries": [{"url": "s3://b/k", "mandatory": true}]}', "entries.0.meta"),
        ('{"entries": [{"url": "s3://b/k", "meta": {}}]}', "entries.0.meta.content_length"),
        ('{"entries": [{"url": "s3://b/k", "meta": {"content_length": "9"}}]}', "content_length"),
        ('{"entries": [{"url": "https://b/k", "meta": {"content_length": 9}}]}', "entries.0.url"),
    ],
)
def test_bad_manifests(lake: Lake, body: str, words: str) -> None:
    lake.sql("CREATE TABLE t (n BIGINT)")
    lake.objects.kept[f"{BUCKET}/m.json"] = body.encode()
    with pytest.raises(SqlError) as refused:
        lake.run(copy("t", "s3://lake/m.json"))
    assert str(refused.value).startswith("Problem reading manifest file - ")
    assert words in str(refused.value)


def test_a_missing_manifest(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (n BIGINT)")
    with pytest.raises(SqlError, match=r"Problem reading manifest file - S3ServiceException"):
        lake.run(copy("t", "s3://lake/none.json"))


def test_unknown_tables_and_columns(lake: Lake) -> None:
    with pytest.raises(SqlError, match='relation "nope" does not exist'):
        lake.copy("nope", [lake.file({"n": [1]})])
    lake.sql("CREATE TABLE t (n BIGINT)")
    with pytest.raises(SqlError, match='column "x" of relation "t" does not exist'):
        lake.copy("t (x)", [lake.file({"n": [1]})])


def test_cancelling_stops_between_files(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (n BIGINT)")
    lake.cancelled = True
    with pytest.raises(Interrupted):
        lake.copy("t", [lake.file({"n": [1]})])
    assert "lake/one.parquet" not in lake.objects.reads
