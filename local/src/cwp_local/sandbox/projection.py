"""`fields=id,company/name,_info`: rows cut down to the fields named."""

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import Table

#: Lower-case names, each with what is wanted of its value; None is all of it.
Selection: TypeAlias = "dict[str, Selection | None]"

_INFO = "_info"
_NOTHING: Selection = {}
_encode = msgspec.json.Encoder().encode


def projection(table: Table, fields: str) -> Callable[[bytes], bytes]:
    """What cuts rows of `table` to what `fields` names, in any case and in the row's own order.

    `_info` is left out unless it is named, as live services do; unknown names are ignored. A name
    may lead into references and into the elements of a list; what has nothing of the wanted is
    left out. Not for several threads at once.
    """
    wanted = _selection(fields)
    spelled = {name.lower(): name for name in (*table.entity.types, _INFO)}
    if wanted.keys() <= spelled.keys():
        read = _reader([spelled[name] for name in wanted])
    else:  # a row may have been given a field of its own over the control endpoint
        read = msgspec.json.decode
    return lambda body: _encode(_cut(read(body), wanted))


def _reader(names: list[str]) -> Callable[[bytes], Row]:
    """Reads only these fields of a row, in the order that the row has them in.

    A row has some ninety fields; making Python objects of all of them takes four times as long.
    msgspec passes over fields that a type does not have, and calls its hook for values of unknown
    classes as it meets them; so each field is of a class of its own.
    """
    met: Row = {}
    classes = {type(name, (), {}): name for name in names}
    values = {each: each() for each in classes}

    def keep(kind: type, value: Any) -> Any:
        met[classes[kind]] = value
        return values[kind]

    row = msgspec.defstruct("Row", [(name, kind, None) for kind, name in classes.items()])
    decode = msgspec.json.Decoder(row, dec_hook=keep).decode

    def read(body: bytes) -> Row:
        met.clear()
        decode(body)
        return met

    return read


def _selection(fields: str) -> Selection:
    wanted: Selection = {}
    for name in fields.lower().split(","):
        _add(wanted, name.strip().split("/"))
    return wanted


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
        inner = wanted.get(name.lower(), _NOTHING)
        if inner is None:
            cut[name] = value
        elif inner and (part := _cut_inside(value, inner)):
            cut[name] = part
    return cut


def _cut_inside(value: Any, wanted: Selection) -> Any:
    if isinstance(value, dict):
        return _cut(value, wanted)
    if isinstance(value, list):
        return [part for each in value if (part := _cut_inside(each, wanted))]
    return None
