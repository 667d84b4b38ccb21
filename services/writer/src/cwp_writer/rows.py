"""From a page body to rows, without what must not be stored."""

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from cwp_shared.page_body import lenient_json

Row = dict[str, Any]
#: The names that lead to a field, in lower case.
FieldPath = tuple[str, ...]

_ROWS = msgspec.json.Decoder(list[Row])


def decode(body: bytes) -> list[Row]:
    """The rows of a page.

    Raises:
        ValueError: the body is no JSON array of objects.
    """
    try:
        return _ROWS.decode(body)
    except (ValueError, RecursionError):
        rows = lenient_json(body)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("not a JSON array of objects")
    return cast("list[Row]", rows)


def drop_fields(rows: Iterable[Row], paths: Iterable[str]) -> None:
    """Take sensitive fields out of the rows, in place.

    A path is one field name or several joined by `/`; it leads through objects and lists, and
    upper and lower case are the same, because a renamed secret is still one.
    """
    for names in field_paths(paths):
        for row in rows:
            drop(row, names)


def field_paths(paths: Iterable[str]) -> list[FieldPath]:
    """Paths as the names they lead through, in lower case."""
    return [tuple(path.lower().split("/")) for path in paths]


def drop(value: Any, names: FieldPath) -> None:
    """Take one field out of a value, in place."""
    if isinstance(value, list):
        for item in value:
            drop(item, names)
    elif isinstance(value, dict):
        for name in [name for name in value if name.lower() == names[0]]:
            if len(names) == 1:
                del value[name]
            else:
                drop(value[name], names[1:])
