"""Bodies as they lie on disk: JSON compressed by zstandard against a dictionary of its table.

A ticket is 5.6 KB of JSON of which nearly all is in the next ticket too; with some rows as a
dictionary it takes a tenth, and a page of a thousand is unpacked in some milliseconds. The
dictionary is a few rows' JSON, kept with the company; a table that has none is compressed alone.
"""

from collections.abc import Callable

import zstandard

#: Measured: higher levels or larger dictionaries save little more, and building takes longer.
_LEVEL = 3
DICTIONARY_BYTES = 65_536


class Codec:
    """Packs and unpacks bodies of one table. Not for several threads at once."""

    def __init__(self, dictionary: bytes) -> None:
        known = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=known)
        self._decompressor = zstandard.ZstdDecompressor(dict_data=known)

    def pack(self, body: bytes) -> bytes:
        """JSON as it is stored."""
        return self._compressor.compress(body)

    def unpack(self, packed: bytes) -> bytes:
        """The JSON of what is stored."""
        return self._decompressor.decompress(packed)


class Codecs:
    """The codecs of all tables, each made when it is first asked for.

    Args:
        dictionary: gives a table's dictionary, empty if it has none.
    """

    def __init__(self, dictionary: Callable[[str], bytes]) -> None:
        self._dictionary = dictionary
        self._made: dict[str, Codec] = {}
        self._last = ("", b"", "")

    def of(self, table_id: str) -> Codec:
        """The codec of a table, by its id."""
        codec = self._made.get(table_id)
        if codec is None:
            codec = self._made[table_id] = Codec(self._dictionary(table_id))
        return codec

    def unpacked(self, table_id: str, packed: bytes) -> str:
        """The JSON text of a stored body: the SQL function behind the column `body`.

        A condition on several fields asks for the same body several times in a row.
        """
        if (table_id, packed) != self._last[:2]:
            self._last = (table_id, packed, self.of(table_id).unpack(packed).decode())
        return self._last[2]
