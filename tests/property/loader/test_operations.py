"""However commits are grouped into loads, the table is what applying them in order gives."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_loader import schema_sql, sql
from cwp_loader.layout import Shape
from tests.property.loader.warehouse import BatchFailed, Lake, Row, Warehouse
from tests.unit.loader.fakes import COLUMNS, ROLE, SHAPE, TABLE, WAREHOUSE_COLUMNS

NONE = Shape((), ())

DAY = datetime(2026, 1, 1)  # noqa: DTZ001 - the warehouse's timestamps have no zone: UTC
SKS = st.sampled_from(["a", "b", "c", "d"])
OPERATIONS = st.sampled_from(["open", "close", "remove"])


def operation(op: str, sk: str, sequence: int, value: int) -> Row:
    """A row of a canonical file; `value` makes it differ from others of its `sk`."""
    closing = op == "close"
    return {
        "op": op,
        "sk": sk,
        "tenant_id": TABLE.tenant_id,
        "id": ord(sk),
        "effective_from": DAY + timedelta(days=value),
        "effective_to": DAY + timedelta(days=value + 1) if closing else None,
        "is_current": not closing,
        "is_deleted": closing and value % 2 == 0,
        "source_updated_at": None if closing else DAY + timedelta(hours=value),
        "attr_hash": None if closing else f"hash {value}",
        "recorded_at": DAY + timedelta(days=sequence),
        "run_id": f"run {sequence}",
        "mapping_version": 1,
        "sequence": sequence,
        "load_notes": f"note {value}" if op == "open" and value % 2 else None,
        "summary": None if closing else f"it's {value}",
        "price": None if closing else Decimal(value) / 4,
        "tags": None if closing else f'{{"list": [{value}, "ä"], "none": null}}',
    }


def apply_in_order(files: list[list[Row]]) -> dict[str, Row]:
    """What a person would do: file by file; within one, removes, then opens, then closes."""
    table: dict[str, Row] = {}
    for rows in files:
        for op in ("remove", "open", "close"):
            for row in rows:
                if row["op"] == op:
                    _apply(table, row)
    return table


def _apply(table: dict[str, Row], row: Row) -> None:
    sk = row["sk"]
    if row["op"] == "remove":
        table.pop(sk, None)
    elif row["op"] == "open":
        tags = {"list": [round(float(row["price"]) * 4), "ä"], "none": None}
        table[sk] = {name: value for name, value in row.items() if name != "op"} | {"tags": tags}
    elif sk in table:
        table[sk] |= {name: row[name] for name in sql.CLOSED_COLUMNS}


@st.composite
def histories(draw: Any) -> list[list[Row]]:
    """Files 1 to n, each with at most one operation of a kind per `sk`, of any mixture."""
    files = []
    for sequence in range(1, draw(st.integers(1, 6)) + 1):
        chosen = draw(st.lists(st.tuples(OPERATIONS, SKS), max_size=6, unique=True))
        values = st.integers(0, 9)
        files.append([operation(op, sk, sequence, draw(values)) for op, sk in chosen])
    return files


def loads(files: list[list[Row]], cuts: list[int]) -> list[tuple[int, int]]:
    """First and last sequence of each load, cut after the given sequences."""
    ends = sorted({cut for cut in cuts if cut < len(files)} | {len(files)})
    return list(zip([1, *(end + 1 for end in ends)], ends, strict=False))


def load(lake: Lake, files: list[list[Row]], first: int, last: int, load_id: str) -> list[str]:
    """The batch that loads some of the files."""
    url = f"s3://bucket/{load_id}"
    chosen = {f"{sequence}": files[sequence - 1] for sequence in range(first, last + 1)}
    lake.files |= chosen
    lake.manifests[url] = list(chosen)
    plan = sql.Load(
        load_id=load_id,
        first=first,
        last=last,
        rows=sum(map(len, chosen.values())),
        columns=COLUMNS,
        manifest_url=url,
        copy_role_arn=ROLE,
    )
    return sql.load(TABLE, plan)


def warehouse(lake: Lake) -> Warehouse:
    made = Warehouse(lake)
    made.run(schema_sql.prepare(TABLE, 0))
    made.run(schema_sql.shape(TABLE, NONE, SHAPE, "made", 0))
    return made


@settings(max_examples=50, deadline=None)
@given(files=histories(), cuts=st.lists(st.integers(1, 6)))
def test_any_grouping_gives_the_same_table(files: list[list[Row]], cuts: list[int]) -> None:
    lake = Lake()
    there = warehouse(lake)
    for first, last in loads(files, cuts):
        there.run(load(lake, files, first, last, f"load{first}"))
    assert there.table() == apply_in_order(files)


def test_open_and_close_of_one_sk_in_one_load() -> None:
    files = [[operation("open", "a", 1, 3)], [operation("close", "a", 2, 3)]]
    lake = Lake()
    there = warehouse(lake)
    there.run(load(lake, files, 1, 2, "both"))
    (row,) = there.table().values()
    assert (row["is_current"], row["summary"], row["sequence"]) == (False, "it's 3", 2)


def test_removed_and_opened_again_in_one_load() -> None:
    files = [
        [operation("open", "a", 1, 3)],
        [operation("remove", "a", 2, 0)],
        [operation("open", "a", 3, 5)],
    ]
    lake = Lake()
    there = warehouse(lake)
    there.run(load(lake, files, 1, 3, "all"))
    (row,) = there.table().values()
    assert (row["is_current"], row["summary"]) == (True, "it's 5")


def test_the_guard_stops_a_second_load_of_the_same_commits() -> None:
    files = [[operation("open", "a", 1, 3)]]
    lake = Lake()
    there = warehouse(lake)
    there.run(load(lake, files, 1, 1, "once"))
    with pytest.raises(BatchFailed, match="Divide by zero"):
        there.run(load(lake, files, 1, 1, "twice"))
    assert len(there.table()) == 1


def test_the_guard_stops_a_load_that_leaves_a_gap() -> None:
    files = [[operation("open", "a", 1, 3)], [operation("open", "b", 2, 3)]]
    lake = Lake()
    there = warehouse(lake)
    with pytest.raises(BatchFailed, match="Divide by zero"):
        there.run(load(lake, files, 2, 2, "early"))
    assert there.table() == {}


def test_a_file_with_other_rows_than_announced_is_not_loaded() -> None:
    files = [[operation("open", "a", 1, 3)]]
    lake = Lake()
    there = warehouse(lake)
    batch = load(lake, files, 1, 1, "short")
    lake.files["1"] = []
    with pytest.raises(BatchFailed, match="Divide by zero"):
        there.run(batch)
    assert there.table() == {}


@pytest.mark.parametrize("paused_after", range(1, 9))
def test_of_two_loads_at_the_same_time_one_commits(paused_after: int) -> None:
    # Both pass the guard: neither sees the other. Only the ledger row they share stops one.
    files = [[operation("open", "a", 1, 3)]]
    lake = Lake()
    there = warehouse(lake)
    one, two = there.session(), there.session()
    slow = load(lake, files, 1, 1, "slow")
    one.execute("BEGIN")
    for text in slow[:paused_after]:
        there.execute(one, text)
    two.execute("BEGIN")
    survivors = 0
    for session, batch in ((two, load(lake, files, 1, 1, "fast")), (one, slow[paused_after:])):
        try:
            for text in batch:
                there.execute(session, text)
            session.execute("COMMIT")
            survivors += 1
        except duckdb.Error:
            session.execute("ROLLBACK")
    assert survivors == 1
    assert len(there.table()) == 1
    ledger = there.query(f'SELECT * FROM "{TABLE.tenant_id}".load_ledger WHERE last_sequence > 0')
    assert len(ledger) == 1


def test_a_table_that_grows_keeps_its_rows_and_its_view() -> None:
    lake = Lake()
    there = warehouse(lake)
    there.run(load(lake, [[operation("open", "a", 1, 3)]], 1, 1, "before"))
    wider = (*WAREHOUSE_COLUMNS, COLUMNS[1].model_copy(update={"name": "severity"}))
    reads = there.run(schema_sql.shape(TABLE, SHAPE, replace(SHAPE, columns=wider), "wider", 1))
    assert reads[schema_sql.READ_COLUMNS][-1] == ("severity", "varchar(32)", False)
    assert len(reads[schema_sql.READ_COLUMNS]) == len(wider)
    ((sequence, all_rows, new_rows, loaded_at, set_aside),) = reads[schema_sql.READ_POSITION]
    assert (sequence, all_rows, new_rows, set_aside) == (1, 1, 0, 0)
    assert isinstance(loaded_at, int)
    (row,) = there.query(f'SELECT * FROM "{TABLE.tenant_id}".tickets_current')
    assert (row["sk"], row["severity"]) == ("a", None)


def test_shaping_twice_fails_and_changes_nothing() -> None:
    there = warehouse(Lake())
    with pytest.raises(BatchFailed, match="already exists"):
        there.run(schema_sql.shape(TABLE, NONE, SHAPE, "again", 0))
    reads = there.run(schema_sql.prepare(TABLE, 0))
    assert len(reads[schema_sql.READ_COLUMNS]) == len(WAREHOUSE_COLUMNS)
