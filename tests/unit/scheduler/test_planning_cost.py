"""What planning asks of AWS, counted: a thousand tenants by some thirty tables."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from cwp_scheduler import plan
from cwp_scheduler.last_updated import StandingStore
from cwp_scheduler.plan import Planner
from cwp_scheduler.sync_runs import RunStore
from cwp_scheduler.tenants import TenantStore
from cwp_scheduler.ticks import TickQueue
from cwp_shared.page_jobs import JobQueue
from cwp_shared.tables import default_tables
from cwp_shared.tenants import TenantConfig
from tests.unit.scheduler.fakes import Calls, FakeRuns, FakeSqs, FakeStandings, FakeTenants

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLES = len(default_tables())


@dataclass
class Site:
    calls: Calls = field(default_factory=Calls)
    sqs: FakeSqs = field(init=False)
    standings: FakeStandings = field(init=False)
    planner: Planner = field(init=False)

    def __post_init__(self) -> None:
        self.sqs, self.standings = FakeSqs(self.calls), FakeStandings(self.calls)
        tenants = FakeTenants(self.calls, [item(f"tenant-{n:04d}") for n in range(1000)])
        self.planner = Planner(
            tenants=TenantStore(tenants),
            runs=RunStore(FakeRuns(self.calls), "LastUpdated"),
            standings=StandingStore(self.standings),
            jobs=JobQueue(self.sqs, "jobs"),
            ticks=TickQueue(self.sqs, "ticks"),
            clock=lambda: NOW,
        )


def item(tenant_id: str) -> dict[str, object]:
    config = TenantConfig(tenant_id=tenant_id, site="api-na.myconnectwise.net", company="C")
    return config.to_item()


@pytest.fixture
def site() -> Site:
    return Site()


def test_tick_of_a_thousand_tenants_is_a_message_each_and_a_scan(site: Site) -> None:
    site.planner.handle('{"tick": true}')
    assert site.calls.take() == {"scan": 3, "send ticks": 1000}
    assert len(set(site.sqs.bodies)) == 1000
    # Fair queues: each tenant waits for its own messages only.
    assert [json.loads(body)["tenant_id"] for body in site.sqs.bodies] == site.sqs.groups


def test_tenant_with_everything_due_costs_three_calls_a_table(site: Site) -> None:
    site.planner.handle('{"tick": true, "tenant_id": "tenant-0007"}')
    assert site.calls.take() == {
        "get tenant": 1,
        "query standing": 1,
        "transaction": TABLES,
        "send jobs": TABLES,
        "touch": TABLES,
    }
    assert site.calls.tenants == {"tenant-0007"}, "one tenant's tick reads nothing of another"


def test_tenant_with_nothing_due_costs_two_calls(site: Site) -> None:
    just_now = (NOW - timedelta(minutes=5)).isoformat()
    site.standings.items = [
        {"tenant_id": "tenant-0007", "table": table, "attempted_at": just_now}
        for table in default_tables()
    ]
    site.planner.handle('{"tick": true, "tenant_id": "tenant-0007"}')
    assert site.calls.take() == {"get tenant": 1, "query standing": 1}


def test_tick_sends_only_so_many_jobs_and_leaves_the_rest_to_the_next(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "JOBS_PER_TICK", 5)
    site.planner.handle('{"tick": true, "tenant_id": "tenant-0007"}')
    assert site.calls.take()["transaction"] == 5
