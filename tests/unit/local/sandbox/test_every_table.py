"""What holds for all collections alike; each test runs once per table."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cwp_local.sandbox.companies import Companies
from cwp_local.sandbox.pointing import parent_table, value_at
from cwp_local.sandbox.tables import DEPARTMENTS, MEMBERS, TABLES, Table
from tests.unit.local.sandbox.bodies import Row, collection, required_body, some_row
from tests.unit.local.sandbox.clients import Client, SteppingClock, content

every_table = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.id)
nested_tables = pytest.mark.parametrize(
    "table", [table for table in TABLES.values() if table.parent], ids=lambda table: table.id
)
#: All have some field that nobody asks for, but this one.
BIG_ENOUGH = [table for table in TABLES.values() if table is not DEPARTMENTS]
NOBODY = 999_999_999


@pytest.fixture(scope="module")
def used(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a company that these tests add rows to, and take their own away again."""
    directory = tmp_path_factory.mktemp("used")
    shutil.copytree(made, directory, dirs_exist_ok=True)
    companies = Companies(directory, clock := SteppingClock())
    yield Client(companies, companies.get("Acme"), clock)
    companies.close()


def created(client: Client, table: Table, text: str = "Made up") -> Row:
    body = required_body(client, table, text)
    answer = client.send("POST", collection(client, table), body=body)
    assert answer.status == 201, answer.body
    row: Row = content(answer)
    return row


@every_table
def test_lists_counts_and_rows_agree(still: Client, table: Table) -> None:
    path = collection(still, table)
    rows = still.rows(path, pageSize=1000)
    assert still.count(path) == len(rows) > 0
    assert content(still.get(f"{path}/{rows[-1]['id']}")) == rows[-1]


@every_table
def test_what_is_not_there(still: Client, table: Table) -> None:
    answer = still.get(f"{collection(still, table)}/{NOBODY}")
    assert answer.status == 404
    message = f"{table.noun} {NOBODY} not found"
    assert content(answer) == {"code": "NotFound", "message": message}


@every_table
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_writing_what_is_not_there(used: Client, table: Table, method: str) -> None:
    body = {"PUT": required_body(used, table, "x"), "PATCH": []}.get(method)
    answer = used.send(method, f"{collection(used, table)}/{NOBODY}", body=body)
    assert answer.status == (404 if method in table.methods else 405)


@every_table
@pytest.mark.parametrize(
    ("method", "place"), [("PUT", ""), ("DELETE", ""), ("POST", "/count"), ("POST", "/5")]
)
def test_methods_that_make_no_sense(used: Client, table: Table, method: str, place: str) -> None:
    answer = used.send(method, f"{collection(used, table)}{place}", body={})
    assert answer.status == 405
    assert method not in answer.headers["Allow"]


@every_table
def test_a_row_that_is_made_from_what_is_required(used: Client, table: Table) -> None:
    before = used.count(collection(used, table))
    body = required_body(used, table)
    row = created(used, table)
    path = f"{collection(used, table)}/{row['id']}"
    assert content(used.get(path)) == row
    for name, value in body.items():
        assert row[name].items() >= value.items() if isinstance(value, dict) else row[name] == value
    assert row["_info"]["updatedBy"] == "API"
    assert used.count(collection(used, table)) == before + 1
    used.send("DELETE", path)


@every_table
def test_what_is_required_is_asked_for_by_name(used: Client, table: Table) -> None:
    path = collection(used, table)
    before = used.count(path)
    answer = used.send("POST", path, body={})
    assert answer.status == 400
    said = content(answer)
    assert said["message"] == f"{table.resource} object is invalid"
    assert said["errors"] == [
        {
            "code": "MissingRequiredField",
            "message": f"The {name} field is required.",
            "resource": table.resource,
            "field": name,
        }
        for name in table.required
    ]
    assert used.count(path) == before


@every_table
def test_a_patch_changes_one_field_only(used: Client, table: Table) -> None:
    row = created(used, table, "Patched")
    path = f"{collection(used, table)}/{row['id']}"
    name = next(name for name in table.required if isinstance(row[name], str | dict | float))
    operation = {"op": "replace", "path": f"/{name}", "value": row[name]}
    used.clock.forward(seconds=5)
    later = content(used.send("PATCH", path, body=[operation]))
    assert {**later, "_info": {}} == {**row, "_info": {}}
    assert later["_info"]["lastUpdated"] > row["_info"].get("lastUpdated", "")
    used.send("DELETE", path)


@every_table
def test_what_is_required_cannot_be_taken_away(used: Client, table: Table) -> None:
    row = some_row(used, table)
    path = f"{collection(used, table)}/{row['id']}"
    operation = {"op": "remove", "path": table.required[0]}
    answer = used.send("PATCH", path, body=[operation])
    assert [error["code"] for error in content(answer)["errors"]] == ["MissingRequiredField"]
    assert content(used.get(path)) == row


@pytest.mark.parametrize("table", BIG_ENOUGH, ids=lambda table: table.id)
def test_a_put_leaves_only_what_it_says(used: Client, table: Table) -> None:
    row = created(used, table, "Replaced")
    path = f"{collection(used, table)}/{row['id']}"
    extra = next(
        name
        for name, type_text in table.entity.types.items()
        if type_text.startswith(("string", "bool", "double"))
        and name not in (*table.required, *table.kept, "id")
    )
    value = {"s": "Other", "b": True, "d": 3.5}[table.entity.types[extra][0]]
    body = {**required_body(used, table, "Replaced"), extra: value}
    assert content(used.send("PUT", path, body=body))[extra] == value
    bare = content(used.send("PUT", path, body=required_body(used, table, "Replaced")))
    assert extra not in bare
    assert set(table.kept) & set(row) <= set(bare)
    assert bare["id"] == row["id"]
    assert bare["_info"].get("dateEntered") == row["_info"].get("dateEntered")
    used.send("DELETE", path)


@every_table
def test_a_row_that_nothing_needs_can_be_deleted(used: Client, table: Table) -> None:
    row = created(used, table, "Deleted")
    path = f"{collection(used, table)}/{row['id']}"
    answer = used.send("DELETE", path)
    if table is MEMBERS:
        assert answer.status == 405
        return
    assert (answer.status, answer.body) == (204, b"")
    assert used.get(path).status == 404


@every_table
def test_wrong_types_are_named(used: Client, table: Table) -> None:
    wrong = next(name for name in table.entity.types if name not in ("id", "_info"))
    body = {**required_body(used, table, "Wrong"), wrong: [1]}
    answer = used.send("POST", collection(used, table), body=body)
    errors = content(answer)["errors"]
    assert [(error["code"], error["field"]) for error in errors] == [("InvalidField", wrong)]


@nested_tables
def test_nested_rows_are_found_under_their_own_parent_only(still: Client, table: Table) -> None:
    row, owner = some_row(still, table), parent_table(table)
    assert owner
    assert table.parent
    mine = value_at(row, table.parent.link)
    other = next(
        each
        for each in still.ids(owner.path, orderBy="id")
        if each != mine and still.count(table.path.replace("{id}", str(each)))
    )
    under_other = table.path.replace("{id}", str(other))
    assert row["id"] not in still.ids(under_other)
    assert still.get(f"{under_other}/{row['id']}").status == 404
    patched = still.send("PATCH", f"{under_other}/{row['id']}", body=[])
    assert patched.status == 404


@nested_tables
@pytest.mark.parametrize(
    ("method", "place"),
    [("GET", ""), ("GET", "/count"), ("GET", "/1"), ("POST", ""), ("DELETE", "/1")],
)
def test_nothing_is_found_under_a_parent_that_is_not_there(
    still: Client, table: Table, method: str, place: str
) -> None:
    owner = parent_table(table)
    assert owner
    path = table.path.replace("{id}", str(NOBODY))
    answer = still.send(method, f"{path}{place}", body={})
    assert answer.status == 404
    message = f"{owner.noun} {NOBODY} not found"
    assert content(answer) == {"code": "NotFound", "message": message}


@nested_tables
def test_a_nested_row_cannot_move_to_another_parent(used: Client, table: Table) -> None:
    assert table.parent
    field, _, _ = table.parent.link.partition("/")
    row = some_row(used, table)
    path = f"{collection(used, table)}/{row['id']}"
    answer = used.send("PATCH", path, body=[{"op": "replace", "path": field, "value": 1}])
    assert answer.status == 400
