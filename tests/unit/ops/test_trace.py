import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cwp_ops.ranged import RangedObject
from cwp_ops.trace import commits_of, loads_of, sightings
from cwp_ops.warehouse import Answer
from cwp_shared import raw_columns

UPPER = datetime(2026, 3, 1, tzinfo=UTC)


def raw_file(ids: list[int], **more: list[Any]) -> bytes:
    count = len(ids)
    columns = {
        "id": pa.array(ids, pa.int64()),
        raw_columns.RUN_ID: ["run"] * count,
        raw_columns.UPPER: pa.array([UPPER] * count, pa.timestamp("us", "UTC")),
        raw_columns.WINDOW: pa.array([0] * count, pa.int32()),
        raw_columns.PAGE: pa.array([3] * count, pa.int32()),
        "summary": [f"{n:0100}" for n in ids],
    }
    sink = io.BytesIO()
    pq.write_table(pa.table(columns | more), sink, row_group_size=2_000, compression="none")
    return sink.getvalue()


class RangedS3:
    def __init__(self, **objects: bytes) -> None:
        self.objects = objects
        self.fetched: dict[str, int] = dict.fromkeys(objects, 0)

    def head_object(self, Bucket: str, Key: str) -> dict[str, int]:  # noqa: N803 - boto3's names
        assert Bucket
        return {"ContentLength": len(self.objects[Key])}

    def get_object(self, Bucket: str, Key: str, Range: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket
        first, last = map(int, Range.removeprefix("bytes=").split("-"))
        body = self.objects[Key][first : last + 1]
        self.fetched[Key] += len(body)
        return {"Body": io.BytesIO(body)}


def test_a_record_is_found_in_the_files_that_have_it() -> None:
    absent = {raw_columns.ABSENT_AT: [UPPER]}
    s3 = RangedS3(a=raw_file([1, 7, 9]), b=raw_file([2, 8]), c=raw_file([7], **absent))
    seen: list[int] = []
    found = sightings(lambda key: RangedObject(s3, "lake", key), ["a", "b", "c"], 7, seen.append)
    assert [(one.raw_key, one.page) for one in found] == [("a", 3), ("c", 3)]
    assert found[1].absent_at == UPPER.isoformat()
    assert sum(seen) == 3


def test_of_a_file_only_what_may_have_the_record_is_read() -> None:
    s3 = RangedS3(large=raw_file(list(range(20_000))))
    size = len(s3.objects["large"])
    open_file = lambda key: RangedObject(s3, "lake", key)  # noqa: E731
    assert len(sightings(open_file, ["large"], 12_345, lambda _: None)) == 1
    assert s3.fetched["large"] < size / 4
    footer_only = s3.fetched["large"]
    assert sightings(open_file, ["large"], 999_999, lambda _: None) == []
    assert s3.fetched["large"] - footer_only < footer_only


class FakeLake:
    def __init__(self, **texts: str) -> None:
        self._texts = texts

    def keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        assert prefix == "acme/state/tickets/commits/"
        return iter((key, 1) for key in self._texts)

    def texts(self, wanted: Iterable[str]) -> Iterator[str]:
        return (self._texts[key] for key in wanted)


def test_a_file_is_told_with_the_commit_that_it_is_in() -> None:
    second = {"raw_keys": ["b", "c"], "revision": 2, "sequence": 1, "canonical": None}
    first = {"raw_keys": ["a"], "revision": 1, "sequence": 1, "canonical": {"key": "f"}}
    lake = FakeLake(two=json.dumps(second), one=json.dumps(first))
    found = commits_of(lake, "acme", "tickets", ["a", "c"])
    assert [(c.raw_key, c.revision, c.canonical_key) for c in found] == [
        ("a", 1, "f"),
        ("c", 2, None),
    ]


class FakeWarehouse:
    """A ledger of three loads."""

    def __init__(self) -> None:
        self.rows = [(f"load-{n}", 10 * n, 10 * n + 9, f"2026-03-0{n}") for n in (1, 2, 3)]

    def has_table(self, schema: str, table: str) -> bool:
        return (schema, table) == ("acme", "load_ledger")

    def query(self, sql: str, **parameters: str) -> Answer:
        assert '"acme"."load_ledger"' in sql
        assert parameters == {"name": "tickets"}
        return Answer(("load_id", "first_sequence", "last_sequence", "loaded_at"), list(self.rows))


def test_a_load_is_told_with_its_statement_while_the_loader_remembers_it() -> None:
    head = {"past": [{"load_id": "load-3", "statement_id": "dd2e1ec9"}]}
    warehouse: Any = FakeWarehouse()
    found = loads_of(warehouse, "acme", "tickets", [12, 30], head)
    assert [(one.load_id, one.statement_id) for one in found] == [
        ("load-1", None),
        ("load-3", "dd2e1ec9"),
    ]
    assert loads_of(warehouse, "acme", "tickets", [30], {})[0].statement_id is None
    assert loads_of(warehouse, "acme", "tickets", [], head) == []
