from cwp_loader.plan import compare, next_batch
from tests.unit.loader.fakes import COLUMNS, WAREHOUSE_COLUMNS, WIDER, columns, commit


def sequences(*pending: int, loaded: int) -> list[int]:
    return [c.sequence for c in next_batch([commit(n) for n in pending], loaded)]


def test_a_batch_continues_the_loaded_sequence_up_to_the_first_gap() -> None:
    assert sequences(5, 6, 8, loaded=4) == [5, 6]


def test_a_gap_right_away_is_an_empty_batch() -> None:
    assert sequences(6, 7, loaded=4) == []
    assert sequences(loaded=4) == []


def test_a_batch_has_one_set_of_columns() -> None:
    pending = [commit(1), commit(2, file_columns=WIDER), commit(3)]
    assert [c.sequence for c in next_batch(pending, 0)] == [1]
    assert [c.sequence for c in next_batch(pending[1:], 1)] == [2]


def test_columns_in_another_order_are_other_columns() -> None:
    swapped = (*COLUMNS[:-2], COLUMNS[-1], COLUMNS[-2])
    assert len(next_batch([commit(1), commit(2, file_columns=swapped)], 0)) == 1


def test_a_fitting_table_has_no_difference() -> None:
    assert compare(WAREHOUSE_COLUMNS, COLUMNS) == ((), ())


def test_missing_and_changed_columns_are_named() -> None:
    wanted = (*WIDER, *columns("extra bigint"))
    has = tuple(
        c.model_copy(update={"type": "bigint"}) if c.name == "price" else c
        for c in WAREHOUSE_COLUMNS
    )
    difference = compare(has, wanted)
    assert difference.missing == ("severity", "closed", "extra")
    assert difference.changed == ("price: bigint -> decimal(18,2)",)
