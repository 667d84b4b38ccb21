"""A page without what must not be stored (`cwp_shared.sensitive`).

A body that has nothing of it stays as it is, and to see that costs a search for a few bytes. Of one
that has, only the lists and objects on the way to it are put together anew: every other value
keeps its spelling, byte for byte.
"""

import json
from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from cwp_shared.page_body import lenient_json
from cwp_shared.sensitive import (
    FieldPath,
    drop_sensitive,
    field_paths,
    fields_to_drop,
    may_have_passwords,
    password_fields,
    paths_below,
)

_items: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_any: Final = msgspec.json.decode
_encode: Final = msgspec.json.encode


def without_sensitive(body: bytes, sensitive_fields: Iterable[str]) -> bytes:
    """The rows of a page (a JSON array) without what is sensitive in them.

    Args:
        body: the page.
        sensitive_fields: as tables.json names them.

    Raises:
        ValueError: it is no such page, and may have something sensitive.
    """
    fields = tuple(sensitive_fields)
    paths = field_paths(fields)
    if not _may_have_any(body, paths):
        return body
    try:
        rows = _texts(_items(body))
        if any(row[:1] != b"{" for row in rows):
            raise ValueError("a row is no object")  # noqa: TRY301 - as the decoder would say it
        return _joined(rows, [_cut(row, paths, in_list=False) for row in rows], body)
    except (ValueError, RecursionError):
        return _leniently(body, fields)


def _leniently(body: bytes, fields: Iterable[str]) -> bytes:
    rows = lenient_json(body)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("not a JSON array of objects")
    drop_sensitive(rows, fields)
    return json.dumps(rows).encode()


def _may_have_any(text: bytes, paths: Collection[FieldPath]) -> bool:
    if may_have_passwords(text):
        return True
    lower = text.lower() if paths else b""
    return any(path[-1].encode() in lower for path in paths)


def _cut(text: bytes, paths: Collection[FieldPath], *, in_list: bool) -> bytes:
    """A value without what is sensitive in it."""
    first = text[:1]
    if first not in (b"[", b"{") or not _may_have_any(text, paths):
        return text
    if first == b"[":
        items = _texts(_items(text))
        return _joined(items, [_cut(item, paths, in_list=True) for item in items], text)
    members = _members(text)
    dropped = fields_to_drop(members, paths)
    if in_list:
        dropped |= password_fields(_said(members))
    kept = {
        name: msgspec.Raw(_cut(bytes(raw), paths_below(name, paths), in_list=in_list))
        for name, raw in members.items()
        if name not in dropped
    }
    return text if kept == members else _encode(kept)


def _said(members: dict[str, msgspec.Raw]) -> dict[str, object]:
    """Members with the texts among their values decoded."""
    return {name: _any(raw) if bytes(raw)[:1] == b'"' else None for name, raw in members.items()}


def _joined(items: list[bytes], cut: list[bytes], text: bytes) -> bytes:
    """The array `text` of `items` once they are `cut`."""
    return text if cut == items else _encode([msgspec.Raw(item) for item in cut])


def _texts(raws: Iterable[msgspec.Raw]) -> list[bytes]:
    return [bytes(raw) for raw in raws]
