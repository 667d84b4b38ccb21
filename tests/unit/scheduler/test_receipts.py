from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cwp_scheduler.receipts import (
    Progress,
    Receipt,
    clock_offset,
    progress,
    resume_jobs,
    upper_bound,
)
from cwp_scheduler.runs import Run, Window, bare_run

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TWO = (Window(after_id=0, high_id=9000), Window(after_id=9000, high_id=None))


def run_of(*windows: Window) -> Run:
    run = bare_run("acme", "service_tickets", "full", NOW, NOW)
    return run.model_copy(update={"windows": windows or None})


def receipt(window: int, page: int, rows: int = 1000, **more: Any) -> Receipt:
    known: dict[str, Any] = {
        "last_id": (page + 1) * 1000 if rows else None,
        "is_last": rows == 0,
        "raw_key": f"acme/raw/connectwise/service_tickets/{window}{page}.parquet" if rows else None,
    }
    return Receipt(
        job_id=f"w{window:03d}-p{page:05d}", window=window, page=page, rows=rows, **known | more
    )


def add_up(*receipts: Receipt, windows: tuple[Window, ...] = TWO) -> Progress:
    return progress(run_of(*windows), receipts)


def test_run_is_complete_only_when_every_window_is_closed() -> None:
    receipts = [receipt(0, 0), receipt(0, 1, 0), receipt(1, 0)]
    assert not add_up(*receipts).complete
    done = add_up(*receipts, receipt(1, 1, 0))
    assert (done.complete, done.pages, done.rows) == (True, 4, 2000)
    assert len(done.raw_keys) == 2


def test_window_may_end_with_a_page_that_has_rows() -> None:
    done = add_up(receipt(0, 0, 7, is_last=True), windows=TWO[1:])
    assert (done.complete, done.rows) == (True, 7)


def test_missing_page_in_the_middle_keeps_a_run_open() -> None:
    assert not add_up(receipt(0, 0), receipt(0, 2, 0), windows=TWO[1:]).complete


def test_pages_beyond_the_last_count_for_nothing() -> None:
    kept = add_up(receipt(0, 0), receipt(0, 1, 5, is_last=True), windows=TWO[1:])
    more = add_up(receipt(0, 2), receipt(0, 0), receipt(0, 1, 5, is_last=True), windows=TWO[1:])
    assert kept == more


def test_run_without_windows_is_never_complete() -> None:
    assert not progress(run_of(), []).complete


def test_counts_are_summed_and_compared_with_rows_and_what_was_set_aside() -> None:
    done = add_up(
        receipt(0, 0, quarantined=2),
        receipt(0, 1, 0, counted=1003),
        receipt(1, 0, 5, is_last=True, counted=5),
    )
    assert (done.rows, done.quarantined, done.counted, done.missing) == (1005, 2, 1008, 1)


@pytest.mark.parametrize(
    ("counts", "missing"), [((10, 10), 0), ((12, 9), 2), ((12, 11), 3), ((9, 8), -3)]
)
def test_what_left_one_window_makes_up_for_nothing_in_another(
    counts: tuple[int, int], missing: int
) -> None:
    done = add_up(*(receipt(n, 0, 10, is_last=True, counted=c) for n, c in enumerate(counts)))
    assert done.missing == missing


def test_run_is_not_counted_if_one_window_is_not() -> None:
    done = add_up(receipt(0, 0, 0, counted=0), receipt(1, 0, 0))
    assert (done.counted, done.missing) == (None, None)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(-90, NOW - 90 * SECOND), (0, NOW), (30, NOW), (None, NOW)]
)
def test_watermark_is_at_most_what_the_server_said_before_the_first_page(
    seconds: int | None, expected: datetime
) -> None:
    theirs = None if seconds is None else NOW + seconds * SECOND
    done = add_up(
        receipt(0, 0, server_time=NOW + 60 * SECOND),
        receipt(0, 1, 0, server_time=NOW - timedelta(days=1)),
        receipt(1, 0, 0, server_time=theirs),
    )
    assert done.watermark == expected


def test_stalled_run_is_resumed_after_the_last_id_that_is_durable() -> None:
    receipts = [
        receipt(0, 0, 900, quarantined=3),
        receipt(0, 1, 0, is_last=False, last_id=2000),
        receipt(1, 0),
        receipt(1, 1, 0),
    ]
    (job,) = resume_jobs(run_of(*TWO), receipts)
    assert (job.window, job.page, job.after_id, job.high_id) == (0, 2, 2000, 9000)
    assert (job.rows_before, job.low_id) == (903, 0)
    assert job.resumed


def test_window_without_receipts_is_resumed_at_its_beginning() -> None:
    jobs = resume_jobs(run_of(*TWO), [receipt(0, 0, 0)])
    assert [(j.window, j.page, j.after_id, j.low_id) for j in jobs] == [(1, 0, 9000, None)]


def test_run_with_all_receipts_is_resumed_by_its_last_page() -> None:
    (job,) = resume_jobs(run_of(TWO[1]), [receipt(0, 0), receipt(0, 1, 0)])
    assert (job.page, job.after_id) == (1, 1000)


def test_unplanned_run_is_resumed_by_its_survey() -> None:
    assert [job.kind for job in resume_jobs(run_of(), [])] == ["survey"]


@pytest.mark.parametrize(
    ("seen", "offset"),
    [
        ([], None),
        ([5, 20], 0),  # between opening and now: the clocks may agree
        ([-300, -290], -299),  # behind by 299 s at least: it was asked after the run was opened
        ([330, 320], 300),  # ahead by 300 s at least: it was asked before now
        ([-1], 0),  # the Date header has no fractions
    ],
)
def test_clocks_are_found_to_differ_only_if_they_must(seen: list[int], offset: int | None) -> None:
    moments = [NOW + second * SECOND for second in seen]
    found = clock_offset(run_of(), moments, NOW + 30 * SECOND)
    assert found == (None if offset is None else offset * SECOND)


def test_upper_bound_is_a_whole_second_of_the_servers_clock() -> None:
    now = NOW.replace(microsecond=700_000)
    assert upper_bound(now, timedelta()) == NOW
    assert upper_bound(now, -90 * SECOND) == NOW - 90 * SECOND
