"""The fast way from a page's bytes to fields: by shape, without a Python object per value.

The objects at one place of a table's rows (the rows themselves, their `company`, its `_info`) have
the same few fields again and again. A `Shape` remembers which, and keeps a decoder made to measure:
one slot per field, text and booleans typed, objects that do not repeat by their own shape, other
objects and lists left as raw bytes.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import msgspec

from cwp_shared.sensitive import FieldPath
from cwp_writer.flatten import SEPARATOR, Path, below

_NULL: Final = msgspec.Raw(b"null")
#: So many values tell whether they repeat, and if at most this part of them differs, they do.
_ENOUGH: Final = 100
_REPEATING: Final = 0.75

_raw_rows = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_slots = msgspec.structs.astuple

#: `raw`: lists, and objects that repeat or are something else sometimes; `object`: other objects;
#: `any`: numbers, or a mixture without those two.
_Slot = Literal["text", "bool", "any", "raw", "object"]
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


class _Layout:
    """A struct for objects of some fields, by name, and how to take those apart again.

    `inner` are the layouts of the fields whose slot is `object`. All of it stays as it is: decoders
    that were made of a layout go on with it.
    """

    def __init__(self, fields: dict[str, Field], inner: dict[Path, "_Layout"]) -> None:
        self._fields = list(fields.values())
        self._inner = inner
        slots = [f"f{at}" for at in range(len(fields))]
        self.struct: Any = msgspec.defstruct(
            "Row",
            [
                (slot, self._type(field), _NULL if field.slot == "raw" else None)
                for slot, field in zip(slots, self._fields, strict=True)
            ],
            rename=dict(zip(slots, fields, strict=True)),
            forbid_unknown_fields=True,
            gc=False,
        )
        self._nothing = self.struct()

    def values(self, objects: list[msgspec.Struct | None]) -> Iterator[tuple[Field, Sequence[Any]]]:
        """The values of each field that is kept, those of inner objects among them.

        An object that is not there has none. `objects` are used up: all values are let go as soon
        as they were looked at, while the processor's cache still has them.
        """
        nobody = [None] * len(objects)
        # One long list, cut by steps: much kinder to the cache than zip(*objects), too.
        flat: list[Any] = []
        objects.reverse()
        while objects:
            flat.extend(_slots(objects.pop() or self._nothing))
        for at, field in enumerate(self._fields if flat else ()):
            if field.is_dropped:
                continue
            column = slice(at, None, len(self._fields))
            values = flat[column]
            flat[column] = nobody
            if field.slot == "object":
                yield from self._inner[field.path].values(values)
            else:
                yield field, values

    def decoder(self) -> "msgspec.json.Decoder[list[msgspec.Struct | None]]":
        """What makes structs of a JSON array of objects."""
        struct: Any = self.struct
        return msgspec.json.Decoder(list[struct])

    def _type(self, field: Field) -> Any:
        if field.slot == "object":
            return self._inner[field.path].struct | None
        return _TYPES[field.slot]


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
        #: Of the fields that had enough values in a page: whether equal ones are frequent.
        self._repeats: dict[str, bool] = {}
        self._below: dict[Path, Shape] = {}
        self._layout = _Layout({}, {})
        self._decoder: msgspec.json.Decoder[list[msgspec.Struct | None]] | None = None

    def read(self, body: bytes) -> tuple[int, Iterator[tuple[Field, Sequence[Any]]]]:
        """How many objects the JSON array `body` has, and the values of each field that is kept.

        A value is None, or the raw `null`, where an object does not have the field.

        Raises:
            ValueError: no such array, or one that only `page_body.lenient_json` understands.
        """
        objects = self._decode(body)
        rows = len(objects)
        return rows, self._layout.values(objects)

    def below(self, field: Field) -> "Shape":
        """The shape of the objects that are values of a field."""
        return self._below.setdefault(field.path, Shape(field.path, field.sensitive))

    def learn(self, body: bytes) -> _Layout:
        """Take in what the objects of a JSON array look like; what fits these and those before.

        Raises:
            ValueError: as `read`.
        """
        found: defaultdict[str, list[msgspec.Raw]] = defaultdict(list)
        for row in _raw_rows(body):
            for name, raw in row.items():
                found[name].append(raw)
        for name, raws in found.items():
            first = {bytes(raw)[:1] for raw in raws}
            self._seen.setdefault(name, set()).update(first)
            if b"{" in first and name not in self._repeats and len(raws) >= _ENOUGH:
                self._repeats[name] = len(set(map(bytes, raws))) <= _REPEATING * len(raws)
        fields = {name: self._field(name, first) for name, first in self._seen.items()}
        inner = {
            field.path: self.below(field).learn(_objects(found[name]))
            for name, field in fields.items()
            if field.slot == "object"
        }
        return _Layout(fields, inner)

    def _decode(self, body: bytes) -> list[msgspec.Struct | None]:
        if self._decoder:
            try:
                return self._decoder.decode(body)
            except msgspec.ValidationError:
                pass  # a new field, or another type than so far
        layout = self.learn(body)
        # Both or neither, whatever msgspec says to them.
        self._layout, self._decoder = layout, layout.decoder()
        return self._decoder.decode(body)

    def _field(self, name: str, first: set[bytes]) -> Field:
        leads_on = tuple(path[1:] for path in self._sensitive if path[0] == name.lower())
        slot = _slot(first)
        # What is inside of an object that repeats was read but once already; of one that is
        # dropped nobody asks.
        if slot == "object" and (() in leads_on or self._is_read_once(name)):
            slot = "raw"
        return Field(slot, below(self._path, name), leads_on)

    def _is_read_once(self, name: str) -> bool:
        return not self._path and self._repeats.get(name, True)


def _objects(raws: Iterable[msgspec.Raw]) -> bytes:
    return array_of(value for value in map(bytes, raws) if value[:1] == b"{")


def array_of(values: Iterable[bytes]) -> bytes:
    """Values in JSON as a JSON array of them."""
    return b"[" + b",".join(values) + b"]"


def _slot(first: set[bytes]) -> _Slot:
    there = first - {b"n"}
    if there == {b"{"}:
        return "object"
    if there & {b"{", b"["}:
        return "raw"
    if there == {b'"'}:
        return "text"
    return "bool" if there and there <= {b"t", b"f"} else "any"
