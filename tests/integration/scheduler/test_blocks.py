"""What refuses us is marked, said once, tried now and then, and said again when it is over."""

from datetime import timedelta

import pytest

from cwp_shared.events import Event, RunFailed, SourceBlocked, SourceRecovered
from tests.integration.scheduler.world import (
    NOW,
    TABLE,
    World,
    failed,
    surveyed,
    written,
)

OTHER = "time_entries"
HOUR = timedelta(hours=1)


@pytest.fixture
def two_tables(world: World) -> World:
    world.add_tenant("acme", tables=(TABLE, OTHER))
    return world


def blocks(events: list[Event]) -> list[Event]:
    return [e for e in events if isinstance(e, SourceBlocked | SourceRecovered)]


def test_refused_keys_block_the_tenant_and_are_said_once(two_tables: World) -> None:
    world = two_tables
    world.tick()
    for job in world.jobs():
        world.tell(failed(job, "credentials", "401"), failed(job, "credentials", "401"))
    events = world.bus.take()
    assert [type(e) for e in events] == [RunFailed, SourceBlocked, RunFailed]
    assert blocks(events) == [
        SourceBlocked(tenant_id="acme", table=None, reason_class="credentials", reason="401")
    ]


def test_blocked_tenant_is_tried_with_one_table_an_hour(two_tables: World) -> None:
    world = two_tables
    world.tick()
    for job in world.jobs():
        world.tell(failed(job, "credentials"))
    world.bus.take()
    tried = []
    for minutes in range(5, 130, 5):
        world.at(NOW + timedelta(minutes=minutes))
        world.tick()
        for job in world.jobs():
            tried.append((minutes, job.table))
            world.tell(failed(job, "credentials"))
    assert tried == [(60, TABLE), (120, OTHER)]
    assert blocks(world.bus.take()) == []


def test_forbidden_table_does_not_keep_the_others_back(two_tables: World) -> None:
    world = two_tables
    world.tick()
    for job in world.jobs():
        world.tell(failed(job, "permission" if job.table == TABLE else "exhausted", "403"))
    (blocked,) = blocks(world.bus.take())
    assert isinstance(blocked, SourceBlocked)
    assert blocked.table == TABLE
    world.at(NOW + HOUR / 2)
    world.tick()
    assert {job.table for job in world.jobs()} == {OTHER}
    world.at(NOW + HOUR)
    world.tick()
    assert TABLE in {job.table for job in world.jobs()}


def test_answer_to_a_try_ends_the_block_once(two_tables: World) -> None:
    world = two_tables
    world.request()
    for job in world.jobs():
        world.tell(failed(job, "credentials"))
    world.bus.take()
    world.request()
    tries = world.jobs()
    assert len(tries) == 2, "a request always tries"
    for job in tries:
        world.tell(surveyed(job), surveyed(job))
    assert blocks(world.bus.take()) == [SourceRecovered(tenant_id="acme", table=None)]
    assert not world.planner.standings.of("acme").blocked


def test_table_that_alone_is_not_there_does_not_block_its_tenant_again_and_again(
    two_tables: World,
) -> None:
    """connectwise-api.md 4: a collection's 404 may mean the keys, or the collection."""
    world = two_tables
    world.tick()
    for job in world.jobs():
        world.tell(failed(job, "credentials" if job.table == TABLE else "exhausted", "404"))
    world.request(tables=(OTHER,))
    world.tell(surveyed(world.jobs()[0]))
    assert len(blocks(world.bus.take())) == 2, "the tenant is blocked, the tenant is back"
    world.jobs()

    for hours in (1, 2):
        world.at(NOW + hours * HOUR)
        world.tick()
        tried = next(job for job in world.jobs() if job.table == TABLE)
        world.tell(failed(tried, "credentials", "404"))
        assert blocks(world.bus.take()) == []
        assert not world.planner.standings.of("acme").blocked

    world.at(NOW + 3 * HOUR)
    world.tick()
    tried = next(job for job in world.jobs() if job.table == TABLE)
    world.tell(surveyed(tried))
    assert blocks(world.bus.take()) == [SourceRecovered(tenant_id="acme", table=TABLE)]


def test_late_answer_from_before_the_block_does_not_end_it(two_tables: World) -> None:
    world = two_tables
    world.tick()
    early, late = world.jobs()
    world.tell(surveyed(early))
    page = world.jobs()[0]
    world.tell(failed(late, "credentials"))
    world.bus.take()
    world.tell(written(page, 5), written(page.next_page(5, 5), 0))
    assert blocks(world.bus.take()) == []
    assert world.planner.standings.of("acme").blocked


def test_function_that_died_before_it_said_so_says_it_when_the_message_comes_back(
    two_tables: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = two_tables
    world.tick()
    first, second = world.jobs()

    def die(*_: object) -> None:
        raise RuntimeError("function timed out")

    with monkeypatch.context() as patch:
        patch.setattr(world.bus, "publish", die)
        with pytest.raises(RuntimeError):
            world.tell(failed(first, "credentials"))
    world.tell(failed(second, "credentials"))
    assert blocks(world.bus.take()) == [], "it is the first one's to say"
    world.tell(failed(first, "credentials"))
    assert len(blocks(world.bus.take())) == 1


def test_what_passes_by_itself_blocks_nothing(two_tables: World) -> None:
    world = two_tables
    world.tick()
    first, second = world.jobs()
    world.tell(failed(first, "exhausted"), failed(second, "refused"))
    assert blocks(world.bus.take()) == []
