"""The fetcher's logic over real HTTP against the sandbox: every table, and a storm."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from cwp_fetcher.accounts import Accounts
from cwp_fetcher.fetch import Fetcher
from cwp_fetcher.visit import Visit
from cwp_local.sandbox.control import SandboxControl
from cwp_local.sandbox.models import CompanyAccess
from cwp_local.sandbox.weather.model import (
    RateLimit,
    Reset,
    TableRows,
    Truncated,
)
from cwp_shared.connectwise.api import ConnectWise
from cwp_shared.connectwise.transport import Transport, new_session
from cwp_shared.errors import Retriable
from cwp_shared.events import PageFetched, PageJob, PageQuarantined
from cwp_shared.tables import source_tables
from cwp_shared.tenants import TenantConfig
from tests.integration.sandbox.processes import Running, running
from tests.unit.fetcher.fakes import FakeBus, FakeJobs, FakeLanding, FakePaces, FakeQuarantine

TABLES = tuple(source_tables())


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("fetched")) as served:
        yield served


@pytest.fixture(scope="module")
def access(sandbox: Running) -> CompanyAccess:
    return sandbox.control.make_company("Acme", seed=5, tickets=120)


@pytest.fixture
def control(sandbox: Running) -> Iterator[SandboxControl]:
    yield sandbox.control
    sandbox.control.set_weather("Acme")


class Pipeline:
    """The fetcher with real HTTP; queue, bus and lake are lists."""

    def __init__(self, access: CompanyAccess, **settings: Any) -> None:
        self.jobs, self.bus, self.landing = FakeJobs(), FakeBus(), FakeLanding()
        config = TenantConfig(
            tenant_id="acme", site=access.site, company=access.company, **settings
        )
        keys = {
            name: getattr(access, name).get_secret_value()
            for name in ("public_key", "private_key", "client_id")
        }
        self.session = new_session()
        api = ConnectWise(Transport(self.session), "2025.8", timedelta(seconds=1))
        accounts = Accounts(
            "local", (), lambda _: config.to_item(), lambda _: json.dumps(keys), api.codebase
        )
        paces = FakePaces()
        self.fetcher = Fetcher(
            visit=lambda tenant_id: Visit(tenant_id, accounts, api, paces),
            landing=self.landing,
            quarantine=FakeQuarantine(),
            bus=self.bus,
            jobs=self.jobs,
            api_version="2025.8",
        )

    def read(self, table: str, mode: str = "full", lower: datetime | None = None) -> list[int]:
        """Read a table to its end as the queue would have it; the ids that landed."""
        now = datetime.now(UTC)
        values = {"run_id": f"{table}-{mode}", "table": table, "mode": mode, "lower": lower}
        first = {"tenant_id": "acme", "kind": "page", "upper": now, **values}
        self.jobs.send([PageJob.model_validate(first)])
        while self.jobs.sent:
            job, delay = self.jobs.sent.pop(0), self.jobs.delays.pop(0)
            time.sleep(delay)
            try:
                self.fetcher.handle(job)
            except Retriable:
                self.jobs.send([job])
        return [row["id"] for page in self.pages(table) for row in self._rows(page)]

    def pages(self, table: str) -> list[PageFetched]:
        return [e for e in self.bus.events if isinstance(e, PageFetched) and e.table == table]

    def set_aside(self) -> set[int]:
        events = [e for e in self.bus.events if isinstance(e, PageQuarantined)]
        return {id_ for event in events for id_ in event.row_ids}

    def _rows(self, page: PageFetched) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.landing.pages[page.landing_key][0])
        return rows


@pytest.fixture
def pipeline(access: CompanyAccess) -> Iterator[Pipeline]:
    built = Pipeline(access, requests_per_minute=1000)
    yield built
    built.session.close()


def test_every_table_is_read_whole(pipeline: Pipeline, control: SandboxControl) -> None:
    expected = control.company("Acme").counts
    found = {table: pipeline.read(table) for table in TABLES}
    assert {table: len(ids) for table, ids in found.items()} == {
        table: expected[table] for table in TABLES
    }
    assert all(len(ids) == len(set(ids)) for ids in found.values())


def test_an_incremental_run_of_little_costs_two_requests(
    pipeline: Pipeline, control: SandboxControl
) -> None:
    lower = datetime.now(UTC) - timedelta(seconds=1)
    control.play("Acme", update=5, tables=["service_tickets"])
    pipeline.read("time_entries", "incremental", lower)
    before = control.log().last
    changed = pipeline.read("service_tickets", "incremental", lower)
    assert len(changed) >= 5
    asked = [entry.kind for entry in control.log(before).entries]
    assert [kind for kind in asked if kind] == ["page", "count"]


def test_a_storm_costs_the_poisoned_rows_and_time(
    pipeline: Pipeline, control: SandboxControl, access: CompanyAccess
) -> None:
    whole = sorted(pipeline.read("service_tickets", "reconcile"))
    poisoned = {whole[0], whole[40], whole[41], whole[-1]}
    control.set_weather(
        "Acme",
        poisoned=TableRows(table="service_tickets", ids=tuple(sorted(poisoned))),
        rate_limit=RateLimit(requests=60, seconds=5),
        reset=Reset(probability=0.05, seed=3),
        truncated=Truncated(times=1),
    )
    before = control.log().last
    stormy = Pipeline(access, requests_per_minute=1000)
    landed = stormy.read("service_tickets")
    stormy.session.close()
    assert landed == sorted(set(whole) - poisoned)
    assert stormy.set_aside() == poisoned
    assert stormy.pages("service_tickets")[-1].counted == len(whole)
    # Whoever is told to wait waits: one refusal at a time, with its Retry-After in between.
    refused = [entry for entry in control.log(before).entries if entry.status == 429]
    for one, other in pairwise(refused):
        assert other.started - one.ended >= timedelta(seconds=one.retry_after or 1)
