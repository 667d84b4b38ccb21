from datetime import UTC, datetime, timedelta

import pytest

from cwp_scheduler.runs import (
    OVERLAP,
    Run,
    Window,
    cut_windows,
    first_jobs,
    is_stalled,
    new_run,
    page_job,
)
from cwp_shared.events import Mode
from cwp_shared.tenants import TenantConfig

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
UPPER = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
WATERMARK = datetime(2026, 3, 1, 11, 0, 0, tzinfo=UTC)
TENANT = TenantConfig(
    tenant_id="acme",
    site="api-na.myconnectwise.net",
    company="ACME",
    full_only=("company_contacts",),
)
TICKETS = "service_tickets"


def run_of(
    table: str = TICKETS, mode: Mode = "incremental", watermark: datetime | None = WATERMARK
) -> Run:
    return new_run(TENANT, table, mode, watermark, UPPER, NOW)


def test_first_run_of_a_table_is_full_and_starts_with_a_survey() -> None:
    run = run_of(watermark=None)
    assert (run.mode, run.lower, run.windows) == ("full", None, None)
    assert [job.kind for job in first_jobs(run)] == ["survey"]


def test_incremental_run_looks_back_behind_the_watermark_in_one_window() -> None:
    run = run_of()
    assert (run.lower, run.upper) == (WATERMARK - OVERLAP, UPPER)
    (job,) = first_jobs(run)
    assert (job.kind, job.after_id, job.high_id, job.job_id) == ("page", 0, None, "w000-p00000")


@pytest.mark.parametrize(
    ("table", "mode"),
    [
        (TICKETS, "incremental"),
        ("system_members", "full"),  # not incremental
        ("company_contacts", "full"),  # the filter does not work at this tenant
    ],
)
def test_run_is_incremental_where_that_works(table: str, mode: Mode) -> None:
    assert run_of(table).mode == mode


def test_jobs_say_where_the_time_filter_is_refused() -> None:
    surveyed = run_of("company_contacts")
    planned = surveyed.model_copy(update={"windows": (Window(after_id=0),)})
    assert [job.by_time for run in (surveyed, planned) for job in first_jobs(run)] == [False] * 2
    assert [job.by_time for job in first_jobs(run_of())] == [True]


def test_children_of_changed_parents_are_read_in_full_where_parents_cannot_be_asked_by_time() -> (
    None
):
    tenant = TENANT.model_copy(update={"full_only": ("company_companies",)})
    sites = new_run(tenant, "company_companies_sites", "incremental", WATERMARK, UPPER, NOW)
    assert (sites.mode, sites.by_time) == ("full", True)


@pytest.mark.parametrize(
    ("table", "mode", "days", "surveyed"),
    [
        (TICKETS, "incremental", 0, False),
        (TICKETS, "incremental", 1, False),  # a table of daily cadence
        (TICKETS, "incremental", 2, True),
        (TICKETS, "full", 0, True),
        (TICKETS, "reconcile", 0, True),
        ("company_companies_sites", "incremental", 0, False),  # children of changed parents
        ("company_companies_sites", "incremental", 2, True),
        ("company_companies_sites", "reconcile", 0, True),
        ("finance_agreements_additions", "incremental", 0, True),  # children of every parent
    ],
)
def test_what_may_be_large_is_surveyed(table: str, mode: Mode, days: int, surveyed: bool) -> None:
    run = run_of(table, mode, WATERMARK - timedelta(days=days))
    assert (run.windows is None) is surveyed
    assert (run.lower is None) is (mode != "incremental")


def test_small_table_is_one_window() -> None:
    assert cut_windows(run_of(), 9_999, 1, 9_999) == (Window(after_id=0, high_id=None),)


@pytest.mark.parametrize(("table", "count"), [(TICKETS, 20_000), ("service_boards_statuses", 200)])
def test_large_table_is_cut_into_touching_windows_open_at_both_ends(table: str, count: int) -> None:
    assert cut_windows(run_of(table), count, 101, 20_100) == (
        Window(after_id=0, high_id=10_100),
        Window(after_id=10_100, high_id=None),
    )


def test_pages_need_windows() -> None:
    with pytest.raises(ValueError, match="no windows"):
        page_job(run_of(mode="full"), 0)


@pytest.mark.parametrize(
    ("quiet", "picked_up", "stalled"),
    [
        (None, 9, True),
        (30, 0, False),
        (61, 0, True),
        (61, 1, False),
        (121, 1, True),
        (32 * 60 + 1, 99, True),
    ],
)
def test_patience_doubles_with_each_time_a_run_was_picked_up(
    quiet: int | None, picked_up: int, stalled: bool
) -> None:
    touched = None if quiet is None else NOW - timedelta(seconds=quiet)
    run = run_of().model_copy(update={"touched_at": touched, "picked_up": picked_up})
    assert is_stalled(run, NOW, timedelta(minutes=1)) is stalled
