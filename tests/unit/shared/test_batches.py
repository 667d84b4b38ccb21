from cwp_shared.batches import batches


def test_nothing_is_lost_or_doubled_and_no_batch_is_too_large() -> None:
    assert list(batches(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(batches(iter("abc"), 3)) == [["a", "b", "c"]]
    assert list(batches([], 3)) == []
