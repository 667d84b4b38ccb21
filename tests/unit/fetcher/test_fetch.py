import hashlib
from dataclasses import dataclass, field
from typing import Any

import pytest

from cwp_fetcher.failures import BadAnswer, JobFailed
from cwp_fetcher.fetch import Fetcher
from cwp_shared.errors import Retriable, Terminal
from cwp_shared.events import PageFailed, PageFetched, PageJob, TableSurveyed
from cwp_shared.tables import source_table
from tests.unit.fetcher.fakes import (
    KEY,
    UPPER,
    FakeAccounts,
    FakeApi,
    FakeBus,
    FakeJobs,
    FakeLanding,
    account,
    body,
    job,
)


@dataclass
class World:
    api: FakeApi = field(default_factory=FakeApi)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    landing: FakeLanding = field(default_factory=FakeLanding)
    bus: FakeBus = field(default_factory=FakeBus)
    jobs: FakeJobs = field(default_factory=FakeJobs)

    def handle(self, given: PageJob) -> None:
        Fetcher(self.accounts, self.api, self.landing, self.bus, self.jobs).handle(given)

    def walk(self, first: PageJob) -> list[PageFetched]:
        """Handle a window's jobs to its end, as the queue would bring them."""
        self.jobs.sent.append(first)
        while self.jobs.sent:
            self.handle(self.jobs.sent.pop(0))
        return [event for event in self.bus.events if isinstance(event, PageFetched)]

    @property
    def event(self) -> Any:
        (event,) = self.bus.events
        return event


def test_a_page_is_landed_published_and_continued() -> None:
    world = World(api=FakeApi(ids={5, 8, 9}))
    world.handle(job(mode="full", high_id=9))
    landed = world.landing.bodies[KEY]
    assert landed == body(5, 8, 9)
    assert world.event == PageFetched(
        tenant_id="acme",
        run_id="run-1",
        table="service_tickets",
        mode="full",
        upper=UPPER,
        job_id="w000-p00000",
        window=0,
        page=0,
        landing_key=KEY,
        sha256=hashlib.sha256(landed).hexdigest(),
        rows=3,
        first_id=5,
        last_id=9,
        is_last=False,
    )
    assert world.jobs.sent == [job(mode="full", high_id=9, page=1, after_id=9)]


def test_an_empty_page_lands_and_ends_its_window() -> None:
    world = World()
    world.handle(job(page=3, after_id=70))
    assert (world.event.rows, world.event.is_last, world.event.last_id) == (0, True, None)
    assert world.landing.bodies == {world.event.landing_key: b"[]"}
    assert world.jobs.sent == []


def test_windows_together_bring_every_row_once() -> None:
    ids = set(range(1, 4000, 3)) | {5000}
    world = World(api=FakeApi(ids=ids))
    pages = world.walk(job(mode="full", high_id=2000))
    pages += World(api=world.api, landing=world.landing).walk(
        job(mode="full", window=1, after_id=2000)
    )
    rows = [int(part) for page in pages for part in _ids(world.landing.bodies[page.landing_key])]
    assert rows == sorted(ids)
    assert [page.page for page in pages] == [0, 1, 0, 1]
    assert [page.is_last for page in pages] == [False, True, False, True]


def _ids(text: bytes) -> list[str]:
    return [piece.split(b",")[0].decode() for piece in text.split(b'"id": ')[1:]]


def test_a_window_goes_on_until_a_page_is_empty_however_short_pages_are() -> None:
    world = World(api=FakeApi(ids={1, 2, 3, 4, 5}))
    real = world.api._page
    world.api.answer = lambda path, params: real(path, params | {"pageSize": "2"})
    assert [page.rows for page in world.walk(job())] == [2, 2, 1, 0]


def test_what_landed_first_is_the_page_and_the_api_is_not_asked_again() -> None:
    world = World(api=FakeApi(ids={1, 2, 3}))
    world.handle(job())
    world.api.ids = {2, 3, 4}
    world.handle(job())
    first, second = world.bus.events
    assert first == second
    assert world.jobs.sent == [job(page=1, after_id=3)] * 2
    assert len(world.api.asked) == 1


def test_after_a_lost_race_the_others_body_is_the_page() -> None:
    world = World(api=FakeApi(ids={1, 2, 3}), landing=FakeLanding(first=body(1, 2)))
    world.handle(job())
    assert (world.event.rows, world.event.last_id) == (2, 2)
    assert world.event.sha256 == hashlib.sha256(body(1, 2)).hexdigest()
    assert world.jobs.sent == [job(page=1, after_id=2)]


def test_a_bad_page_does_not_land_so_that_the_next_try_asks_again() -> None:
    world = World(api=FakeApi(answer=lambda _path, _params: b"<html>"))
    with pytest.raises(BadAnswer):
        world.handle(job())
    assert (world.landing.bodies, world.bus.events, world.jobs.sent) == ({}, [], [])
    world.api = FakeApi(ids={1})
    world.handle(job())
    assert world.event.rows == 1


def test_the_next_job_is_not_sent_before_the_page_is_published() -> None:
    world = World(api=FakeApi(ids={1}), bus=FakeBus(error=Retriable("bus")))
    with pytest.raises(Retriable):
        world.handle(job())
    assert world.jobs.sent == []


def test_a_survey_is_published() -> None:
    world = World(api=FakeApi(ids={7, 9}))
    world.handle(job(kind="survey", mode="full"))
    assert isinstance(world.event, TableSurveyed)
    assert (world.event.count, world.event.lowest_id, world.event.highest_id) == (2, 7, 9)
    assert (world.landing.bodies, world.jobs.sent) == ({}, [])


def refused(reason_class: Any = "credentials") -> JobFailed:
    return JobFailed(reason_class, "HTTP 401")


@pytest.mark.parametrize("kind", ["page", "survey"])
@pytest.mark.parametrize("reason_class", ["credentials", "permission", "configuration"])
def test_what_fails_for_good_is_published_and_acknowledged(kind: str, reason_class: str) -> None:
    world = World(api=FakeApi(errors=[refused(reason_class)]))
    world.handle(job(kind=kind))
    assert isinstance(world.event, PageFailed)
    assert (world.event.reason_class, world.event.reason) == (reason_class, "HTTP 401")
    assert world.event.job_id == job(kind=kind).job_id
    assert len(world.api.asked) == 1


def test_refused_keys_are_read_afresh_once() -> None:
    fresh = account("rotated")
    world = World(api=FakeApi(ids={1}, errors=[refused()]), accounts=FakeAccounts(renewals=[fresh]))
    world.handle(job())
    assert world.event.rows == 1
    assert world.api.accounts == [account(), fresh]


def test_fresh_keys_that_are_refused_too_fail_the_job() -> None:
    world = World(
        api=FakeApi(errors=[refused(), refused()]),
        accounts=FakeAccounts(renewals=[account("a"), account("b")]),
    )
    world.handle(job())
    assert world.event.reason_class == "credentials"
    assert len(world.api.asked) == 2


def test_a_codebase_that_moved_is_followed() -> None:
    moved = account(codebase="v2026_1")
    world = World(api=FakeApi(ids={1}, errors=[refused()]), accounts=FakeAccounts(renewals=[moved]))
    world.handle(job())
    assert world.api.accounts[-1].codebase == "v2026_1"


def test_a_tenant_without_an_account_fails_the_job() -> None:
    world = World(accounts=FakeAccounts(error=JobFailed("configuration", "no such tenant")))
    world.handle(job())
    assert (world.event.reason_class, world.event.reason) == ("configuration", "no such tenant")


def test_an_unknown_table_fails_the_job_and_names_those_there_are() -> None:
    world = World()
    world.handle(job(table="service_tickts"))
    assert world.event.reason_class == "configuration"
    assert "service_tickets" in world.event.reason


@pytest.mark.parametrize("error", [Retriable("503"), Terminal("400"), KeyError("bug")])
def test_other_errors_are_the_inboxs(error: Exception) -> None:
    world = World(api=FakeApi(errors=[error]))
    with pytest.raises(type(error)):
        world.handle(job())
    assert (world.bus.events, world.landing.bodies, world.jobs.sent) == ([], {}, [])


def test_pages_have_the_size_the_table_says() -> None:
    world = World()
    world.handle(job())
    ((path, params),) = world.api.asked
    table = source_table("service_tickets")
    assert (path, params["pageSize"]) == (table.path, str(table.page_size))
