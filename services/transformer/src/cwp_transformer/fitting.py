"""Raw columns that need no cast, because every value of the file fits its column as it is.

That is most of them, and looking is cheaper than casting. A column is taken whole or left to
`casts`, which gives the same values; so which way a file went can never be seen in the history.
"""

from collections.abc import Callable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cwp_shared.mapping import Column

#: The one form of a time that the API writes nearly always. Older years may mean no time at all.
_PLAIN_TIME: Final = r"^(19|20)\d{2}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"
#: Whole numbers up to here have one double each, and their text has no exponent.
_EXACT: Final = 1e15


def fitting(raw: pa.ChunkedArray, column: Column) -> pa.ChunkedArray | None:
    """The values in the column's type, or None if some of them need more than a look."""
    fit = _FITS.get(column.kind)
    return fit(raw, column.sizes) if fit else None


def fitting_times(raw: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The same for the times of a record."""
    return _time(raw, ())


_Sizes = tuple[int, ...]


def _same(is_type: Callable[[pa.DataType], bool]) -> "_Fit":
    return lambda raw, _: raw if is_type(raw.type) else None


def _text(raw: pa.ChunkedArray, sizes: _Sizes) -> pa.ChunkedArray | None:
    if not pa.types.is_string(raw.type):
        return None
    longest = pc.max(pc.binary_length(raw)).as_py() or 0
    return raw if longest <= sizes[0] and not any(map(_has_nul, raw.chunks)) else None


def _has_nul(texts: pa.Array) -> bool:
    # In the whole buffer, of which a slice shows a part: then this may say yes for nothing.
    characters = texts.buffers()[-1]
    return characters is not None and b"\0" in characters.to_pybytes()


def _time(raw: pa.ChunkedArray, _: _Sizes) -> pa.ChunkedArray | None:
    if not pa.types.is_string(raw.type):
        return None
    if not pc.all(pc.match_substring_regex(raw, _PLAIN_TIME), min_count=0).as_py():
        return None
    try:
        return raw.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None


def _decimal(raw: pa.ChunkedArray, sizes: _Sizes) -> pa.ChunkedArray | None:
    """Doubles whose shortest decimal text has no more places than the column."""
    digits, scale = sizes
    if not pa.types.is_floating(raw.type):
        return None
    scaled = pc.round(pc.multiply(raw, float(10**scale)))
    # A division rounds correctly: what comes back is the double next to that decimal.
    is_exact = pc.and_(
        pc.equal(pc.divide(scaled, float(10**scale)), raw),
        pc.less(pc.abs(scaled), min(_EXACT, 10.0**digits)),
    )
    if not pc.all(is_exact, min_count=0).as_py():
        return None
    whole = scaled.cast(pa.int64()).cast(pa.decimal128(19, 0))
    kind = pa.decimal128(digits, scale)
    # The same numbers, read with the point `scale` digits further left.
    shifted = [
        pa.Array.from_buffers(kind, len(chunk), chunk.buffers(), offset=chunk.offset)
        for chunk in whole.chunks
    ]
    return pa.chunked_array(shifted, kind)


_Fit = Callable[[pa.ChunkedArray, _Sizes], pa.ChunkedArray | None]
_FITS: Final[dict[str, _Fit]] = {
    "bigint": _same(pa.types.is_int64),
    "boolean": _same(pa.types.is_boolean),
    "varchar": _text,
    "decimal": _decimal,
    "timestamp": _time,
}
