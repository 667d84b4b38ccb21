from datetime import UTC, datetime, timedelta

import pytest

from cwp_scheduler.runs import (
    OVERLAP,
    Receipt,
    Run,
    Window,
    cut_windows,
    first_jobs,
    is_stalled,
    new_run,
    page_job,
    progress,
    resume_jobs,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
WATERMARK = datetime(2026, 3, 1, 11, 0, 0, tzinfo=UTC)


def full_run(*windows: Window) -> Run:
    run = new_run("acme", "service_tickets", "full", None, NOW)
    return run.model_copy(update={"windows": windows}) if windows else run


def receipt(window: int, page: int, rows: int = 1000) -> Receipt:
    return Receipt(
        job_id=f"w{window:03d}-p{page:05d}",
        window=window,
        page=page,
        rows=rows,
        last_id=(page + 1) * 1000 if rows else None,
        is_last=rows == 0,
        raw_key=f"acme/raw/connectwise/service_tickets/{window}{page}.parquet" if rows else None,
    )


def test_first_run_of_a_table_is_full_and_starts_with_a_survey() -> None:
    run = new_run("acme", "service_tickets", "incremental", None, NOW)
    assert (run.mode, run.lower, run.windows) == ("full", None, None)
    assert [job.kind for job in first_jobs(run)] == ["survey"]


def test_incremental_run_looks_back_behind_the_watermark_in_one_window() -> None:
    run = new_run("acme", "service_tickets", "incremental", WATERMARK, NOW)
    assert run.lower == WATERMARK - OVERLAP
    (job,) = first_jobs(run)
    assert (job.kind, job.after_id, job.high_id, job.job_id) == ("page", 0, None, "w000-p00000")


def test_upper_bound_is_a_whole_second_not_in_the_future() -> None:
    run = new_run("acme", "service_tickets", "full", WATERMARK, NOW)
    assert run.upper == NOW.replace(microsecond=0)
    assert run.lower is None


def test_small_table_is_one_window() -> None:
    assert cut_windows(9_999, 1, 9_999) == (Window(after_id=0, high_id=None),)


def test_large_table_is_cut_into_touching_windows_open_at_both_ends() -> None:
    windows = cut_windows(20_000, 101, 20_100)
    assert windows == (
        Window(after_id=0, high_id=10_100),
        Window(after_id=10_100, high_id=None),
    )


def test_run_is_complete_only_when_every_window_has_reached_its_empty_page() -> None:
    run = full_run(Window(after_id=0, high_id=500), Window(after_id=500, high_id=None))
    receipts = [receipt(0, 0), receipt(0, 1, 0), receipt(1, 0)]
    assert progress(run, receipts).unfinished == {1: 1}
    done = progress(run, [*receipts, receipt(1, 1, 0)])
    assert (done.complete, done.pages, done.rows) == (True, 4, 2000)
    assert len(done.raw_keys) == 2


def test_missing_page_in_the_middle_keeps_a_run_open() -> None:
    run = full_run(Window(after_id=0, high_id=None))
    so_far = progress(run, [receipt(0, 0), receipt(0, 2, 0)])
    assert not so_far.complete
    assert so_far.unfinished == {0: 1}


def test_run_without_windows_is_never_complete() -> None:
    assert not progress(full_run(), []).complete


def test_stalled_run_is_resumed_after_the_last_id_that_is_durable() -> None:
    run = full_run(Window(after_id=0, high_id=9000), Window(after_id=9000, high_id=None))
    jobs = resume_jobs(run, [receipt(0, 0), receipt(0, 1), receipt(1, 0), receipt(1, 1, 0)])
    assert [(j.window, j.page, j.after_id, j.high_id) for j in jobs] == [(0, 2, 2000, 9000)]


def test_unplanned_run_is_resumed_by_its_survey() -> None:
    assert [job.kind for job in resume_jobs(full_run(), [])] == ["survey"]


def test_pages_need_windows() -> None:
    with pytest.raises(ValueError, match="no windows"):
        page_job(full_run(), 0, 0, 0)


@pytest.mark.parametrize(("quiet", "stalled"), [(None, True), (30, False), (61, True)])
def test_stall(quiet: int | None, stalled: bool) -> None:
    touched = None if quiet is None else NOW - timedelta(seconds=quiet)
    run = full_run().model_copy(update={"touched_at": touched})
    assert is_stalled(run, NOW, timedelta(minutes=1)) is stalled
