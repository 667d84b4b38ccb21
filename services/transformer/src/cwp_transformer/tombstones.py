"""Absences become facts: that a record was proven gone, and since when (scd2.md R11)."""

import pyarrow as pa

from cwp_shared.errors import Terminal
from cwp_shared.mapping import Mapping
from cwp_transformer import canonical_text
from cwp_transformer.casts import sql_type
from cwp_transformer.engine import literal, query
from cwp_transformer.facts import TOMBSTONE, fact_schema, no_values


def read_tombstones(absences: pa.Table, raw_key: str, tenant_id: str, mapping: Mapping) -> pa.Table:
    """The facts (wide, every attribute NULL) of the rows of `raw_file.read_absences`.

    Raises:
        Terminal: the mapping's key is not the record's id, which is all that absences name.
    """
    if [column.source for column in mapping.key_columns] != ["id"]:
        raise Terminal(
            f"mappings/{mapping.table}.json: key: {raw_key} names records by id, so deletes can be "
            "taken only by a mapping whose key is the column from `id`"
        )
    key = canonical_text.key_text(tenant_id, mapping.table, mapping.key_columns, ["k0"])
    # An id that the key's type does not hold was never taken, so there is nothing to delete.
    rows = query(
        f"""
        WITH named AS (
            SELECT *, TRY_CAST(id AS {sql_type(mapping.key_columns[0])}) AS k0 FROM absences
        )
        SELECT {canonical_text.hash128(key)} AS key_hash, k0, {literal(TOMBSTONE)} AS kind,
               absent_at AS start, upper, run_id, id_window, page, page_row,
               ''::BLOB AS attr_hash, ''::BLOB AS rest_hash, ''::BLOB AS over_hash,
               NULL::TIMESTAMP AS created,
               {literal(raw_key)} AS raw_key, raw_row,
               {mapping.version}::INTEGER AS mapping_version, {no_values(mapping)}
        FROM named WHERE k0 IS NOT NULL
        """,  # noqa: S608 - names by number, texts quoted by `literal`
        absences=absences,
    )
    narrow = fact_schema(mapping)
    wide = [field for field in rows.schema if field.name not in narrow.names]
    return rows.cast(pa.schema([*narrow, *wide]))
