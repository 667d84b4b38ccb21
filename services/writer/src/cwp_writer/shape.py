"""The fast way from a page's bytes to columns: by shape, without a Python object per value.

The objects at one place of a table's rows (the rows themselves, their `company`, its `_info`) have
the same few fields again and again. A `Shape` remembers which, and keeps a decoder made to measure:
one slot per field, text and booleans typed, objects and lists left as raw bytes. References repeat
a lot from row to row (a page of tickets has five boards): of equal bytes only one is decoded, by
the shape of its own place.

What comes out is what `flatten` makes of the same rows, always; what does not fit a shape even
after it was learned anew raises `ValueError`, and the caller goes row by row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
import pyarrow as pa

from cwp_writer.columns import Chunks, chunk
from cwp_writer.flatten import SEPARATOR, Path, below
from cwp_writer.rows import FieldPath, drop

_NULL: Final = msgspec.Raw(b"null")
#: Stands between raw values: a byte that is in no UTF-8, hence in no JSON.
_EDGE: Final = b"\xff"

_raw_rows = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_values = msgspec.json.Decoder(list[Any]).decode
_encode = msgspec.json.encode
_slots = msgspec.structs.astuple

#: `raw`: objects and lists, at least sometimes; `any`: numbers, or a mixture without those two.
_Slot = Literal["text", "bool", "any", "raw"]
_TYPES: Final[dict[_Slot, Any]] = {
    "text": str | None,
    "bool": bool | None,
    "any": bool | int | float | str | None,
    "raw": msgspec.Raw,
}
_ONLY: Final[dict[_Slot, type]] = {"text": str, "bool": bool}


@dataclass(frozen=True)
class _Field:
    """A field of a shape. `sensitive` leads on to what is to be dropped inside of it."""

    slot: _Slot
    path: Path
    sensitive: tuple[FieldPath, ...]

    @property
    def is_dropped(self) -> bool:
        return () in self.sensitive


class Shape:
    """What objects at one place look like, learned from those seen.

    Args:
        path: the place.
        sensitive: fields to drop, from this place on.
    """

    def __init__(self, path: Path = (), sensitive: Iterable[FieldPath] = ()) -> None:
        self._path = path
        self._sensitive = tuple(sensitive)
        #: What the values of each field begin with.
        self._seen: dict[str, set[bytes]] = {}
        self._fields: list[_Field] = []
        self._inner: dict[Path, Shape] = {}
        self._decoder: msgspec.json.Decoder[list[msgspec.Struct]] | None = None

    def read(self, body: bytes, places: pa.Array | None = None) -> tuple[int, Chunks]:
        """How many objects the JSON array `body` has, and their columns.

        Args:
            body: an array of objects.
            places: for each row of the columns, which of the objects it gets; None: one each.

        Raises:
            ValueError: no such array, or one that only `page_body.lenient_json` understands.
        """
        objects = self._decode(body)
        chunks: Chunks = {}
        if objects:
            by_field = zip(*map(_slots, objects), strict=True)
            for field, values in zip(self._fields, by_field, strict=True):
                self._add(field, values, places, chunks)
        return len(objects), chunks

    def _decode(self, body: bytes) -> list[msgspec.Struct]:
        if self._decoder:
            try:
                return self._decoder.decode(body)
            except msgspec.ValidationError:
                pass  # a new field, or another type than so far
        self._decoder = self._learn(body)
        return self._decoder.decode(body)

    def _learn(self, body: bytes) -> "msgspec.json.Decoder[list[msgspec.Struct]]":
        for row in _raw_rows(body):
            for name, raw in row.items():
                self._seen.setdefault(name, set()).add(bytes(raw)[:1])
        self._fields = [self._field(name, first) for name, first in self._seen.items()]
        slots = [f"f{at}" for at in range(len(self._fields))]
        struct: Any = msgspec.defstruct(
            "Row",
            [
                (slot, _TYPES[field.slot], _NULL if field.slot == "raw" else None)
                for slot, field in zip(slots, self._fields, strict=True)
            ],
            rename=dict(zip(slots, self._seen, strict=True)),
            forbid_unknown_fields=True,
            gc=False,
        )
        return msgspec.json.Decoder(list[struct])

    def _field(self, name: str, first: set[bytes]) -> _Field:
        leads_on = tuple(path[1:] for path in self._sensitive if path[0] == name.lower())
        return _Field(_slot(first), below(self._path, name), leads_on)

    def _add(
        self, field: _Field, values: Sequence[Any], places: pa.Array | None, chunks: Chunks
    ) -> None:
        if field.is_dropped:
            return
        if field.slot == "raw":
            self._add_raw(field, values, places, chunks)
        elif found := chunk(values, _ONLY.get(field.slot)):
            chunks[SEPARATOR.join(field.path)] = found.spread(places)

    def _add_raw(
        self, field: _Field, values: Sequence[Any], places: pa.Array | None, chunks: Chunks
    ) -> None:
        raws = _EDGE.join(values).split(_EDGE)
        if len(raws) != len(values):
            raise ValueError("not UTF-8")
        distinct = {raw: at for at, raw in enumerate(dict.fromkeys(raws))}
        if len(distinct) < len(raws):
            own = pa.array([distinct[raw] for raw in raws], pa.int32())
            places = own if places is None else own.take(places)
        first = {raw[:1] for raw in distinct}
        if b"{" in first:
            objects = [raw if raw[:1] == b"{" else b"{}" for raw in distinct]
            chunks |= self._shape(field).read(_array(objects), places)[1]
        if first - {b"{", b"n"}:
            others = [b"null" if raw[:1] == b"{" else raw for raw in distinct]
            if found := chunk([_plain(value, field) for value in _values(_array(others))]):
                chunks[SEPARATOR.join(field.path)] = found.spread(places)

    def _shape(self, field: _Field) -> "Shape":
        return self._inner.setdefault(field.path, Shape(field.path, field.sensitive))


def _slot(first: set[bytes]) -> _Slot:
    if first & {b"{", b"["}:
        return "raw"
    there = first - {b"n"}
    if there == {b'"'}:
        return "text"
    return "bool" if there and there <= {b"t", b"f"} else "any"


def _array(raws: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(raws) + b"]"


def _plain(value: Any, field: _Field) -> Any:
    if not isinstance(value, list):
        return value
    for path in field.sensitive:
        drop(value, path)
    return _encode(value).decode()
