"""What the warehouse must hold, computed straight from the sandbox's rows and the mapping files.

Written apart from the transformer on purpose: values are followed from the API's JSON by the
mapping's paths and compared in one plain form.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from cwp_local.sandbox.models import CompanyAccess

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"

Row = dict[str, Any]


def mappings() -> dict[str, Row]:
    """Canonical table to mapping."""
    files = (path for path in MAPPINGS.glob("*.json") if path.name != "mapping.schema.json")
    return {mapping["table"]: mapping for mapping in (json.loads(f.read_text()) for f in files)}


def api_rows(access: CompanyAccess, path: str) -> Iterator[Row]:
    """Every row of a collection, over the API, page by page."""
    page = 1
    while True:
        answer = requests.get(
            f"{access.site}/v4_6_release/apis/3.0{path}",
            params={"page": str(page), "pageSize": "1000", "orderBy": "id asc"},
            auth=(
                f"{access.company}+{access.public_key.get_secret_value()}",
                access.private_key.get_secret_value(),
            ),
            headers={"clientId": access.client_id.get_secret_value()},
            timeout=30,
        )
        answer.raise_for_status()
        rows = answer.json()
        yield from rows
        if not rows:
            return
        page += 1


def expected_row(mapping: Row, row: Row) -> Row:
    """The mapped columns of an API row, in plain form."""
    return {
        column["name"]: plain(follow(row, column["from"]), column["type"])
        for column in mapping["columns"]
    }


def follow(value: Any, path: str) -> Any:
    """The value at a path such as `company/id`; None where it ends early."""
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def plain(value: Any, column_type: str) -> Any:
    """One form for a value, whether it comes from the API or from the warehouse."""
    if value is None:
        return None
    kind = column_type.split("(", maxsplit=1)[0]
    if kind == "timestamp":
        moment = datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    if kind == "super":
        return without_links(json.loads(value) if isinstance(value, str) else value)
    if kind in {"decimal", "bigint", "integer", "double precision"}:
        return Decimal(str(value))
    return value


def without_links(value: Any) -> Any:
    """JSON as the warehouse keeps it: no nulls, no links (they name the server's release)."""
    if isinstance(value, list):
        return [without_links(item) for item in value]
    if isinstance(value, dict):
        kept = {
            name: without_links(item)
            for name, item in value.items()
            if item is not None and not name.endswith("_href")
        }
        return {name: item for name, item in kept.items() if name != "_info" or item}
    return value
