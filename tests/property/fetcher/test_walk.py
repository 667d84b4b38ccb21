"""A window read to its end, through faults, duplicates and repetitions.

Nothing is lost and nothing is doubled (connectwise-api.md 2.3 and 11): every row that was there
throughout is landed exactly once, or set aside if it is bad.
"""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_fetcher.failures import PutOff
from cwp_fetcher.fetch import Fetcher
from cwp_shared.connectwise.failures import ServerFault, Throttled, Unreachable
from cwp_shared.errors import Retriable
from cwp_shared.events import PageFetched, PageJob
from tests.unit.fetcher.fakes import (
    TICKETS,
    FakeApi,
    FakeBus,
    FakeJobs,
    FakeLanding,
    FakePaces,
    FakeQuarantine,
    FakeTime,
    job,
    make_visit,
)

FAULTS = st.sampled_from(
    [
        None,
        None,
        Unreachable("ConnectionResetError"),
        Retriable("HTTP 503"),
        Throttled("HTTP 429", 30),
        PutOff("no token", 3),
        ServerFault("Query read timeout", timed_out=True),
    ]
)
HICCUP = ServerFault("HTTP 500: hiccup", timed_out=False)
PROJECTS = "/project/projects"
MOST_DELIVERIES = 1500


@st.composite
def faults(draw: st.DrawFn) -> list[Exception | None]:
    """What the next requests meet; of a row that is bad twice in a row nobody can tell better."""
    coming: list[Exception | None] = draw(st.lists(FAULTS, max_size=25))
    coming.insert(draw(st.integers(0, len(coming))), HICCUP)
    return coming


class Queue:
    """At least once: a job comes back after a fault, and now and then a second time."""

    def __init__(self, api: FakeApi, twice: list[bool]) -> None:
        self.api, self.twice = api, twice
        self.jobs, self.bus, self.landing = FakeJobs(), FakeBus(), FakeLanding()
        self.time = FakeTime()
        paces = FakePaces()
        self.fetcher = Fetcher(
            visit=lambda _: make_visit(api, paces=paces, time=self.time),
            landing=self.landing,
            quarantine=FakeQuarantine(),
            bus=self.bus,
            jobs=self.jobs,
            api_version="2025.8",
        )

    def walk(self, first: PageJob) -> None:
        self.jobs.sent.append(first)
        deliveries = 0
        while self.jobs.sent:
            deliveries += 1
            assert deliveries < MOST_DELIVERIES, "the window is not getting any further"
            given = self.jobs.sent.pop(0)
            if self.twice and self.twice.pop():
                self.jobs.sent.append(given)
            # As long as the longest delay.
            self.time.now_s += 900
            try:
                self.fetcher.handle(given)
            except Retriable:
                self.jobs.sent.append(given)

    def pages(self) -> dict[str, PageFetched]:
        found: dict[str, PageFetched] = {}
        for event in self.bus.events:
            if isinstance(event, PageFetched):
                assert found.setdefault(event.job_id, event) == event, "one job, two pages"
        return found

    def landed(self) -> list[int]:
        bodies = [self.landing.pages[page.landing_key][0] for page in self.pages().values()]
        return [row["id"] for body in bodies for row in json.loads(body)]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_window_is_read_whole_through_any_faults(data: st.DataObject) -> None:
    ids = data.draw(st.sets(st.integers(1, 400), max_size=120))
    bad = data.draw(st.sets(st.sampled_from(sorted(ids)), max_size=4)) if ids else set()
    # One that is never bad: a collection that shows nothing at all is a failing one.
    ids |= {500}
    api = FakeApi(
        rows={TICKETS: set(ids)},
        bad={TICKETS: bad},
        ids_show=data.draw(st.booleans()),
        errors=data.draw(faults()),
    )
    queue = Queue(api, data.draw(st.lists(st.booleans(), max_size=10)))
    queue.walk(job(mode="full", page_size=data.draw(st.sampled_from([None, 7, 30, 64]))))
    assert queue.landed() == sorted(ids - bad)
    pages = list(queue.pages().values())
    assert sum(page.quarantined for page in pages) == len(bad)
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
    assert pages[-1].counted in {len(ids), None}


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_rows_that_come_and_go_meanwhile_move_no_others(data: st.DataObject) -> None:
    steady = data.draw(st.sets(st.integers(1, 300), max_size=60))
    moving = data.draw(st.sets(st.integers(1, 300), max_size=60)) - steady
    api = FakeApi(rows={TICKETS: set(steady)})
    choices = data.draw(st.lists(st.sampled_from(sorted(moving)), max_size=40)) if moving else []

    def busy(_path: str, _params: Any) -> None:
        if choices:
            api.rows[TICKETS] ^= {choices.pop()}

    api.script = busy
    queue = Queue(api, [])
    queue.walk(job(mode="full", page_size=30))
    landed = queue.landed()
    assert len(landed) == len(set(landed))
    assert steady <= set(landed) <= steady | moving


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_all_children_of_all_parents_are_read_through_any_faults(data: st.DataObject) -> None:
    families = data.draw(st.lists(st.integers(0, 30), max_size=60))
    rows = {PROJECTS: set(range(1, len(families) + 1))}
    for parent, children in enumerate(families, 1):
        rows[f"{PROJECTS}/{parent}/phases"] = {parent * 100 + n for n in range(children)}
    api = FakeApi(rows=rows, errors=data.draw(faults()))
    queue = Queue(api, data.draw(st.lists(st.booleans(), max_size=10)))
    queue.walk(job(table="project_projects_phases", mode="full"))
    every = {id_ for path, ids in rows.items() if path != PROJECTS for id_ in ids}
    assert sorted(queue.landed()) == sorted(every)
    assert [page.is_last for page in queue.pages().values()].count(True) == 1
