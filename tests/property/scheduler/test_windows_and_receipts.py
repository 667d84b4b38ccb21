"""Windows cover every id once; receipts in any order and number complete a run exactly once."""

from datetime import UTC, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cwp_scheduler.runs import MOST_WINDOWS, Receipt, cut_windows, new_run, progress

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@given(st.integers(0, 200_000), st.integers(1, 10**6), st.integers(0, 10**6), st.data())
def test_every_id_is_in_exactly_one_window(
    count: int, lowest: int, spread: int, data: st.DataObject
) -> None:
    windows = cut_windows(count, lowest, lowest + spread)
    record = data.draw(st.integers(1, lowest + spread + 1000))
    holding = [
        w for w in windows if w.after_id < record and (w.high_id is None or record <= w.high_id)
    ]
    assert len(holding) == 1
    assert 1 <= len(windows) <= MOST_WINDOWS


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_run_completes_with_its_last_receipt_whatever_the_order(
    lengths: list[int], rng: Random
) -> None:
    windows = tuple(cut_windows(10_000 * len(lengths), 1, 10**6))[: len(lengths)]
    run = new_run("acme", "service_tickets", "full", None, NOW).model_copy(
        update={"windows": windows}
    )
    receipts = [
        Receipt(
            job_id=f"w{window:03d}-p{page:05d}",
            window=window,
            page=page,
            rows=0 if page == pages else 10,
            is_last=page == pages,
            raw_key=None if page == pages else f"{window}-{page}",
        )
        for window, pages in enumerate(lengths)
        for page in range(pages + 1)
    ]
    rng.shuffle(receipts)
    for number in range(len(receipts)):
        assert not progress(run, receipts[:number]).complete
    done = progress(run, [*receipts, *receipts])
    assert done.complete
    assert done.rows == 10 * sum(lengths)
    assert done.pages == len(receipts)
