"""`fields=id,company/name,_info`: rows cut down to the fields named."""

from typing import Any, TypeAlias

import msgspec

from cwp_local.sandbox.calls import Row, json_text

#: Lower-case names, each with what is wanted of its value; None is all of it.
Selection: TypeAlias = "dict[str, Selection | None]"


def selection(names: str) -> Selection:
    """What `fields` names, in any case."""
    wanted: Selection = {}
    for name in names.lower().split(","):
        _add(wanted, name.strip().split("/"))
    return wanted


def project(body: bytes, wanted: Selection) -> bytes:
    """The row with the wanted fields only, in the row's own order; unknown ones are ignored.

    `_info` is left out unless it is named, as live services do. A name may lead into references
    and into the elements of a list; what has nothing of the wanted is left out.
    """
    return json_text(_cut(msgspec.json.decode(body), wanted)).encode()


def _add(wanted: Selection, words: list[str]) -> None:
    *way, last = words
    for word in way:
        inner = wanted.setdefault(word, {})
        if inner is None:  # all of it is wanted already
            return
        wanted = inner
    wanted[last] = None


def _cut(row: Row, wanted: Selection) -> Row:
    cut: Row = {}
    for name, value in row.items():
        if name.lower() not in wanted:
            continue
        inner = wanted[name.lower()]
        if inner is None:
            cut[name] = value
        elif part := _cut_inside(value, inner):
            cut[name] = part
    return cut


def _cut_inside(value: Any, wanted: Selection) -> Any:
    if isinstance(value, list):
        return [part for each in value if (part := _cut_inside(each, wanted))]
    return _cut(value, wanted) if isinstance(value, dict) else None
