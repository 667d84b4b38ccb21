import json
from typing import Any

import pytest

from cwp_local.sandbox.projection import project, selection

ROW = {
    "id": 5,
    "summary": None,
    "company": {"id": 1, "name": "Acme", "_info": {"company_href": "x"}},
    "types": [{"id": 1, "name": "Primary"}, {"id": 2}],
    "companyLocation": {},
    "_info": {"lastUpdated": "2026-01-31T10:00:00Z", "updatedBy": "x"},
}


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
    cut = project(json.dumps(ROW).encode(), selection(fields))
    assert json.loads(cut) == expected
    assert [name for name in ROW if name in expected] == list(json.loads(cut))
