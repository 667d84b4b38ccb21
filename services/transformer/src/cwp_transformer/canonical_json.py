"""The one JSON text of a list or object, for SUPER columns and for the change hash (scd2.md R4).

Left out: members that are null (absent is NULL, R5; the API changed from one to the other),
links (`*_href`, which name the server's release and so change with it), `lastUpdated` and
`updatedBy` wherever they stand, and an `_info` of which nothing is left. Object keys are sorted.
Lists keep their order, or are sorted where the mapping says that it means nothing. Numbers are
normalised: 1.50 is 1.5, 2.0 is 2.
"""

import json
import re
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

_LEFT_OUT: Final = frozenset({"lastUpdated", "updatedBy"})
#: Below this a double holds every whole number.
_EXACT: Final = 2**53


class CanonicalJson(NamedTuple):
    """A column of canonical texts; `invalid` marks the rows whose text is no JSON."""

    texts: pa.Array
    invalid: pa.Array


def canonical_column(texts: pa.ChunkedArray, *, as_set: bool) -> CanonicalJson:
    """Every text made canonical, each different one once; blank and `null` become NULL."""
    encoded = pa.concat_arrays(texts.chunks or [pa.array([], pa.string())]).dictionary_encode()
    found = [_canonical(text, as_set=as_set) for text in encoded.dictionary.to_pylist()]
    invalid = pa.array([bad for _, bad in found], pa.bool_()).take(encoded.indices)
    return CanonicalJson(
        texts=pa.array([text for text, _ in found], pa.string()).take(encoded.indices),
        invalid=pc.coalesce(invalid, pa.scalar(value=False)),
    )


def _canonical(text: str, *, as_set: bool) -> tuple[str | None, bool]:
    if not text.strip():
        return None, False
    decoder = _CLEANING if any(mark in text for mark in _NOISE) else _DECODER
    try:
        value = decoder.decode(text)
        if value is None:
            return None, False
        canonical = _sorted_list(value) if as_set and isinstance(value, list) else _encode(value)
        canonical.encode()
    except (ValueError, RecursionError):
        return None, True
    return canonical, False


def _sorted_list(value: list[Any]) -> str:
    return "[" + ",".join(sorted(map(_encode, value))) + "]"


def _encode(value: Any) -> str:
    return _ESCAPED_NUL.sub(r"\1", _ENCODER.encode(value))


def _number(text: str) -> float | int:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _without_noise(members: dict[str, Any]) -> dict[str, Any]:
    return {
        key: member
        for key, member in members.items()
        if not (
            member is None
            or key in _LEFT_OUT
            or key.endswith("_href")
            or (key == "_info" and member == {})
        )
    }


#: Texts without any of these need no cleaning, which is most of them.
_NOISE: Final = ("null", "_href", "_info", *_LEFT_OUT)
_DECODER: Final = json.JSONDecoder(parse_float=_number)
_CLEANING: Final = json.JSONDecoder(parse_float=_number, object_hook=_without_noise)
# NaN and infinity are no JSON, whatever Python's parser thinks.
_ENCODER: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
#: No warehouse takes a NUL. What stands before it is an even number of backslashes.
_ESCAPED_NUL: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
