from dataclasses import replace

import pytest

from cwp_loader.layout import Columns, Shape
from cwp_loader.plan import compare, next_batch
from tests.unit.loader.fakes import COLUMNS, SHAPE, WAREHOUSE_COLUMNS, WIDER, commit


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


def test_another_key_waits_for_a_load_of_its_own() -> None:
    other = commit(2).model_copy(update={"key_columns": ("id", "price")})
    assert len(next_batch([commit(1), other], 0)) == 1


def retyped(**types: str) -> Columns:
    """The table's columns, some of another type."""
    return tuple(
        column.model_copy(update={"type": types.get(column.name, column.type)})
        for column in WAREHOUSE_COLUMNS
    )


def test_a_fitting_table_has_no_difference() -> None:
    assert compare(SHAPE, SHAPE) == ((), (), ())


def test_a_table_yet_to_be_made_lacks_everything() -> None:
    assert compare(Shape((), ()), SHAPE) == (WAREHOUSE_COLUMNS, (), ())


def test_missing_columns_and_longer_texts_can_be_had() -> None:
    wanted = replace(SHAPE, columns=WIDER[1:])
    lacks = compare(SHAPE, wanted)
    assert [column.name for column in lacks.missing] == ["severity", "closed"]
    assert [(column.name, column.type) for column in lacks.widened] == [("summary", "varchar(300)")]
    assert lacks.refused == ()


def test_shorter_texts_and_fewer_columns_fit_as_they_are() -> None:
    wanted = replace(SHAPE, columns=retyped(summary="varchar(20)")[:-1])
    assert compare(SHAPE, wanted) == ((), (), ())


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ({"price": "decimal(18,4)"}, "column price is decimal(18,2) there and decimal(18,4)"),
        ({"id": "varchar(20)"}, "column id is bigint there and varchar(20) in the file"),
        ({"summary": "super"}, "column summary is varchar(100) there and super in the file"),
    ],
)
def test_another_type_is_refused(types: dict[str, str], said: str) -> None:
    (refused,) = compare(SHAPE, replace(SHAPE, columns=retyped(**types))).refused
    assert refused.startswith(said)


def test_another_key_is_refused() -> None:
    (refused,) = compare(SHAPE, replace(SHAPE, key=("tenant_id", "id"))).refused
    assert refused == "rows there are identified by (id), in the file by (tenant_id, id)"
