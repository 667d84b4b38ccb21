"""The places of a file's rows (the rows, their `company`, its `_info`), and what is found there.

References repeat a lot from row to row: 12,000 tickets have five boards, each spelled alike. A
place keeps each spelling once, with its columns, and says of the rows which one they have.
"""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cwp_shared.sensitive import drop_fields, drop_passwords, may_have_passwords
from cwp_writer.columns import chunk
from cwp_writer.content import Content, Reference
from cwp_writer.shape import Field, Shape, array_of

if TYPE_CHECKING:
    from cwp_writer.flatten import Path

#: Stands between raw values: a byte that is in no UTF-8, hence in no JSON.
_EDGE: Final = b"\xff"

_values = msgspec.json.Decoder(list[Any]).decode
_encode = msgspec.json.encode


class Place:
    """A place and those below it, over the pages of one file.

    Args:
        shape: what the objects there look like; outlives the file.
    """

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        #: Values as they are spelled -> their position.
        self._known: defaultdict[bytes, int] = defaultdict()
        self._known.default_factory = self._known.__len__
        #: The columns of the known values, page by page.
        self._objects: list[Content] = []
        self._below: dict[Path, Place] = {}
        self._marked = 0, 0

    def read(self, body: bytes) -> Content:
        """The objects of a JSON array.

        Raises:
            ValueError: no such array, or one that only `page_body.lenient_json` understands. What
                was already taken from it is forgotten with `back_to_mark`.
        """
        rows, fields = self._shape.read(body)
        content = Content(rows)
        for field, values in fields:
            if field.slot == "raw":
                content.references.append(self._place(field).find(values, field))
            elif found := chunk(values, field.only):
                content.chunks[field.name] = found
        return content

    def find(self, values: Sequence[msgspec.Raw], field: Field) -> Reference:
        """Where the values of a field are among the known ones, which those not known join.

        Raises:
            ValueError: as `read`.
        """
        text = _EDGE.join(values)
        if text.count(_EDGE) != len(values) - 1:
            raise ValueError("not UTF-8")
        before = len(self._known)
        first = bytes(values[0])
        if _is_repeated(first, len(values), text):
            positions = array("i", [self._known[first]]) * len(values)
        else:
            positions = array("i", map(self._known.__getitem__, text.split(_EDGE)))
        if len(self._known) > before:
            self._objects.append(self._content(list(islice(self._known, before, None)), field))
        return Reference(self._objects, positions)

    def mark(self) -> None:
        """Remember what is known now, here and below."""
        self._marked = len(self._known), len(self._objects)
        for place in self._below.values():
            place.mark()

    def back_to_mark(self) -> None:
        """Forget what became known since then."""
        known, objects = self._marked
        while len(self._known) > known:
            self._known.popitem()
        del self._objects[objects:]
        for place in self._below.values():
            place.back_to_mark()

    def _place(self, field: Field) -> "Place":
        return self._below.get(field.path) or self._below.setdefault(
            field.path, Place(self._shape.below(field))
        )

    def _content(self, raws: list[bytes], field: Field) -> Content:
        first = {raw[:1] for raw in raws}
        content = Content(len(raws))
        if b"{" in first:
            content = self.read(array_of(raw if raw[:1] == b"{" else b"{}" for raw in raws))
        if first - {b"{", b"n"}:
            others = array_of(b"null" if raw[:1] == b"{" else raw for raw in raws)
            if found := chunk(_plain(_values(others), field, others)):
                content.chunks[field.name] = found
        return content


def _is_repeated(value: bytes, times: int, text: bytes) -> bool:
    """Whether `text` is that value so many times; most others are told by their length."""
    length = (len(value) + len(_EDGE)) * times - len(_EDGE)
    return len(text) == length and text == _EDGE.join([value] * times)


def _plain(values: list[Any], field: Field, text: bytes) -> list[Any]:
    """Values as columns hold them, lists as JSON without what is sensitive; `text` said them."""
    if may_have_passwords(text):
        drop_passwords(values)
    drop_fields(values, field.sensitive)
    return [_encode(value).decode() if isinstance(value, list) else value for value in values]
