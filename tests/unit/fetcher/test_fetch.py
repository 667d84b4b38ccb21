import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from cwp_fetcher.failures import PutOff
from cwp_fetcher.fetch import MOST_WAITS, Fetcher
from cwp_fetcher.landing import PageFacts
from cwp_shared.connectwise.failures import BadAnswer, JobFailed
from cwp_shared.errors import Retriable, Terminal
from cwp_shared.events import PageFailed, PageFetched, PageJob, PageQuarantined, TableSurveyed
from cwp_shared.letters import Failure, History
from cwp_shared.page_jobs import NEVER_FAILED
from cwp_shared.tables import source_table
from tests.unit.fetcher.fakes import (
    KEY,
    TICKETS,
    UPPER,
    FakeAccounts,
    FakeApi,
    FakeBus,
    FakeJobs,
    FakeLanding,
    FakePaces,
    FakeQuarantine,
    body,
    job,
    make_visit,
)

SERVER_TIME = datetime(2026, 11, 23, 7, 41, tzinfo=UTC)
THREE = job(page_size=3)


@dataclass
class World:
    api: FakeApi = field(default_factory=FakeApi.tickets)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    landing: FakeLanding = field(default_factory=FakeLanding)
    quarantine: FakeQuarantine = field(default_factory=FakeQuarantine)
    bus: FakeBus = field(default_factory=FakeBus)
    jobs: FakeJobs = field(default_factory=FakeJobs)
    paces: FakePaces = field(default_factory=FakePaces)

    def handle(self, given: PageJob, receives: int = 1, history: History = NEVER_FAILED) -> None:
        Fetcher(
            visit=lambda _: make_visit(self.api, self.accounts, self.paces),
            landing=self.landing,
            quarantine=self.quarantine,
            bus=self.bus,
            jobs=self.jobs,
            api_version="2025.8",
            clock=lambda: UPPER,
            chance=lambda: 0.0,
        ).handle(given, receives, history)

    def walk(self, first: PageJob) -> list[PageFetched]:
        """Handle a window's jobs to its end, as the queue would bring them."""
        self.jobs.sent.append(first)
        while self.jobs.sent:
            self.handle(self.jobs.sent.pop(0))
        return [event for event in self.bus.events if isinstance(event, PageFetched)]

    def landed(self, page: PageFetched) -> list[int]:
        return [row["id"] for row in json.loads(self.landing.pages[page.landing_key][0])]

    @property
    def event(self) -> Any:
        (event,) = self.bus.events
        return event


def test_a_page_is_landed_published_and_continued() -> None:
    world = World(api=FakeApi.tickets(5, 8, 9))
    given = job(mode="full", high_id=9, page_size=3)
    world.handle(given)
    landed, _ = world.landing.pages[KEY]
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
        server_time=SERVER_TIME,
        api_version="2025.8",
    )
    following = {"page": 1, "after_id": 9, "low_id": 0, "rows_before": 3}
    assert world.jobs.sent == [given.model_copy(update=following)]
    assert world.jobs.delays == [0]


def test_what_is_sensitive_does_not_land() -> None:
    rows = (
        b'[{"id": 5, "token": "s3cret", "customFields": [{"type": "Password", "value": "s3cret"}]}]'
    )
    world = World(api=FakeApi(rows={"/system/members": {5}}))
    world.api.script = lambda path, _: rows if path == "/system/members" else None
    world.handle(job(table="system_members", mode="full"))
    ((landed, _),) = world.landing.pages.values()
    assert landed == b'[{"id":5,"customFields":[{"type":"Password"}]}]'
    assert world.event.sha256 == hashlib.sha256(landed).hexdigest()


def test_a_short_page_confirmed_by_count_lands_and_ends_its_window() -> None:
    world = World(api=FakeApi.tickets(5, 8))
    world.handle(THREE)
    assert (world.event.rows, world.event.is_last, world.event.counted) == (2, True, 2)
    assert (world.event.last_id, world.jobs.sent) == (8, [])


def test_an_empty_page_lands_and_ends_its_window() -> None:
    world = World()
    world.handle(job(page=3, after_id=70, low_id=0))
    assert (world.event.rows, world.event.is_last, world.event.last_id) == (0, True, None)
    assert world.landing.pages[world.event.landing_key][0] == b"[]"
    assert world.jobs.sent == []


def test_windows_together_bring_every_row_once() -> None:
    ids = set(range(1, 4000, 3)) | {5000}
    world = World(api=FakeApi.tickets(*ids))
    pages = world.walk(job(mode="full", high_id=2000))
    other = World(api=world.api, landing=world.landing)
    pages += other.walk(job(mode="full", window=1, after_id=2000))
    assert [id_ for page in pages for id_ in world.landed(page)] == sorted(ids)
    # One page each, and one request more to know that it was the last.
    assert [(page.page, page.is_last) for page in pages] == [(0, True), (0, True)]
    assert sum(page.counted or 0 for page in pages) == len(ids)
    assert len(world.api.asked) == 4


def test_a_window_goes_on_until_count_agrees_however_short_pages_are() -> None:
    world = World(api=FakeApi.tickets(1, 2, 3, 4, 5))
    real = world.api._answer
    world.api.script = lambda path, params: (
        real(path, params | {"pageSize": "2"}) if path == TICKETS else None
    )
    pages = world.walk(job())
    assert [(page.rows, page.counted) for page in pages] == [(2, None), (2, None), (1, 5)]


def test_what_landed_first_is_the_page_and_the_api_is_not_asked_again() -> None:
    world = World(api=FakeApi.tickets(1, 2, 3))
    world.handle(THREE)
    world.api.rows[TICKETS] = {2, 3, 4}
    asked = len(world.api.asked)
    world.handle(THREE, receives=2)
    first, second = world.bus.events
    assert first == second
    assert world.jobs.sent[0] == world.jobs.sent[1]
    assert len(world.api.asked) == asked


def test_another_message_of_a_landed_page_leaves_the_next_job_to_the_one_that_landed_it() -> None:
    world = World(api=FakeApi.tickets(1, 2, 3, 4))
    world.handle(THREE)
    world.handle(THREE)
    assert len(world.jobs.sent) == 1


def test_a_run_that_was_picked_up_goes_on_over_landed_pages_up_to_one_that_is_not() -> None:
    world = World(api=FakeApi.tickets(*range(1, 9)))
    world.handle(THREE)
    world.jobs.sent.clear()
    world.walk(THREE.model_copy(update={"resumed": True}))
    assert [page.page for page in world.bus.events] == [0, 0, 1, 2]
    world.handle(THREE.model_copy(update={"resumed": True}))
    (second,) = world.jobs.sent
    assert second.resumed
    del world.landing.pages[f"{KEY.removesuffix('p00000.json.gz')}p00001.json.gz"]
    world.handle(second)
    assert not world.jobs.sent[1].resumed


def test_after_a_lost_race_the_others_page_is_the_page() -> None:
    facts = PageFacts(
        sha256="ab",
        rows=2,
        first_id=1,
        last_id=2,
        is_last=False,
        quarantined=1,
        counted=None,
        server_time=None,
    )
    world = World(api=FakeApi.tickets(1, 2, 3), landing=FakeLanding(first=(b"other", facts)))
    world.handle(THREE)
    assert (world.event.rows, world.event.last_id, world.event.sha256) == (2, 2, "ab")
    (following,) = world.jobs.sent
    assert (following.after_id, following.rows_before) == (2, 3)


def test_a_bad_page_does_not_land_so_that_the_next_try_asks_again() -> None:
    world = World(api=FakeApi(script=lambda _path, _params: b"<html>"))
    with pytest.raises(BadAnswer):
        world.handle(job())
    assert (world.landing.pages, world.bus.events, world.jobs.sent) == ({}, [], [])
    world.api = FakeApi.tickets(1)
    world.handle(job())
    assert world.event.rows == 1


def test_the_next_job_is_not_sent_before_the_page_is_published() -> None:
    world = World(api=FakeApi.tickets(1, 2, 3), bus=FakeBus(error=Retriable("bus")))
    with pytest.raises(Retriable):
        world.handle(THREE)
    assert world.jobs.sent == []


def test_a_bad_row_is_set_aside_and_the_run_is_told() -> None:
    world = World(api=FakeApi.tickets(1, 2, 3, 4, bad={TICKETS: {2}}))
    world.handle(THREE)
    told, page = world.bus.events
    key = "acme/quarantine/service_tickets/run-1/w000-p00000-2.json"
    assert isinstance(told, PageQuarantined)
    assert (told.row_ids, told.quarantine_key, told.reason_class) == ((2,), key, "bad_page")
    assert "Boolean" in told.reason
    note = world.quarantine.notes[key]
    assert (note["row_id"], note["reason"], note["at"]) == (2, told.reason, "2026-11-23T07:40:55Z")
    assert (page.rows, page.quarantined, page.last_id) == (2, 1, 3)
    (following,) = world.jobs.sent
    assert (following.rows_before, following.after_id) == (3, 3)


def test_rows_set_aside_are_told_before_their_page_lands() -> None:
    world = World(
        api=FakeApi.tickets(1, 2, 3, bad={TICKETS: {2}}), bus=FakeBus(error=Retriable("bus"))
    )
    with pytest.raises(Retriable):
        world.handle(THREE)
    assert world.landing.pages == {}


def test_a_smaller_page_size_is_kept_and_a_search_for_a_bad_row_is_not() -> None:
    world = World(api=FakeApi.tickets(*range(1, 100), bad={TICKETS: {7}}))
    world.handle(job(page_size=50, bad_within=12))
    (following,) = world.jobs.sent
    assert (following.page_size, following.bad_within, following.after_id) == (50, None, 12)


def test_a_survey_is_published() -> None:
    world = World(api=FakeApi.tickets(7, 9))
    world.handle(job(kind="survey", mode="full"))
    assert world.event == TableSurveyed(
        tenant_id="acme",
        run_id="run-1",
        table="service_tickets",
        count=2,
        lowest_id=7,
        highest_id=9,
        server_time=SERVER_TIME,
    )
    assert (world.landing.pages, world.jobs.sent) == ({}, [])


def test_a_job_that_has_to_wait_is_sent_again_for_later_and_is_done() -> None:
    world = World(api=FakeApi(errors=[PutOff("no token", 40, page_size=500)]))
    world.handle(job(waits=2, page=1, after_id=7, low_id=0))
    assert world.jobs.sent == [job(waits=3, page=1, after_id=7, low_id=0, page_size=500)]
    assert world.jobs.delays == [40]
    assert (world.bus.events, world.landing.pages) == ([], {})


@pytest.mark.parametrize(
    ("seconds", "waits", "delay"),
    [(0, 0, 1), (0.4, 5, 6), (3, 500, 30), (50.2, 9, 51), (9e9, 0, 900)],
)
def test_delays_grow_with_the_waits_and_are_what_sqs_takes(
    seconds: float, waits: int, delay: int
) -> None:
    world = World(api=FakeApi(errors=[PutOff("later", seconds)]))
    world.handle(job(waits=waits))
    assert world.jobs.delays == [delay]


def test_a_job_that_is_put_off_takes_its_history_along_and_the_next_page_does_not() -> None:
    history = History().after(Failure("500 from the API", "ServerFault", "2026-11-23T07:00:00Z"))
    world = World(api=FakeApi.tickets(5, 8, 9))
    world.api.errors.append(PutOff("no token", 40))
    world.handle(THREE, history=history)
    (again,) = world.jobs.sent
    assert (again.waits, world.jobs.histories) == (1, [history])
    world.handle(again, history=history)
    assert world.jobs.sent[-1].page == 1
    assert world.jobs.histories[-1] == NEVER_FAILED


def test_a_survey_waits_like_a_page() -> None:
    world = World(api=FakeApi(errors=[PutOff("later", 5)]))
    world.handle(job(kind="survey"))
    assert world.jobs.sent == [job(kind="survey", waits=1)]


def test_a_job_that_waited_for_a_day_fails_and_says_why() -> None:
    world = World(api=FakeApi(errors=[PutOff("the circuit is open", 5)]))
    world.handle(job(waits=MOST_WAITS))
    assert (world.event.reason_class, world.jobs.sent) == ("exhausted", [])
    assert "the circuit is open" in world.event.reason


@pytest.mark.parametrize("kind", ["page", "survey"])
@pytest.mark.parametrize("reason_class", ["credentials", "permission", "configuration"])
def test_what_fails_for_good_is_published_and_acknowledged(kind: str, reason_class: Any) -> None:
    world = World(api=FakeApi(errors=[JobFailed(reason_class, "HTTP 401")]))
    world.handle(job(kind=kind))
    assert isinstance(world.event, PageFailed)
    assert (world.event.reason_class, world.event.reason) == (reason_class, "HTTP 401")
    assert world.event.job_id == job(kind=kind).job_id
    assert len(world.api.asked) == 1


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
    assert (world.bus.events, world.landing.pages, world.jobs.sent) == ([], {}, [])


def test_pages_have_the_size_the_table_says() -> None:
    world = World(api=FakeApi(rows={"/company/configurations": set()}))
    world.handle(job(table="company_configurations"))
    size = source_table("company_configurations").page_size
    assert world.api.asked[0][1]["pageSize"] == str(size) == "500"
