"""What the warehouse must hold, computed straight from the sandbox's rows and the mapping files.

Written apart from the transformer on purpose: values are followed from the API's JSON by the
mapping's paths and compared in one plain form.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import requests

from cwp_local.sandbox.models import CompanyAccess
from cwp_shared.tables import SourceTable, source_tables

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"

Row = dict[str, Any]


def mappings() -> dict[str, Row]:
    """Canonical table to mapping."""
    files = (path for path in MAPPINGS.glob("*.json") if path.name != "mapping.schema.json")
    return {mapping["table"]: mapping for mapping in (json.loads(f.read_text()) for f in files)}


def source_rows(access: CompanyAccess, table: SourceTable) -> Iterator[Row]:
    """Every row of a source table, over the API; of a nested one under each of its parents."""
    if table.parent is None:
        yield from api_rows(access, table.path)
        return
    for parent in api_rows(access, source_tables()[table.parent.table].path):
        yield from api_rows(access, table.path.replace("{id}", str(parent["id"])))


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
    """The mapped columns of an API row, in plain form, and what is noted of those that were cut."""
    found: Row = {}
    notes = []
    for column in mapping["columns"]:
        value = plain(first(row, column.get("first_of") or [column["from"]]), column)
        found[column["name"]] = kept = cut(value, column)
        if kept != value:
            size = len(value.encode())
            notes.append({"column": column["name"], "rule": "cut", "bytes": size})
    return found | {"load_notes": notes}


def cut(value: Any, column: Row) -> Any:
    """What the warehouse has of a text that is too long, if the mapping says so."""
    if column.get("too_long") != "cut" or value is None:
        return value
    size = int(column["type"].removeprefix("varchar(").removesuffix(")"))
    return value.encode()[:size].decode(errors="ignore")


def loaded_row(mapping: Row, row: Row) -> Row:
    """A warehouse row in the form of `expected_row`."""
    found = {column["name"]: plain(row[column["name"]], column) for column in mapping["columns"]}
    return found | {"load_notes": json.loads(row["load_notes"] or "[]")}


def first(row: Row, paths: list[str]) -> Any:
    """The first value at one of the paths."""
    found = (follow(row, path) for path in paths)
    return next((value for value in found if value is not None), None)


def follow(value: Any, path: str) -> Any:
    """The value at a path such as `company/id`; None where it ends early."""
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def plain(value: Any, column: Row) -> Any:
    """One form for a column's value, whether it comes from the API or from the warehouse."""
    kind = column["type"].partition("(")[0]
    if value is None or (kind in {"timestamp", "date"} and str(value) < "1801"):
        return None
    found = _FORMS.get(kind, lambda same: same)(value)
    return sorted(found, key=ordered) if column.get("as_set") else found


def moment(value: Any) -> datetime:
    """A time, in UTC; one without a zone is."""
    found = datetime.fromisoformat(str(value))
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def ordered(item: Any) -> str:
    """Orders the items of a list whose order means nothing."""
    return json.dumps(item, sort_keys=True)


def without_links(value: Any) -> Any:
    """JSON as the warehouse keeps it: no nulls, no passwords, no links (they name the release)."""
    if isinstance(value, list):
        return [without_links(item) for item in value]
    if isinstance(value, dict):
        kept = {
            name: without_links(item)
            for name, item in value.items()
            if item is not None and not name.endswith("_href") and not is_password(value, name)
        }
        return {name: item for name, item in kept.items() if name != "_info" or item}
    return value.replace("\0", "") if isinstance(value, str) else value


def is_password(item: Row, name: str) -> bool:
    """Whether a field of a custom field, or of a configuration's question, is its secret."""
    return (item.get("type"), name) == ("Password", "value") or (
        (item.get("fieldType"), name) == ("Password", "answer")
    )


_FORMS: dict[str, Callable[[Any], Any]] = {
    # No warehouse takes a NUL.
    "varchar": lambda value: str(value).replace("\0", ""),
    "date": lambda value: date.fromisoformat(str(value)[:10]),
    "timestamp": moment,
    "super": lambda value: without_links(json.loads(value) if isinstance(value, str) else value),
    "decimal": lambda value: Decimal(str(value)).quantize(Decimal("0.0001"), ROUND_HALF_UP),
    "bigint": lambda value: Decimal(str(value)),
    "integer": lambda value: Decimal(str(value)),
    "double precision": lambda value: Decimal(str(value)),
}
