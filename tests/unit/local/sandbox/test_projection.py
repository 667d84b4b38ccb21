import json
from typing import Any

import pytest

from cwp_local.sandbox.calls import json_text
from cwp_local.sandbox.projection import projection
from cwp_local.sandbox.tables import CONTACTS, TABLES, Table
from tests.unit.local.sandbox.made_up import made_up_rows

ROW = {
    "id": 5,
    "summary": None,
    "company": {"id": 1, "name": "Acme", "_info": {"company_href": "x"}},
    "types": [{"id": 1, "name": "Primary"}, {"id": 2}],
    "companyLocation": {},
    "_info": {"lastUpdated": "2026-01-31T10:00:00Z", "updatedBy": "x"},
}

ROWS = list(made_up_rows())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("id", {"id": 5}),
        ("_info,id", {"id": 5, "_info": ROW["_info"]}),
        ("_info/lastUpdated", {"_info": {"lastUpdated": "2026-01-31T10:00:00Z"}}),
        ("summary", {"summary": None}),
        ("ID, Company/NAME", {"id": 5, "company": {"name": "Acme"}}),
        ("company/id,company/name", {"company": {"id": 1, "name": "Acme"}}),
        ("company,company/name", {"company": ROW["company"]}),
        ("company/name,company", {"company": ROW["company"]}),
        ("types/name", {"types": [{"name": "Primary"}]}),
        ("companyLocation", {"companyLocation": {}}),
        ("nonsense,company/nonsense,id/x,types/x", {}),
        (",", {}),
        ("company/", {}),
        ("a/" * 5000, {}),
    ],
)
def test_rows_are_cut_to_the_fields_named(fields: str, expected: dict[str, Any]) -> None:
    """Also where a name is one that no row has, or only a row of its own kind."""
    for named in (fields, f"{fields},ownField"):
        cut = projection(CONTACTS, named)(json.dumps(ROW).encode())
        assert json.loads(cut) == expected
        assert [name for name in ROW if name in expected] == list(json.loads(cut))


def test_a_field_that_only_this_row_has_can_be_named() -> None:
    row = {"ownField": [1], "id": 5}
    assert projection(CONTACTS, "OwnField")(json.dumps(row).encode()) == b'{"ownField":[1]}'


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_all_fields_of_any_row_give_the_row_as_it_is(table: Table) -> None:
    """Explicit nulls included, and in whatever order its fields are."""
    cut = projection(table, ",".join((*table.entity.types, "_info")))
    rows = [row for owner, row in ROWS if owner is table]
    rows += [dict.fromkeys(table.entity.types), dict(reversed(rows[0].items()))]
    bodies = [json_text(row).encode() for row in rows]
    assert [cut(body) for body in bodies] == bodies
