"""The double of DynamoDB against moto: the same calls, the same answers, the same items."""

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cwp_fetcher.pace import Limits
from cwp_fetcher.pace_table import PaceTable
from cwp_scheduler.last_updated import StandingStore
from cwp_scheduler.receipts import Receipt, progress
from cwp_scheduler.runs import EVERYTHING, bare_run
from cwp_scheduler.sync_runs import RunStore
from cwp_shared.events import SourceBlocked
from tests.aws_environment import isolate
from tests.property.extraction.dynamo import Database
from tests.property.extraction.stage import Stage

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEYS = {
    "SyncRuns": ("pk", "sk"),
    "LastUpdated": ("tenant_id", "table"),
    "FetcherState": ("tenant_id",),
}


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    isolate(monkeypatch)
    with mock_aws():
        yield {name: _make(name, key) for name, key in KEYS.items()}


def _make(name: str, key: tuple[str, ...]) -> Any:
    resource: Any = boto3.resource("dynamodb")
    kinds = zip(key, ("HASH", "RANGE"), strict=False)
    return resource.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in key],
        KeySchema=[{"AttributeName": n, "KeyType": kind} for n, kind in kinds],
    )


def answers(tables: dict[str, Any]) -> list[object]:
    """What the services' stores say while a run is opened twice, goes on, is held, and ends."""
    runs = RunStore(tables["SyncRuns"], "LastUpdated")
    standings = StandingStore(tables["LastUpdated"])
    paces = PaceTable(tables["FetcherState"], lambda: 1.0)
    run = bare_run("acme", "service_tickets", "full", NOW, NOW).model_copy(
        update={"run_id": "run-1"}
    )
    other = run.model_copy(update={"run_id": "run-2"})
    last = Receipt(job_id="w000-p00000", window=0, page=0, rows=3, is_last=True, counted=4)
    blocked = SourceBlocked(tenant_id="acme", table=None, reason_class="credentials", reason="no")
    planned = run.model_copy(update={"windows": (EVERYTHING,)})
    said: list[object] = [runs.open(run), runs.open(other), runs.open(run)]
    said += [runs.plan_windows(run, (EVERYTHING,), 4), runs.plan_windows(run, (), 5)]
    for _ in range(2):
        runs.touch(run, NOW)
        runs.pick_up(run, NOW)
        runs.add_receipts(run, [last], NOW)
        said += [runs.find_open("acme", "service_tickets", "full"), runs.receipts(run)]
        said += [standings.hold(run), standings.hold(other), standings.of("acme")]
        said += [standings.block(run, blocked, NOW), standings.block(other, blocked, NOW)]
        standings.note_said(run, None, NOW)
    for _ in range(2):
        standings.advance(run, NOW)
        runs.complete(run, progress(planned, [last]), NOW)
        said += [runs.find("acme", "service_tickets", "run-1"), standings.of("acme")]
        said += [standings.unblock(run, None), standings.unblock(other, None)]
        standings.drop_block(run, None)
        said.append(runs.find_open("acme", "service_tickets", "full"))
        admit = paces.change("acme", lambda pace: pace.admit("one", Limits(60, 1), 5.0))
        said.append(admit)
    return [*said, runs.open(other)]


def test_double_answers_as_moto_does(real: dict[str, Any]) -> None:
    database = Database(Stage(Random(1), NOW))  # noqa: S311 - a test's
    double = {name: database.table(name, *key) for name, key in KEYS.items()}
    assert answers(double) == answers(real)
    for name, table in double.items():
        items = real[name].scan()["Items"]
        assert table.items == {tuple(item[n] for n in KEYS[name]): item for item in items}
