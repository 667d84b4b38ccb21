"""docs/lake.md: what a reader of the lake alone gets is the history."""

import re
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot

from cwp_ops.children_view import children_of, create
from tests.unit.transformer.fakes import TICKETS, Crash, World, moment, ticket
from tests.unit.transformer.test_committing import CITY, changed
from tests.unit.transformer.test_more_cases import CASES, Gone, Seen

DOCS = (Path(__file__).resolve().parents[3] / "docs/lake.md").read_text("utf-8")


def statements(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)


@pytest.fixture
def world() -> World:
    """Late rows, removed versions, a delete, a wider mapping, and a file that nobody committed."""
    made = World()
    made.take([ticket(1, 10, summary="a"), ticket(2, 10), ticket(3, 10)], upper=40)
    made.take([ticket(1, 30, summary="c"), ticket(2, 20, summary="b")], upper=50, run_id="run-2")
    made.take([ticket(1, 20, summary="b"), ticket(2, 20)], upper=60, run_id="run-3")
    # A version that was closed is replaced in place and ends earlier; another loses its end.
    made.take([ticket(6, 10), ticket(7, 10), ticket(7, 20, summary="b")], upper=25)
    made.take([ticket(6, 30, summary="c")], upper=35)
    made.take([ticket(6, 10, summary="b"), ticket(6, 20), ticket(7, 20)], upper=40)
    made.lose((3, 70))
    made.mappings = World(changed(2, CITY)).mappings
    made.take([ticket(5, 10, city="Graz"), ticket(1, 35, city="Linz")], upper=80, run_id="run-4")
    key = made.land([ticket(1, 15, summary="never"), ticket(4, 10)], run_id="run-5")
    made.fate.step = "before commit"
    with pytest.raises(Crash):
        made.deliver(key)
    return made


def lake_folder(world: World, folder: Path) -> None:
    for key, body in world.lake.objects.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


def rows(connection: duckdb.DuckDBPyConnection, view: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        connection.sql(f"SELECT * FROM {view} ORDER BY ticket_id, effective_from")
        .to_arrow_table()
        .to_pylist()
    )
    return found


def test_the_view_for_duckdb_is_the_history_and_knows_no_uncommitted_file(
    world: World, tmp_path: Path
) -> None:
    lake_folder(world, tmp_path)
    assert len(list(tmp_path.glob("acme/canonical/tickets/*"))) > len(world.canonical_files())
    (view,) = statements("sql")
    with duckdb.connect() as connection:
        connection.execute(view.replace("s3://BUCKET", str(tmp_path)))
        assert rows(connection, "tickets") == world.history()


def test_the_items_of_a_list_can_be_shown_from_the_lake_alone(tmp_path: Path) -> None:
    world = World()
    gold, lead = '{"id": 5, "value": "gold"}', '{"id": 5, "value": "lead"}'
    world.take([ticket(1, 10, customFields=f"[{gold}]"), ticket(1, 20, customFields=f"[{lead}]")])
    lake_folder(world, tmp_path)
    (view,) = statements("sql")
    in_schema = view.replace("CREATE VIEW tickets", "CREATE SCHEMA acme; CREATE VIEW acme.tickets")
    with duckdb.connect() as connection:
        connection.execute(in_schema.replace("s3://BUCKET", str(tmp_path)))
        connection.execute(create(children_of(TICKETS, "custom_fields"), "acme", "duckdb"))
        found = rows(connection, "acme.tickets_custom_fields")
    shown = [(row["custom_field_value"], row["effective_from"]) for row in found]
    assert shown == [("gold", moment(10)), ("lead", moment(20))]


def test_the_view_for_athena_is_the_history_once_translated(world: World, tmp_path: Path) -> None:
    lake_folder(world, tmp_path)
    table, view = statements("athena")
    assert isinstance(sqlglot.parse_one(table, dialect="athena"), sqlglot.exp.Create)
    translated = sqlglot.transpile(view, read="athena", write="duckdb")[0]
    files = [c.canonical.key for c in world.commits() if c.canonical]
    listed = ", ".join(f"'{tmp_path / key}'" for key in files)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW acme_tickets_operations AS FROM read_parquet([{listed}])")
        connection.execute(translated)
        found = rows(connection, "acme_tickets")
    assert found == [{name: row[name] for name in found[0]} for row in world.history()]


#: The cases of one mapping; each has records 1 to 9.
SIDE_BY_SIDE = [case for case in CASES if case.mapping is TICKETS and not case.refused]


def as_records_of(number: int, file: Seen | Gone) -> Seen | Gone:
    """The file, about records of the case with this number."""
    if isinstance(file, Gone):
        return Gone(tuple((10 * number + one, since) for one, since in file.ids))
    return replace(file, rows=tuple(row | {"id": 10 * number + row["id"]} for row in file.rows))


def test_the_view_has_all_cases_side_by_side_as_each_has_them_alone(tmp_path: Path) -> None:
    world = World()
    # The first files of all cases are one batch, then the second ones, and so on.
    for place, files in enumerate(zip_longest(*(case.files for case in SIDE_BY_SIDE))):
        there = [as_records_of(number, file) for number, file in enumerate(files) if file]
        assert world.deliver(*(world.land(file.body(place)) for file in there)) == {}
    lake_folder(world, tmp_path)
    with duckdb.connect() as connection:
        connection.execute(statements("sql")[0].replace("s3://BUCKET", str(tmp_path)))
        found = rows(connection, "tickets")
    assert found == world.history()
    for number, case in enumerate(SIDE_BY_SIDE):
        versions = [
            (row[case.column], row["effective_from"], row["effective_to"])
            for row in found
            if row["ticket_id"] // 10 == number
        ]
        expected = [
            (value, moment(start), None if end is None else moment(end))
            for value, start, end in case.versions
        ]
        assert versions == expected, case.name
