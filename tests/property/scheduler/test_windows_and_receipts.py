"""Windows cover every id once; receipts in any order and number complete a run exactly once."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cwp_scheduler.receipts import Receipt, clock_offset, progress, resume_jobs
from cwp_scheduler.runs import Run, Window, bare_run, cut_windows

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOST = 16


def run_of(table: str = "service_tickets", parallel: int = MOST) -> Run:
    run = bare_run("acme", table, "full", NOW, NOW)
    return run.model_copy(update={"parallel": parallel})


@given(
    st.sampled_from(["service_tickets", "service_boards_statuses"]),
    st.integers(1, MOST),
    st.integers(0, 500_000),
    st.integers(1, 10**6),
    st.integers(0, 10**6),
    st.data(),
)
def test_every_id_is_in_exactly_one_window(
    table: str, parallel: int, count: int, lowest: int, spread: int, data: st.DataObject
) -> None:
    windows = cut_windows(run_of(table, parallel), count, lowest, lowest + spread)
    record = data.draw(st.integers(1, lowest + spread + 1000))
    holding = [
        w for w in windows if w.after_id < record and (w.high_id is None or record <= w.high_id)
    ]
    assert len(holding) == 1
    assert 1 <= len(windows) <= parallel


def chains(lengths: list[int]) -> tuple[Run, list[Receipt]]:
    """A run whose windows have so many pages with rows, and all its receipts."""
    windows = tuple(Window(after_id=1000 * n) for n in range(len(lengths)))
    receipts = [
        Receipt(
            job_id=f"w{window:03d}-p{page:05d}",
            window=window,
            page=page,
            rows=0 if page == pages else 10,
            last_id=None if page == pages else 1000 * window + 10 * (page + 1),
            is_last=page == pages,
            raw_key=None if page == pages else f"{window}-{page}",
            counted=10 * pages if page == pages else None,
        )
        for window, pages in enumerate(lengths)
        for page in range(pages + 1)
    ]
    return run_of().model_copy(update={"windows": windows}), receipts


LENGTHS = st.lists(st.integers(0, 6), min_size=1, max_size=4)


@given(LENGTHS, st.randoms(use_true_random=False))
def test_run_completes_with_its_last_receipt_whatever_the_order(
    lengths: list[int], rng: Random
) -> None:
    run, receipts = chains(lengths)
    rng.shuffle(receipts)
    for number in range(len(receipts)):
        assert not progress(run, receipts[:number]).complete
    done = progress(run, [*receipts, *receipts])
    assert done.complete
    assert (done.rows, done.missing) == (10 * sum(lengths), 0)
    assert done.pages == len(receipts)


@given(LENGTHS, st.data())
def test_resuming_asks_for_the_first_page_that_is_missing_of_each_window(
    lengths: list[int], data: st.DataObject
) -> None:
    """The scheduler and the fetcher together get every page, whichever were lost."""
    run, every = chains(lengths)
    kept = data.draw(st.lists(st.sampled_from(every), unique_by=lambda r: r.job_id))
    known = {(r.window, r.page): r for r in every}
    while not progress(run, kept).complete:
        for job in resume_jobs(run, kept):
            before = [known[job.window, page] for page in range(job.page)]
            assert all(page in kept for page in before)
            assert job.rows_before == sum(page.rows for page in before)
            assert job.after_id == (before[-1].last_id if before else 1000 * job.window)
            kept.append(known[job.window, job.page])
    assert progress(run, kept) == progress(run, every)


@given(
    st.integers(-100_000, 100_000),
    st.lists(st.integers(0, 600), min_size=1, max_size=5),
    st.integers(0, 600),
)
def test_offset_of_a_clock_is_never_overstated(
    offset: int, asked_after: list[int], delay: int
) -> None:
    """connectwise-api.md 11: the upper bound is by the server's clock; too far is in its future."""
    run = run_of()
    now = NOW + timedelta(seconds=max(asked_after) + delay)
    seen = [NOW + timedelta(seconds=after + offset) for after in asked_after]
    found = clock_offset(run, seen, now)
    assert found is not None
    assert abs(found) <= abs(timedelta(seconds=offset))
    assert abs(found - timedelta(seconds=offset)) <= now - NOW + timedelta(seconds=1)
