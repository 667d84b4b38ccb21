"""FetcherState under functions that change it at the same time, against moto."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import pytest
from moto import mock_aws

from cwp_fetcher.circuit import FAILURES
from cwp_fetcher.failures import PutOff
from cwp_fetcher.pace import Go, Limits, Pace, Wait
from cwp_fetcher.pace_table import PaceTable
from cwp_shared import aws
from tests.aws_environment import isolate
from tests.counted import counted, values
from tests.integration.fetcher.state_table import make_state_table

NOW = 1_800_000_000.0


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    isolate(monkeypatch)
    aws.client.cache_clear()
    aws.table.cache_clear()
    with mock_aws():
        yield aws.table(make_state_table())
    aws.client.cache_clear()
    aws.table.cache_clear()


class OneRequestAtATime:
    """The table for threads: moto looks at a condition and writes in two steps, unlike DynamoDB."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self._lock = Lock()

    def get_item(self, **request: Any) -> Any:
        with self._lock:
            return self._table.get_item(**request)

    def put_item(self, **request: Any) -> Any:
        with self._lock:
            return self._table.put_item(**request)


def admit(paces: PaceTable, tenant: str, holder: str, limits: Limits) -> Go | Wait:
    return paces.change(tenant, lambda pace: pace.admit(holder, limits, NOW))


def stored(paces: PaceTable, tenant: str) -> Pace:
    return paces.change(tenant, lambda pace: (pace, pace))


def test_a_pace_is_kept_for_each_tenant(table: Any) -> None:
    paces = PaceTable(table, lambda: NOW)
    assert stored(paces, "acme") == Pace()
    paces.change("acme", lambda pace: (pace.quiet(NOW + 5.25), None))
    again = PaceTable(table, lambda: NOW)
    assert stored(again, "acme").quiet_until == NOW + 5.25
    assert stored(again, "globex") == Pace()
    item = table.get_item(Key={"tenant_id": "acme"})["Item"]
    assert (item["version"], item["expires_at"]) == (1, int(NOW) + 86_400)


def test_what_does_not_change_is_not_written(table: Any) -> None:
    PaceTable(table).change("acme", lambda pace: (pace.succeeded(), None))
    assert "Item" not in table.get_item(Key={"tenant_id": "acme"})


def test_functions_that_ask_at_once_share_places_and_tokens(table: Any) -> None:
    limits = Limits(per_minute=40, at_once=5)
    paces = PaceTable(OneRequestAtATime(table), lambda: NOW)
    with ThreadPoolExecutor(6) as pool:
        turns = pool.map(lambda n: admit(paces, "acme", f"holder-{n % 8}", limits), range(24))
        let_through = [turn for turn in turns if isinstance(turn, Go)]
    pace = stored(paces, "acme")
    assert len(pace.leases) <= limits.at_once
    # Each admission moved the bucket on; none was lost under another.
    assert pace.next_at == pytest.approx(
        NOW + len(let_through) * limits.interval, abs=limits.interval / 100
    )
    assert table.get_item(Key={"tenant_id": "acme"})["Item"]["version"] == len(let_through)


def test_a_change_that_is_always_overtaken_is_put_off(table: Any) -> None:
    paces = PaceTable(table, lambda: NOW, lambda _: None)

    def overtaken(pace: Pace) -> tuple[Pace, None]:
        table.update_item(
            Key={"tenant_id": "acme"},
            UpdateExpression="SET pace = :pace ADD version :one",
            ExpressionAttributeValues={":one": 1, ":pace": Pace().model_dump_json()},
        )
        return pace.quiet(NOW), None

    with pytest.raises(PutOff, match="acme"):
        paces.change("acme", overtaken)


def test_an_item_of_another_version_of_the_code_is_as_good_as_none(table: Any) -> None:
    table.put_item(Item={"tenant_id": "acme", "version": 7, "pace": '{"leases": 5}'})
    paces = PaceTable(table, lambda: NOW)
    paces.change("acme", lambda pace: (pace.quiet(NOW), None))
    assert stored(paces, "acme") == Pace(quiet_until=NOW)


def test_each_opening_of_a_circuit_is_counted_once(
    table: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    now = NOW
    paces = PaceTable(table, lambda: now)

    def openings() -> list[dict[str, float]]:
        lines = counted(capsys.readouterr().out)
        assert {line["tenant_id"] for line in lines} <= {"acme"}
        return [values(line) for line in lines]

    def fail() -> None:
        paces.change("acme", lambda pace: (pace.failed(now), None))

    for _ in range(FAILURES - 1):
        fail()
    assert openings() == []
    for _ in range(3):
        fail()
    assert openings() == [{"CircuitOpenings": 1}]
    now += 31
    fail()
    assert openings() == [{"CircuitOpenings": 2}]
    paces.change("acme", lambda pace: (pace.succeeded(), None))
    assert openings() == []
