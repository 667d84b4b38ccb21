"""Texts longer than their column, where the mapping says `"too_long": "cut"` (docs/mappings.md).

What stays is the longest beginning that fits the column's bytes and does not end inside a
character. It follows from the text and the column alone, so history stays a function of the facts.
"""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from cwp_transformer.engine import identifier, literal, query


def cut(text: bytes, most: int) -> str:
    """The longest beginning of a UTF-8 text that has at most `most` bytes and whole characters."""
    return text[:most].decode(errors="ignore")


def beginnings(texts: pa.ChunkedArray, most: int) -> pa.Array | None:
    """What stays of the texts that have to be cut, NULL for all others; None if none has to.

    NUL characters are left out before anything is measured, as `casts` does.
    """
    is_long = pc.greater(pc.binary_length(texts), most)
    places = pc.indices_nonzero(pc.fill_null(is_long, fill_value=False))
    long = texts.take(places).cast(pa.string()).cast(pa.binary()).to_pylist()
    told = {n: text.replace(b"\0", b"") for n, text in zip(places.to_pylist(), long, strict=True)}
    kept = {n: cut(text, most) for n, text in told.items() if len(text) > most}
    if not kept:
        return None
    return pa.array([kept.get(n) for n in range(len(texts))], pa.string())


def load_notes(whole_bytes: Mapping[str, pa.ChunkedArray], rows: int) -> pa.ChunkedArray:
    """The column `load_notes`: JSON text of what was done to a row, NULL where nothing was.

    `whole_bytes` has, by column, the bytes of the texts before they were cut, NULL if they were
    not; its order is that of the notes.
    """
    cut_ones = {name: sizes for name, sizes in whole_bytes.items() if sizes.null_count < rows}
    if not cut_ones:
        return pa.chunked_array([pa.nulls(rows, pa.string())])
    notes = ", ".join(
        f"""{literal(f'{{"column":"{name}","rule":"cut","bytes":')} || {identifier(name)} || '}}'"""
        for name in cut_ones
    )
    # `concat_ws` passes over NULLs.
    sql = f"SELECT nullif('[' || concat_ws(',', {notes}) || ']', '[]') AS notes FROM cut_ones"  # noqa: S608 - names checked by the mapping model
    return query(sql, cut_ones=pa.table(cut_ones))["notes"]
