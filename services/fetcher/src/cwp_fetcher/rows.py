"""Bodies of pages: the ids in them, whether they are a page, and several made into one."""

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import msgspec

from cwp_shared.connectwise.failures import BadAnswer
from cwp_shared.page_body import lenient_json

#: Text is checked in pieces of this size, so that no copy of a whole body is made.
_PIECE: Final = 256 * 1024


class _Row(msgspec.Struct):
    id: int


_ROWS = msgspec.json.Decoder(list[_Row])


@dataclass(frozen=True)
class Rows:
    """A JSON array of rows as received, and their ids, which rise strictly."""

    body: bytes
    ids: list[int]


def read_ids(body: bytes, what: str) -> list[int]:
    """The `id` of every row, in the body's order; nothing else of a row is decoded.

    Raises:
        BadAnswer: no JSON array of objects that each have an integer id.
    """
    try:
        # Skipped values are not decoded: bytes that no reader could take would pass unseen.
        _check_text(body)
        return [row.id for row in _ROWS.decode(body)]
    except (ValueError, RecursionError) as strict:
        return _read_leniently(body, what, str(strict))


def check_rows(body: bytes, what: str, after_id: int, high_id: int | None, size: int) -> Rows:
    """The rows of a page, if they are what was asked for.

    Raises:
        BadAnswer: no page at all, or ids that do not rise strictly, are not in
            (after_id, high_id], or are too many.
    """
    ids = read_ids(body, what)
    if fault := _fault(ids, after_id, high_id, size):
        raise BadAnswer(f"{what}: {fault}", body)
    return Rows(body, ids)


def one_array(bodies: Iterable[bytes]) -> bytes:
    """The rows of several JSON arrays in one, each byte for byte as it was."""
    pieces: list[bytes | memoryview] = []
    for part in map(_inside, bodies):
        if part:
            pieces += [b"," if pieces else b"[", part]
    return b"".join([*pieces, b"]"]) if pieces else b"[]"


def _inside(body: bytes) -> memoryview:
    """What is between the brackets of a JSON array, without a copy."""
    start, end = body.index(b"[") + 1, body.rindex(b"]")
    while start < end and body[start : start + 1].isspace():
        start += 1
    return memoryview(body)[start:end]


def _check_text(body: bytes) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(body)
    for start in range(0, len(body), _PIECE):
        decoder.decode(view[start : start + _PIECE])
    decoder.decode(b"", final=True)


def _read_leniently(body: bytes, what: str, fault: str) -> list[int]:
    try:
        rows: Any = lenient_json(body)
        ids = msgspec.convert(rows, list[_Row])
    except ValueError:
        raise BadAnswer(f"{what}: not a page of rows with ids: {fault}", body) from None
    return [row.id for row in ids]


def _fault(ids: list[int], after_id: int, high_id: int | None, size: int) -> str | None:
    if len(ids) > size:
        return f"{len(ids)} rows where {size} were asked for"
    for before, after in pairwise(ids):
        if after <= before:
            return f"ids do not rise: {after} comes after {before}"
    if ids and ids[0] <= after_id:
        return f"id {ids[0]} is not above {after_id}"
    if ids and high_id is not None and ids[-1] > high_id:
        return f"id {ids[-1]} is above {high_id}"
    return None
