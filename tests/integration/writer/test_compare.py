"""Sweeps against raw files in S3 (moto): what is announced as gone, held, released, said again."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from cwp_shared import keys, raw_columns
from cwp_shared.clock import sortable
from cwp_shared.errors import Retriable, Terminal
from cwp_shared.events import AbsencesHeld, AbsencesProven, AbsencesReleased, RunCompleted
from cwp_shared.tenants import TenantConfig
from cwp_writer.compare import Comparer
from cwp_writer.lake import RawFiles
from cwp_writer.sweeps import Sweeps
from tests.aws_environment import isolate
from tests.counted import counted, values
from tests.unit.writer.fakes import FakeBus, envelope

START = datetime(2026, 3, 1, tzinfo=UTC)
TABLE = "service_tickets"


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


class Tenants:
    def get(self, tenant_id: str) -> TenantConfig:
        return TenantConfig(
            tenant_id=tenant_id,
            site="api-na.myconnectwise.net",
            company="Acme",
            delete_guard_share=0.5,
            delete_guard_rows=1,
        )


class Lake:
    """A bucket with one table's files, and the function over it."""

    def __init__(self, s3: Any) -> None:
        self.s3 = s3
        self.bus = FakeBus()
        files = RawFiles(s3, "lake", lambda: datetime.now(UTC))
        self.comparer = Comparer(Sweeps(s3, "lake", files), Tenants(), self.bus)

    def put(self, key: str, ids: set[int], upper: datetime) -> str:
        moments = pa.repeat(pa.scalar(upper, pa.timestamp("us", "UTC")), len(ids))
        sink = io.BytesIO()
        pq.write_table(
            pa.table({"id": pa.array(sorted(ids), pa.int64()), raw_columns.UPPER: moments}), sink
        )
        self.s3.put_object(Bucket="lake", Key=key, Body=sink.getvalue())
        return key

    def raw(self, hour: int, ids: set[int]) -> None:
        self.put(keys.raw("acme", TABLE, sortable(at(hour))), ids, at(hour))

    def sweep(self, hour: int, ids: set[int]) -> RunCompleted:
        key = self.put(keys.sweep("acme", TABLE, sortable(at(hour))), ids, at(hour))
        return RunCompleted(
            tenant_id="acme",
            run_id=f"{sortable(at(hour))}-sweep",
            table=TABLE,
            mode="reconcile",
            lower=None,
            upper=at(hour),
            pages=1,
            rows=len(ids),
            raw_keys=(key,),
        )

    def said(self, event: Any) -> list[Any]:
        """What handling the event publishes."""
        before = len(self.bus.events)
        self.comparer.handle(envelope(event))
        return self.bus.events[before:]

    def absences(self, key: str) -> list[tuple[int, datetime]]:
        body = self.s3.get_object(Bucket="lake", Key=key)["Body"].read()
        table = pq.read_table(io.BytesIO(body))
        assert table.schema.metadata[raw_columns.META_KIND] == raw_columns.KIND_ABSENCES
        return [(row["id"], row[raw_columns.ABSENT_AT]) for row in table.to_pylist()]


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    isolate(monkeypatch)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="lake")
        yield Lake(s3)


def test_a_sweep_is_compared_with_its_own_tables_files_only(lake: Lake) -> None:
    """Ids of another table would prove what was never missed."""
    run = lake.sweep(2, {1})
    for key in (
        keys.sweep("acme", "company_companies", sortable(at(2))),
        keys.raw("acme", "company_companies", sortable(at(2))),
        keys.landing("acme", TABLE, "r", "j"),
    ):
        with pytest.raises(Terminal, match="which is no file of acme/"):
            lake.said(run.model_copy(update={"raw_keys": (*run.raw_keys, key)}))
    rivals = run.model_copy(update={"raw_keys": (keys.sweep("rival", TABLE, sortable(at(2))),)})
    with pytest.raises(Terminal, match="raw_keys is no key under the message's own tenant_id"):
        lake.said(rivals)


def test_two_sweeps_prove_one_does_not(lake: Lake) -> None:
    lake.raw(1, {1, 2, 3})
    assert lake.said(lake.sweep(2, {1, 3})) == []
    lake.raw(3, {4})
    (proven,) = lake.said(lake.sweep(4, {1, 3, 4}))
    assert isinstance(proven, AbsencesProven)
    assert (proven.count, proven.absent_at) == (1, at(2))
    assert lake.absences(proven.raw_key) == [(2, at(2))]
    assert lake.said(lake.sweep(6, {1, 3, 4})) == []


def test_rows_fetched_while_the_sweep_ran_are_left_to_the_next(lake: Lake) -> None:
    lake.raw(1, {1})
    lake.raw(3, {9})
    assert lake.said(lake.sweep(2, {1})) == []
    assert lake.said(lake.sweep(4, {1})) == []
    (proven,) = lake.said(lake.sweep(6, {1}))
    assert lake.absences(proven.raw_key) == [(9, at(4))]


def test_said_again_it_says_the_same_and_writes_nothing(lake: Lake) -> None:
    lake.raw(1, {1, 2})
    lake.said(lake.sweep(2, {1}))
    last = lake.sweep(4, {1})
    first = lake.said(last)
    listed = lake.s3.list_objects_v2(Bucket="lake")["KeyCount"]
    assert lake.said(last) == first
    assert lake.s3.list_objects_v2(Bucket="lake")["KeyCount"] == listed


def test_states_long_past_are_removed_and_nobody_misses_them(lake: Lake) -> None:
    lake.raw(1, {1, 2})
    sweeps = [lake.sweep(hour, {1, 2}) for hour in range(2, 14, 2)]
    for sweep in sweeps:
        lake.said(sweep)

    def states() -> list[str]:
        prefix = keys.known_ids_prefix("acme", TABLE)
        listed = lake.s3.list_objects_v2(Bucket="lake", Prefix=prefix)
        return [found["Key"] for found in listed["Contents"]]

    newest = [keys.known_ids("acme", TABLE, sweep.run_id) for sweep in sweeps[-4:]]
    assert states() == newest
    # A copy of a message whose state is gone.
    assert lake.said(sweeps[0]) == []
    assert states() == newest
    lake.said(lake.sweep(14, {1}))
    (proven,) = lake.said(lake.sweep(16, {1}))
    assert lake.absences(proven.raw_key) == [(2, at(14))]


def test_of_two_who_compare_one_sweep_the_slower_comes_back(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its next try says what the quicker one found, whether or not that one lived to say it."""
    lake.raw(1, {1, 2})
    lake.said(lake.sweep(2, {1}))
    sweep = lake.sweep(4, {1})
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(lake.comparer.sweeps, "put", lambda _: False)
        with pytest.raises(Retriable, match="somebody else"):
            lake.said(sweep)
    Comparer(lake.comparer.sweeps, Tenants(), FakeBus()).handle(envelope(sweep))
    (proven,) = lake.said(sweep)
    assert isinstance(proven, AbsencesProven)


def test_a_sweep_that_comes_after_a_later_one_is_left_out(lake: Lake) -> None:
    lake.raw(1, {1, 2})
    older = lake.sweep(2, {1})
    lake.said(lake.sweep(4, {1}))
    assert lake.said(older) == []
    (proven,) = lake.said(lake.sweep(6, {1}))
    assert lake.absences(proven.raw_key) == [(2, at(4))]


def test_more_than_the_guard_is_held_until_released(lake: Lake) -> None:
    lake.raw(1, {1, 2, 3, 4})
    lake.said(lake.sweep(2, {1}))
    sweep = lake.sweep(4, {1})
    (held,) = lake.said(sweep)
    assert isinstance(held, AbsencesHeld)
    assert held.reason == "3 of 4 known ids are missing: more than 1 and 50%"
    order = AbsencesReleased(tenant_id="acme", run_id=sweep.run_id, table=TABLE)
    (proven,) = lake.said(order)
    assert lake.absences(proven.raw_key) == [(2, at(2)), (3, at(2)), (4, at(2))]
    assert lake.said(order) == [proven]
    assert lake.said(sweep) == [proven]
    assert lake.said(lake.sweep(6, {1})) == []


def test_what_is_held_is_counted_and_what_is_released_is_not(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.raw(1, {1, 2, 3, 4})
    lake.said(lake.sweep(2, {1}))
    sweep = lake.sweep(4, {1})
    assert counted(capsys.readouterr().out) == []
    lake.said(sweep)
    (line,) = counted(capsys.readouterr().out)
    assert values(line) == {"HeldDeletes": 3}
    assert (line["tenant_id"], line["table"], line["run_id"]) == ("acme", TABLE, sweep.run_id)
    assert "3 of 4" in line["reason"]
    lake.said(AbsencesReleased(tenant_id="acme", run_id=sweep.run_id, table=TABLE))
    assert counted(capsys.readouterr().out) == []


def test_an_empty_listing_deletes_nothing_by_itself(lake: Lake) -> None:
    lake.raw(1, {1})
    lake.said(lake.sweep(2, set()))
    (held,) = lake.said(lake.sweep(4, set()))
    assert "no row at all" in held.reason


def test_what_is_not_held_cannot_be_released(lake: Lake) -> None:
    lake.raw(1, {1, 2})
    sweep = lake.sweep(2, {1})
    lake.said(sweep)
    order = AbsencesReleased(tenant_id="acme", run_id=sweep.run_id, table=TABLE)
    with pytest.raises(Terminal, match="holds nothing back"):
        lake.said(order)
    with pytest.raises(Terminal, match=f"the last sweep is {sweep.run_id}"):
        lake.said(order.model_copy(update={"run_id": "another"}))


def test_runs_that_are_no_sweeps_are_nothing_to_compare(lake: Lake) -> None:
    lake.raw(1, {1})
    run = lake.sweep(2, set())
    for mode in ("incremental", "full"):
        assert lake.said(run.model_copy(update={"mode": mode})) == []
    members = run.model_copy(update={"mode": "full", "table": "system_members"})
    for doubtful in ({"missing": 1}, {"missing": 0, "quarantined": 1}, {"missing": None}):
        assert lake.said(members.model_copy(update=doubtful)) == []
        assert lake.comparer.sweeps.latest("acme", "system_members") is None
    listed = lake.put(keys.raw("acme", "system_members", sortable(at(2))), set(), at(2))
    complete = members.model_copy(update={"missing": 0, "raw_keys": (listed,)})
    assert lake.said(complete) == []
    assert lake.comparer.sweeps.latest("acme", "system_members") is not None


def test_a_full_run_of_children_of_changed_parents_is_a_sweep_without_a_count(lake: Lake) -> None:
    sites = lake.sweep(2, set()).model_copy(
        update={"mode": "full", "table": "company_companies_sites", "missing": None}
    )
    assert lake.said(sites.model_copy(update={"quarantined": 1})) == []
    assert lake.comparer.sweeps.latest("acme", sites.table) is None
    listed = lake.put(keys.raw("acme", sites.table, sortable(at(2))), {1, 2}, at(2))
    assert lake.said(sites.model_copy(update={"raw_keys": (listed,)})) == []
    assert lake.comparer.sweeps.latest("acme", sites.table) is not None
    phases = sites.model_copy(update={"table": "project_projects_phases", "raw_keys": ()})
    assert lake.said(phases) == []
    assert lake.comparer.sweeps.latest("acme", phases.table) is None
