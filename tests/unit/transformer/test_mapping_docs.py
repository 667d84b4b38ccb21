"""docs/mappings.md says what the language does; here it is held to it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cwp_shared.mapping_files import parse_mapping
from cwp_transformer.facts import read_facts
from cwp_transformer.raw_file import read_raw
from tests.unit.transformer.fakes import TENANT, raw_body, ticket

KEY = "acme/raw/connectwise/service_tickets/20260101T000000000000Z.parquet"
TEXT = (Path(__file__).resolve().parents[3] / "docs" / "mappings.md").read_text("utf-8")
BLOCKS = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]
EXAMPLES = [block for block in BLOCKS if "record" in block]


def flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """A record as the writer puts it into a raw file: objects flattened, lists as JSON."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}__")
        else:
            found[prefix + name] = json.dumps(value) if isinstance(value, list) else value
    return found


def plain(value: Any) -> Any:
    """A typed value as JSON can say it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def outcome(column: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    key = {"name": "ticket_id", "type": "bigint", "from": "id"}
    mapping = parse_mapping(
        json.dumps(
            {
                "table": "tickets",
                "source": "service_tickets",
                "version": 1,
                "key": ["ticket_id"],
                "updated_at": "_info/lastUpdated",
                "columns": [key, column],
            }
        ),
        "tickets.json",
    )
    body = raw_body([ticket(1, 10) | {"summary": None} | flat(record)])
    rows, rejected = read_facts(read_raw(body, KEY, mapping), KEY, TENANT, mapping)
    if len(rejected):
        return {"quarantined": rejected["reason"][0].as_py()}
    return {"gives": plain(rows["v1"][0].as_py())}


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=[f"{e['column']['name']}-{n}" for n, e in enumerate(EXAMPLES)]
)
def test_an_example_does_what_it_says(example: dict[str, Any]) -> None:
    said = {name: example[name] for name in ("gives", "quarantined") if name in example}
    assert outcome(example["column"], example["record"]) == said


def test_every_making_has_an_example() -> None:
    made = {name for e in EXAMPLES for name in e["column"]}
    assert made >= {"from", "custom_field", "first_of", "constant", "values", "as_set", "too_long"}


def test_the_file_that_the_docs_show_is_a_mapping() -> None:
    (shown,) = (block for block in BLOCKS if "columns" in block)
    assert parse_mapping(json.dumps(shown), "tickets.json").table == "tickets"
