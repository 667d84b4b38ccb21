"""Nothing is lost and nothing asked for in vain, whatever happens while a company is walked.

A busy day at the company, bad weather on the way to it, messages that come twice and in any order,
functions that die between any two steps: after two more runs raw/ says what the company says, and
no watermark ever passed a row that was not written (design.md 7.1, 7.2, 7.4, 7.6).
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from cwp_local.sandbox.models import TickAsked
from cwp_local.sandbox.weather.model import Weather
from cwp_shared.events import PageJob
from tests.property.extraction import lake, watch
from tests.property.extraction.chain import immortal
from tests.property.extraction.cloud import Message
from tests.property.extraction.services import JOBS
from tests.property.extraction.stage import Dies
from tests.property.extraction.walk import CHANGES, PAGE_SIZES, check, new_chain, settle
from tests.unit.local.sandbox.clients import NOW

pytestmark = pytest.mark.usefixtures("small")

#: One run of each table from nothing, and one of what changed meanwhile.
BUSY = timedelta(minutes=20)
LATEST = timedelta(hours=12)
#: A message that kills one function after the other is the redrive policy's business.
MOST_DEATHS = 3


@dataclass(frozen=True)
class Scenario:
    """How bad a day it is; shares are from 0 to 1."""

    seed: int
    #: Of invocations that die, and of messages that come twice.
    deaths: float
    copies: float
    #: Of requests that get no good answer, each way; the limit is of requests in a minute.
    resets: float
    truncated: float
    server_faults: float
    unavailable: float
    not_json: float
    limit: int | None
    #: Rows of each table that cannot be shown.
    poisoned: int
    skew_seconds: int

    def weather(self, rows: dict[str, list[int]]) -> Weather:
        rng = Random(self.seed)  # noqa: S311 - chance in a test, repeatable
        return Weather.model_validate(
            {
                "rate_limit": self.limit and {"requests": self.limit},
                "reset": self._fault(self.resets),
                "truncated": self._fault(self.truncated),
                "status": [
                    *self._fault(self.server_faults, code=500),
                    *self._fault(self.unavailable, code=503),
                ],
                "not_json": self._fault(self.not_json),
                "poisoned": [
                    {"table": table, "ids": rng.sample(ids, self.poisoned)}
                    for table, ids in rows.items()
                    if self.poisoned
                ],
                "skew_seconds": self.skew_seconds,
            }
        )

    def _fault(self, share: float, **more: Any) -> list[dict[str, Any]]:
        return [{"probability": share, "seed": self.seed, **more}] if share else []


SCENARIOS = st.builds(
    Scenario,
    seed=st.integers(0, 2**32),
    deaths=st.sampled_from([0.0, 0.1, 0.25]),
    copies=st.sampled_from([0.0, 0.03, 0.1]),
    resets=st.sampled_from([0.0, 0.05, 0.1]),
    truncated=st.sampled_from([0.0, 0.05]),
    server_faults=st.sampled_from([0.0, 0.05]),
    unavailable=st.sampled_from([0.0, 0.05]),
    not_json=st.sampled_from([0.0, 0.03]),
    limit=st.sampled_from([None, 25]),
    poisoned=st.integers(0, 2),
    skew_seconds=st.sampled_from([0, -75, 40]),
)


@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(SCENARIOS)
def test_nothing_is_lost_on_a_bad_day(made: Path, scenario: Scenario) -> None:
    with new_chain(made, scenario.seed, scenario.copies) as watched:
        chain = watched.chain
        company = chain.site.company
        chance = Random(scenario.seed)  # noqa: S311 - chance in a test, repeatable

        def fate(_: str, batch: list[Message]) -> Dies:
            if spared(batch) or chance.random() >= scenario.deaths:
                return immortal
            last = chance.randrange(25)
            return lambda number, _: number == last

        chain.fate = fate
        rows = {table: sorted(lake.rows_now(company, table)) for table in PAGE_SIZES}
        company.forecast.set(scenario.weather(rows))
        chain.site.changes, chain.site.every = CHANGES, 4
        day = TickAsked(days=1, every_requests=9, seed=scenario.seed)
        company.life.start(day, company.clock(chain.stage.clock))

        chain.play(lambda: chain.stage.now >= NOW + BUSY, LATEST)
        assert company.life.state(chain.stage.clock).failed is None
        settle(watched)

        note(f"{len(chain.site.asked)} requests, {len(chain.stage.past)} invocations")
        check(watched)


@pytest.mark.parametrize("function", ["plan", "track", "fetch", "write"])
def test_a_function_may_die_at_any_step(made: Path, function: str) -> None:
    """Every place where it can die is died at once at least, page after page."""
    with new_chain(made, seed=1) as watched:
        chain = watched.chain
        chain.site.changes, chain.site.every = CHANGES, 8
        rows = {table: sorted(lake.rows_now(chain.site.company, table)) for table in PAGE_SIZES}
        worst = {"table": "service_tickets", "ids": [rows["service_tickets"][30]]}
        chain.site.company.forecast.set(Weather.model_validate({"poisoned": [worst]}))

        died_at: set[str] = set()

        def dies(_: int, place: str) -> bool:
            first = place not in died_at
            died_at.add(place)
            return first

        chain.fate = lambda name, batch: (
            dies if name == function and not spared(batch) else immortal
        )
        chain.play(lambda: chain.stage.now >= NOW + 2 * BUSY and chain.is_quiet, LATEST)
        assert died_at == watch.passed(chain, function) | watch.died_at(chain, function)
        settle(watched)
        check(watched)


def test_rows_that_show_up_late_are_within_the_overlap(made: Path) -> None:
    """Runs pass by rows that are below their upper bound and not there yet; the next looks back."""
    with new_chain(made, seed=3) as watched:
        chain = watched.chain
        chain.site.changes, chain.site.every = CHANGES, 8
        chain.site.late = timedelta(minutes=4)
        chain.play(lambda: chain.stage.now >= NOW + 2 * BUSY and chain.is_quiet, LATEST)
        settle(watched)
        for table in PAGE_SIZES:
            assert not lake.differing(watched.lake, chain.site.company, table)


def test_a_company_that_moves_is_followed_within_the_limits(made: Path) -> None:
    """The site is upgraded again and again: asking where the company lives takes turns, too."""
    with new_chain(made, seed=5) as watched:
        chain = watched.chain
        chain.site.moves = 30
        chain.play(lambda: chain.stage.now >= NOW + BUSY and chain.is_quiet, LATEST)
        settle(watched)
        check(watched)
        targets = [asked.target for asked in chain.site.asked]
        assert sum("companyinfo" in target for target in targets) > len(targets) / 30
        assert not chain.events.of("RunFailed")


def test_a_chain_that_broke_behind_a_landed_page_is_taken_up_with_its_run(made: Path) -> None:
    """The message that landed a page dies each time before it says so, and is lost.

    Nothing is in a queue any more: the run stalls, is picked up, and goes on over what has landed.
    """
    with new_chain(made, seed=2) as watched:
        chain = watched.chain

        def is_lost(batch: list[Message]) -> bool:
            job = PageJob.model_validate_json(batch[0].body)
            place = job.table, job.window, job.page
            return place == ("service_tickets", 1, 0) and not job.resumed

        chain.fate = lambda name, batch: (
            (lambda _, step: step == "before put_events")
            if name == "fetch" and is_lost(batch)
            else immortal
        )
        chain.play(lambda: bool(chain.queues.messages.get(f"{JOBS} redriven")), LATEST)
        lost = chain.queues.messages.pop(f"{JOBS} redriven")
        assert all(map(is_lost, ([message] for message in lost)))
        settle(watched)
        check(watched)
        # Once is enough, however far the chain had come.
        assert {item.get("picked_up") for item in chain.sync_runs.items.values()} <= {None, 0, 1}


def spared(batch: list[Message]) -> bool:
    """Whether these messages have seen enough."""
    return any(message.deaths >= MOST_DEATHS for message in batch)
