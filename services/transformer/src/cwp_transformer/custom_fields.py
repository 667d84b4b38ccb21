"""Custom fields by id or caption, out of the list of them that a record carries.

A list is `[{"id": 12, "caption": "Contract", "type": "Text", "value": "A-17"}, ...]`, as JSON text.
Each different text is parsed once for all columns of a mapping.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from cwp_transformer import casts
from cwp_transformer.engine import literal, query

_SHAPE = '[{"id": "BIGINT", "caption": "VARCHAR", "value": "JSON"}]'


class CustomValues(NamedTuple):
    """One custom field of every row: its value as text, NULL if there is none.

    `unclear` marks rows whose list has the field twice, or is no JSON: nothing is guessed, their
    text is NULL.
    """

    texts: pa.ChunkedArray
    unclear: pa.ChunkedArray


def custom_values(lists: pa.ChunkedArray, wanted: Sequence[int | str]) -> list[CustomValues]:
    """The values of the fields `wanted`, in this order; an int is an id, a str a caption."""
    encoded = pa.concat_arrays(lists.chunks or [pa.array([], pa.string())]).dictionary_encode()
    chosen = ", ".join(
        f"list_filter(fields, lambda f: {_is(name)}) AS f{n}" for n, name in enumerate(wanted)
    )
    made = ", ".join(
        f"CASE WHEN len(f{n}) = 1 THEN {_text(f'f{n}[1].value')} END AS t{n}, "
        f"coalesce(len(f{n}) > 1, false) OR (fields IS NULL AND NOT blank) AS u{n}"
        for n in range(len(wanted))
    )
    found = query(
        f"""
        WITH parsed AS (
            SELECT trim(list) IN ('', 'null') AS blank,
                   TRY(from_json(CASE WHEN json_valid(list) THEN list END, {literal(_SHAPE)}))
                   AS fields
            FROM lists
        ),
        chosen AS (SELECT blank, fields, {chosen} FROM parsed)
        SELECT {made} FROM chosen
        """,  # noqa: S608 - names by number, texts quoted by `literal`
        lists=pa.table({"list": encoded.dictionary}),
    )
    return [
        CustomValues(found[f"t{n}"].take(encoded.indices), found[f"u{n}"].take(encoded.indices))
        for n in range(len(wanted))
    ]


def _is(name: int | str) -> str:
    return f"f.id = {name}" if isinstance(name, int) else f"f.caption = {literal(name)}"


def _text(value: str) -> str:
    number = casts.text(f"CAST({value} AS DOUBLE)", "float")
    return f"CASE json_type({value}) WHEN 'DOUBLE' THEN {number} ELSE {value} ->> '$' END"
