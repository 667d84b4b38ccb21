"""Runs from their opening to their end, against moto: real tables, queues and objects."""

from datetime import timedelta

import pytest

from cwp_shared.errors import Terminal
from cwp_shared.events import PageRejected, RunCancelRequested, RunCompleted, RunFailed
from tests.aws_environment import isolate
from tests.counted import counted, values
from tests.integration.scheduler.world import (
    NOW,
    TABLE,
    World,
    failed,
    finish,
    surveyed,
    written,
)


def test_full_run_moves_the_watermark_only_after_its_last_page(world: World) -> None:
    world.request()
    (survey,) = world.jobs()
    assert (survey.kind, survey.mode, survey.lower) == ("survey", "full", None)
    world.tell(surveyed(survey))
    (page,) = world.jobs()
    assert (page.kind, page.job_id) == ("page", "w000-p00000")
    world.tell(written(page, 5))
    assert world.standing().watermark is None
    world.tell(written(page.next_page(5, 5), 0))
    assert world.standing().watermark == survey.upper
    assert world.standing().open_run is None
    (completed,) = world.bus.events
    assert isinstance(completed, RunCompleted)
    assert (completed.rows, completed.pages, len(completed.raw_keys)) == (5, 2, 1)
    assert (completed.counted, completed.missing) == (5, 0)
    record = world.record(survey.run_id)
    assert (record.status, record.watermark, record.rows) == ("completed", survey.upper, 5)


def test_next_run_is_incremental_from_the_watermark(world: World) -> None:
    world.request()
    finish(world)
    world.at(NOW + timedelta(hours=1))
    world.request()
    (page,) = world.jobs()
    assert (page.kind, page.mode) == ("page", "incremental")
    assert page.lower == NOW - timedelta(minutes=5)
    assert page.upper == NOW + timedelta(hours=1)


def test_second_request_starts_no_second_run(world: World) -> None:
    world.request()
    world.request()
    assert len(world.jobs()) == 1


def test_large_run_is_cut_to_what_its_tenant_allows(world: World) -> None:
    world.add_tenant("acme", tables=(TABLE,), parallel_requests=3)
    world.request()
    (survey,) = world.jobs()
    world.tell(surveyed(survey, 90_000))
    pages = world.jobs()
    assert [(p.after_id, p.high_id) for p in pages] == [
        (0, 30_000),
        (30_000, 60_000),
        (60_000, None),
    ]


def test_watermark_stays_behind_a_server_whose_clock_is_behind_ours(world: World) -> None:
    world.request()
    (survey,) = world.jobs()
    world.tell(surveyed(survey))
    (page,) = world.jobs()
    theirs = NOW - timedelta(minutes=7)
    world.tell(written(page, 5, server_time=theirs))
    world.tell(written(page.next_page(5, 5), 0, server_time=theirs + timedelta(minutes=1)))
    assert world.standing().watermark == theirs
    assert world.record(page.run_id).watermark == theirs


def test_next_upper_bound_is_by_the_servers_clock(world: World) -> None:
    world.request()
    (survey,) = world.jobs()
    world.tell(surveyed(survey, server_time=NOW - timedelta(minutes=7)))
    world.add_tenant("acme", tables=("time_entries",))
    world.request()
    other = next(job for job in world.jobs() if job.table == "time_entries")
    assert other.upper == NOW - timedelta(minutes=7) + timedelta(seconds=1)


def test_stalled_run_is_picked_up_on_request(world: World) -> None:
    world.request()
    (survey,) = world.jobs()
    world.tell(surveyed(survey))
    (page,) = world.jobs()
    world.tell(written(page, 5, quarantined=2))
    world.at(NOW + timedelta(seconds=61))
    world.request()
    (job,) = world.jobs()
    assert (job.run_id, job.page, job.after_id) == (survey.run_id, 1, 5)
    assert (job.rows_before, job.low_id) == (7, 0)


def test_stalled_run_is_picked_up_by_the_tick_before_its_table_is_due_again(world: World) -> None:
    world.add_tenant("acme", tables=(TABLE,), cadence_minutes=1440)
    world.tick()
    (lost,) = world.jobs()
    world.at(NOW + timedelta(minutes=29))
    world.tick()
    assert world.jobs() == []
    world.at(NOW + timedelta(minutes=31))
    world.tick()
    world.tick()
    assert world.jobs() == [lost.model_copy(update={"resumed": True})]


def test_lost_jobs_are_sent_again_at_once_when_somebody_resumes_the_run(world: World) -> None:
    world.request(resume=True)
    assert world.jobs() == []
    world.request()
    (lost,) = world.jobs()
    world.at(NOW + timedelta(seconds=1))
    world.request(resume=True)
    assert [job.job_id for job in world.jobs()] == [lost.job_id]


def test_cancelled_run_is_over_frees_its_table_and_takes_no_late_page(world: World) -> None:
    world.request()
    (survey,) = world.jobs()
    world.tell(surveyed(survey))
    (page,) = world.jobs()
    cancel = RunCancelRequested(
        tenant_id="acme", table=TABLE, run_id=survey.run_id, reason="wrong month"
    )
    world.tell(cancel, cancel)
    (failed,) = world.bus.take()
    assert isinstance(failed, RunFailed)
    assert (failed.reason_class, failed.reason) == ("cancelled", "wrong month")
    assert world.record(survey.run_id).status == "failed"
    assert world.standing().watermark is None
    world.tell(written(page, 5), written(page.next_page(5, 5), 0))
    assert world.standing().watermark is None
    world.request()
    assert world.jobs()[0].run_id != survey.run_id


def test_run_that_died_while_it_was_ended_is_picked_up_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.tick()
    (survey,) = world.jobs()
    world.tell(surveyed(survey))
    (page,) = world.jobs()
    world.tell(written(page, 5))
    last = page.next_page(5, 5)
    with monkeypatch.context() as patch:
        patch.setattr(world.bus, "publish", die)
        with pytest.raises(RuntimeError):
            world.tell(written(last, 0))
    world.at(NOW + timedelta(minutes=31))
    world.tick()
    assert world.jobs() == [last.model_copy(update={"resumed": True})]
    world.tell(written(last, 0))
    assert world.standing().open_run is None


def die(*_: object) -> None:
    raise RuntimeError("function timed out")


def test_messages_delivered_twice_change_nothing(world: World) -> None:
    world.request()
    (survey,) = world.jobs()
    world.tell(surveyed(survey), surveyed(survey))
    page = world.jobs()[0]
    first, last = written(page, 5), written(page.next_page(5, 5), 0)
    world.tell(last, first, first, last)
    completed = [e for e in world.bus.events if isinstance(e, RunCompleted)]
    assert [e.rows for e in completed] == [5]
    assert world.planner.runs.find_open("acme", TABLE, "full") is None


def test_run_that_died_before_it_was_closed_is_ended_by_any_copy_of_its_messages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.request()
    (survey,) = world.jobs()
    world.tell(surveyed(survey))
    (page,) = world.jobs()
    world.tell(written(page, 5))
    last = written(page.next_page(5, 5), 0)
    monkeypatch.setattr(world.bus, "publish", die)
    with pytest.raises(RuntimeError):
        world.tell(last)
    assert world.planner.runs.find_open("acme", TABLE, "full")
    monkeypatch.undo()
    isolate(monkeypatch)
    world.tell(last)
    assert world.planner.runs.find_open("acme", TABLE, "full") is None
    assert [type(e) for e in world.bus.events] == [RunCompleted]


def test_missing_rows_hold_the_watermark_for_one_retry(world: World) -> None:
    world.request()
    finish(world)
    for hours, expected in ((1, NOW), (2, NOW + timedelta(hours=2))):
        world.at(NOW + timedelta(hours=hours))
        world.request()
        run_id = finish(world, counted=8)
        assert world.standing().watermark == expected
        assert world.record(run_id).missing == 3
        assert world.bus.events[-1].model_dump()["missing"] == 3
    world.at(NOW + timedelta(hours=3))
    world.request()
    finish(world, counted=8)
    assert world.standing().watermark == NOW + timedelta(hours=2), "a new gap has its own retry"


def test_rows_that_a_second_run_did_not_bring_are_counted(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.request()
    finish(world)
    world.at(NOW + timedelta(hours=1))
    world.request()
    finish(world, counted=8)
    assert counted(capsys.readouterr().out) == [], "it is tried once more"
    world.at(NOW + timedelta(hours=2))
    world.request()
    run_id = finish(world, counted=8)
    (line,) = counted(capsys.readouterr().out)
    assert values(line) == {"MissingRows": 3, "UnreadableRows": 0}
    assert (line["tenant_id"], line["table"], line["run_id"]) == ("acme", TABLE, run_id)


def test_rows_that_could_not_be_read_are_counted(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.request()
    finish(world, counted=7, quarantined=2)
    (line,) = counted(capsys.readouterr().out)
    assert values(line) == {"MissingRows": 0, "UnreadableRows": 2}


def test_failed_page_fails_the_run_and_leaves_the_watermark(world: World) -> None:
    world.request()
    (survey,) = world.jobs()
    world.tell(failed(survey, "refused", "400"), failed(survey, "refused", "400"))
    (event,) = world.bus.events
    assert isinstance(event, RunFailed)
    assert event.reason == "400"
    record = world.record(survey.run_id)
    assert (record.status, record.watermark, record.reason) == ("failed", None, "400")
    assert world.standing().watermark is None
    world.request()
    assert [job.run_id != survey.run_id for job in world.jobs()] == [True]


def test_page_the_writer_cannot_read_fails_the_run(world: World) -> None:
    world.request()
    (job,) = world.jobs()
    rejected = PageRejected(
        tenant_id="acme", run_id=job.run_id, table=TABLE, job_id=job.job_id, reason="no page"
    )
    world.tell(rejected)
    (event,) = world.bus.events
    assert isinstance(event, RunFailed)
    assert (event.reason_class, event.reason) == ("bad_page", "no page")


def test_unknown_table_is_refused_but_the_others_go_on(world: World) -> None:
    with pytest.raises(Terminal, match="unknown table 'service_ticket'; known tables: service_t"):
        world.request(tables=("service_ticket", TABLE))
    assert [job.table for job in world.jobs()] == [TABLE]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("not json", "not an EventBridge envelope"),
        ('{"detail-type": "Other", "detail": {}}', "no consumer here for detail-type 'Other'"),
        ('{"detail-type": "SyncRequested", "detail": {"tenant_id": "A/../b"}}', "tenant_id"),
        ('{"detail-type": "SyncRequested", "detail": {"tenant_id": "nobody"}}', "'nobody' is not"),
    ],
)
def test_bad_requests_say_what_is_wrong(world: World, body: str, reason: str) -> None:
    with pytest.raises(Terminal, match=reason):
        world.planner.handle(body)


def test_event_of_an_unknown_run_says_so(world: World) -> None:
    world.request()
    (job,) = world.jobs()
    with pytest.raises(Terminal, match="SyncRuns does not have"):
        world.tell(written(job.model_copy(update={"run_id": "20260101T000000Z-none"}), 5))


def test_what_ended_expires(world: World) -> None:
    world.request()
    run_id = finish(world)
    items = world.planner.runs._table.scan()["Items"]
    assert len(items) == 3, "a header and two receipts; the lock is gone"
    expiry = (NOW + timedelta(days=30)).timestamp()
    assert {int(item["expires_at"]) for item in items} == {expiry}, run_id
