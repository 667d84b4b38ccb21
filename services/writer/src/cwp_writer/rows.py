"""From a page body to rows."""

from typing import Any, cast

import msgspec

from cwp_shared.page_body import lenient_json

Row = dict[str, Any]

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
