"""A query ends when it has run for as long as the workgroup lets it."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from cwp_local.redshift.execute import QUERY_LIMIT_S
from cwp_local.redshift.server import Parts
from tests.integration.redshift.servers import Api, serving
from tests.unit.local.redshift.fakes import ENDLESS, FakeAnnouncer, FakeObjects, copy

LIMIT_S = 0.5
SHARED = Path(__file__).parents[3] / "shared" / "resources" / "warehouse.yml"


@dataclass
class SlowObjects(FakeObjects):
    def fetch(self, bucket: str, key: str, path: Path) -> int:
        time.sleep(LIMIT_S * 0.7)
        return super().fetch(bucket, key, path)


@pytest.fixture
def objects() -> SlowObjects:
    return SlowObjects()


@pytest.fixture
def api(objects: SlowObjects) -> Iterator[Api]:
    parts = Parts(objects, FakeAnnouncer(), query_limit_s=LIMIT_S)
    with serving(None, parts) as endpoint:
        yield Api(endpoint)


def test_a_query_that_takes_too_long_fails_and_its_batch_is_undone(api: Api) -> None:
    described = api.batch("CREATE TABLE t (n INT)", ENDLESS, "SELECT 1")
    assert [part["Status"] for part in described["SubStatements"]] == [
        "FINISHED",
        "FAILED",
        "ABORTED",
    ]
    assert described["Status"] == "FAILED"
    assert re.match(r"Query #2 failed with ERROR: Query \(\d+\) cancelled by", described["Error"])
    assert api.run("SELECT * FROM t")["Error"] == 'ERROR: relation "t" does not exist'


def test_a_copy_that_takes_too_long_fails_between_its_files(api: Api, objects: SlowObjects) -> None:
    rows = pa.table({"n": pa.array([1], pa.int32())})
    url = objects.put_manifest("m", [objects.put_parquet(f"{n}.parquet", rows) for n in range(9)])
    api.run("CREATE TABLE t (n INT)")
    described = api.run(copy("t", url))
    assert described["Status"] == "FAILED"
    assert "max_query_execution_time" in described["Error"]
    assert len(objects.reads) < 9
    assert api.rows("SELECT COUNT(*) FROM t") == [(0,)]


def test_each_query_of_a_batch_has_its_own_time(api: Api, objects: SlowObjects) -> None:
    rows = pa.table({"n": pa.array([1], pa.int32())})
    url = objects.put_manifest("m", [objects.put_parquet("one.parquet", rows)])
    described = api.batch("CREATE TABLE t (n INT)", *[copy("t", url)] * 3)
    assert described["Status"] == "FINISHED", described.get("Error")


def test_the_limit_is_that_of_our_workgroup() -> None:
    found = re.search(r'max_query_execution_time, ParameterValue: "(\d+)"', SHARED.read_text())
    assert found
    assert float(found[1]) == QUERY_LIMIT_S
