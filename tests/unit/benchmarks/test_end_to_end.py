from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from benchmarks.common.contest import Taken
from benchmarks.common.tenant import TABLES, NotAsItMustBeError
from benchmarks.end_to_end.__main__ import OURS, Runs
from benchmarks.end_to_end.check import TEXTS, check, in_dlt, in_warehouse

ROOT = Path(__file__).parents[3]

ROWS = {table: [(1, 100, "a", "b", None), (2, 100, "c", None, "d")] for table in TABLES}
CLOSED = {table: [2] for table in TABLES}


def held() -> dict[str, tuple[list[tuple[object, ...]], list[int]]]:
    return {table: (list(reversed(ROWS[table])), [2]) for table in TABLES}


def test_a_warehouse_that_holds_what_the_sandbox_does_is_right() -> None:
    check(held(), ROWS, CLOSED)


@pytest.mark.parametrize(
    "wrong",
    [
        [ROWS["time_entries"][0]],
        [*ROWS["time_entries"], ROWS["time_entries"][0]],
        [ROWS["time_entries"][0], (2, 100, "c", None, "e")],
        [ROWS["time_entries"][0], (2, 101, "c", None, "d")],
    ],
    ids=["a row is missing", "a row is there twice", "another value", "another time"],
)
def test_current_rows_that_are_not_the_sandboxs_are_found(wrong: list[tuple[object, ...]]) -> None:
    found = held() | {"time_entries": (wrong, [2])}
    with pytest.raises(NotAsItMustBeError, match=r"time_entries: . current rows"):
        check(found, ROWS, CLOSED)


@pytest.mark.parametrize("ended", [[], [1], [2, 2]])
def test_a_version_that_was_not_closed_or_wrongly_is_found(ended: list[int]) -> None:
    found = held() | {"company_contacts": (ROWS["company_contacts"], ended)}
    with pytest.raises(NotAsItMustBeError, match=r"company_contacts: .* closed instead of 1"):
        check(found, ROWS, CLOSED)


def test_what_dlt_stored_is_read_by_the_names_that_it_gives(tmp_path: Path) -> None:
    database = tmp_path / "warehouse.duckdb"
    names = {
        "service_tickets": ("summary", "status__name", "company__name"),
        "time_entries": ("member__identifier", "work_type__name", "billable_option"),
        "company_companies": ("name", "status__name", "city"),
        "company_contacts": ("first_name", "last_name", "company__name"),
    }
    with duckdb.connect(str(database)) as connection:
        connection.execute("CREATE SCHEMA bench")
        for table in TEXTS:
            columns = ", ".join(f"'{name}' AS {name}" for name in names[table])
            connection.execute(
                f"CREATE TABLE bench.{table} AS SELECT unnest([7, 7]) AS id, {columns}, "
                "TIMESTAMPTZ '1970-01-01 00:01:40+00' AS _info__last_updated, "
                "unnest([NULL, TIMESTAMPTZ '1970-01-02 00:00:00+00']) AS _dlt_valid_to"
            )
    assert in_dlt(database) == {table: ([(7, 100, *names[table])], [7]) for table in TEXTS}


def test_what_the_pipeline_loaded_is_read_by_the_names_of_the_mappings() -> None:
    names = {
        "tickets": ("ticket_id", "summary", "status_name", "company_name"),
        "time_entries": ("time_entry_id", "member_identifier", "work_type_name", "billable_option"),
        "companies": ("company_id", "company_name", "status_name", "city"),
        "contacts": ("contact_id", "first_name", "last_name", "company_name"),
    }
    with duckdb.connect() as connection:
        connection.execute('CREATE SCHEMA "bench0"')
        for table, (key, *texts) in names.items():
            columns = ", ".join(f"'{name}' AS {name}" for name in texts)
            connection.execute(
                f"CREATE TABLE bench0.{table} AS SELECT unnest([7, 8]) AS {key}, {columns}, "
                "TIMESTAMP '1970-01-01 00:01:40' AS source_updated_at, "
                "unnest([true, false]) AS is_current"
            )
        warehouse = SimpleNamespace(
            query=lambda sql: SimpleNamespace(rows=connection.sql(sql).fetchall())
        )
        operator: Any = SimpleNamespace(root=ROOT, cloud=SimpleNamespace(warehouse=warehouse))
        found = in_warehouse(operator, "bench0")
    assert found == {
        table: ([(7, 100, *texts)], [8])
        for table, (_, *texts) in zip(TABLES, names.values(), strict=True)
    }


def test_the_stages_that_are_told_are_those_of_the_median_run() -> None:
    runs = Runs(told=["slow", "fast", "median"])
    runs.taken[OURS] = [Taken(seconds, 0, 0) for seconds in (9, 1, 5)]
    assert runs.told_of_median == "median"
