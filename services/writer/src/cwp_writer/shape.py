"""The fast way from a page's bytes to fields: by shape, without a Python object per value.

The objects at one place of a table's rows (the rows themselves, their `company`, its `_info`) have
the same few fields again and again. A `Shape` remembers which, and keeps a decoder made to measure:
one slot per field, text and booleans typed, objects and lists left as raw bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import msgspec

from cwp_shared.sensitive import FieldPath
from cwp_writer.flatten import SEPARATOR, Path, below

_NULL: Final = msgspec.Raw(b"null")

_raw_rows = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
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
class Field:
    """A field of a shape. `sensitive` leads on to what is to be dropped inside of it."""

    slot: _Slot
    path: Path
    sensitive: tuple[FieldPath, ...]

    @cached_property
    def name(self) -> str:
        """The column's."""
        return SEPARATOR.join(self.path)

    @property
    def only(self) -> type | None:
        """The one type that its values have beside None, where that is known."""
        return _ONLY.get(self.slot)

    @property
    def is_dropped(self) -> bool:
        """Whether it is sensitive itself."""
        return () in self.sensitive


class Shape:
    """What objects at one place look like, learned from those seen.

    What was learned does not change what is read, only how fast.

    Args:
        path: the place.
        sensitive: fields to drop, from this place on.
    """

    def __init__(self, path: Path = (), sensitive: Iterable[FieldPath] = ()) -> None:
        self._path = path
        self._sensitive = tuple(sensitive)
        #: What the values of each field begin with.
        self._seen: dict[str, set[bytes]] = {}
        self._fields: list[Field] = []
        self._below: dict[Path, Shape] = {}
        self._decoder: msgspec.json.Decoder[list[msgspec.Struct]] | None = None

    def read(self, body: bytes) -> tuple[int, Iterator[tuple[Field, Sequence[Any]]]]:
        """How many objects the JSON array `body` has, and the values of each field that is kept.

        A value is None, or the raw `null`, where an object does not have the field.

        Raises:
            ValueError: no such array, or one that only `page_body.lenient_json` understands.
        """
        objects = self._decode(body)
        by_field = zip(*map(_slots, objects), strict=True)
        kept = (
            (field, values)
            for field, values in zip(self._fields, by_field, strict=bool(objects))
            if not field.is_dropped
        )
        return len(objects), kept

    def below(self, field: Field) -> "Shape":
        """The shape of the objects that are values of a field."""
        return self._below.setdefault(field.path, Shape(field.path, field.sensitive))

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

    def _field(self, name: str, first: set[bytes]) -> Field:
        leads_on = tuple(path[1:] for path in self._sensitive if path[0] == name.lower())
        return Field(_slot(first), below(self._path, name), leads_on)


def _slot(first: set[bytes]) -> _Slot:
    if first & {b"{", b"["}:
        return "raw"
    there = first - {b"n"}
    if there == {b'"'}:
        return "text"
    return "bool" if there and there <= {b"t", b"f"} else "any"
