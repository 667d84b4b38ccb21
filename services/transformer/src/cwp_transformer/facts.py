"""Raw rows become facts: what a record was at a source time, seen by a run (scd2.md section 2).

A fact is a row of the table that `read_facts` gives. Its narrow part, `fact_schema`, is what the
index keeps; its wide part, `v0`, `v1`, ... in the order of the mapping's columns, is what a
version that begins with it shows. Rows that cannot be taken are set aside one by one.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from cwp_shared.errors import Terminal
from cwp_shared.mapping import Column, Mapping
from cwp_transformer import canonical_text
from cwp_transformer.binding import Binding, Bound, bind
from cwp_transformer.engine import literal, query

#: The two kinds of facts: what a record was, and that it was proven absent (scd2.md R11).
RECORD: Final = "record"
TOMBSTONE: Final = "tombstone"

#: Longest piece of a bad value that a reason shows.
_SHOWN: Final = 80
_KEY_TYPES: Final = {"bigint": pa.int64(), "integer": pa.int32(), "varchar": pa.string()}


class Facts(NamedTuple):
    """What one raw file says. `rejected` has `raw_row` and `reason`."""

    rows: pa.Table
    rejected: pa.Table


def fact_schema(mapping: Mapping) -> pa.Schema:
    """The narrow part of a fact, which the index keeps.

    `key_hash` identifies the record and `k0`, `k1`, ... are its key parts; `start` is u and
    `upper` is T; `upper, run_id, id_window, page, page_row` in this order are o; `attr_hash` is
    over the tracked attributes, `rest_hash` over the ignored ones; `created` is when the record
    was made (R9); `raw_key` and `raw_row` say where the whole row is. Of a tombstone `start` is t,
    hashes are empty, and `created` is NULL.
    """
    key_parts = [
        pa.field(f"k{n}", _KEY_TYPES[column.kind]) for n, column in enumerate(mapping.key_columns)
    ]
    return pa.schema(
        [
            pa.field("key_hash", pa.binary()),
            *key_parts,
            pa.field("kind", pa.string()),
            pa.field("start", pa.timestamp("us")),
            pa.field("upper", pa.timestamp("us")),
            pa.field("run_id", pa.string()),
            pa.field("id_window", pa.int32()),
            pa.field("page", pa.int32()),
            pa.field("page_row", pa.int32()),
            pa.field("attr_hash", pa.binary()),
            pa.field("rest_hash", pa.binary()),
            pa.field("created", pa.timestamp("us")),
            pa.field("raw_key", pa.string()),
            pa.field("raw_row", pa.int32()),
            pa.field("mapping_version", pa.int32()),
        ]
    )


def read_facts(raw: pa.Table, raw_key: str, tenant_id: str, mapping: Mapping) -> Facts:
    """Map the rows of `raw_file.read_raw`.

    Raises:
        Terminal: the values cannot be worked with at all (text that is not UTF-8, for example).
    """
    binding = bind(raw, mapping)
    try:
        out = query(_statement(binding, raw_key, tenant_id, mapping), raw=binding.table)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise Terminal(f"{raw_key} cannot be mapped: {error}") from error
    good = pc.equal(out["reason"], "")
    rejected = out.filter(pc.invert(good)).select(["raw_row", "reason"])
    return Facts(_typed(out.filter(good).drop_columns(["reason"]), mapping), rejected)


def _typed(rows: pa.Table, mapping: Mapping) -> pa.Table:
    narrow = fact_schema(mapping)
    wide = [field for field in rows.schema if field.name not in narrow.names]
    return rows.select([*narrow.names, *(f.name for f in wide)]).cast(pa.schema([*narrow, *wide]))


def _statement(binding: Binding, raw_key: str, tenant_id: str, mapping: Mapping) -> str:
    values = [f"v{number}" for number in range(len(mapping.columns))]
    typed = [f"{b.value} AS {name}" for b, name in zip(binding.columns, values, strict=True)]
    typed += [f"{binding.updated.value} AS updated", f"{binding.created.value} AS created"]
    # Every name and literal below is ours: column names by number, texts quoted by `literal`.
    return f"""
        WITH typed AS NOT MATERIALIZED (SELECT *, {", ".join(typed)} FROM raw)
        SELECT {", ".join(_narrow(raw_key, tenant_id, mapping))}, {", ".join(values)},
               concat_ws('; ', {", ".join(_reasons(binding, mapping))}) AS reason
        FROM typed
    """  # noqa: S608 - see the comment above


def _narrow(raw_key: str, tenant_id: str, mapping: Mapping) -> list[str]:
    keys = [f"v{mapping.columns.index(column)}" for column in mapping.key_columns]
    key_text = canonical_text.key_text(tenant_id, mapping.table, mapping.key_columns, keys)
    return [
        f"{canonical_text.hash128(key_text)} AS key_hash",
        *(f"{value} AS k{number}" for number, value in enumerate(keys)),
        f"{literal(RECORD)} AS kind",
        "date_trunc('second', updated) AS start",
        "upper, run_id, id_window, page, page_row",
        f"{_hash(mapping, 'tracked')} AS attr_hash",
        f"{_hash(mapping, 'ignored')} AS rest_hash",
        "created",
        f"{literal(raw_key)} AS raw_key",
        "raw_row",
        f"{mapping.version}::INTEGER AS mapping_version",
    ]


def _hash(mapping: Mapping, history: str) -> str:
    attributes = set(mapping.attributes)
    texts = {
        column.name: canonical_text.text(f"v{number}", column.kind)
        for number, column in enumerate(mapping.columns)
        if column in attributes and column.history == history
    }
    return canonical_text.change_hash(texts)


def _reasons(binding: Binding, mapping: Mapping) -> Iterator[str]:
    """SQL for each thing that may be wrong with a row: a sentence, or NULL if all is well."""
    keys = set(mapping.key_columns)
    for number, (column, bound) in enumerate(zip(mapping.columns, binding.columns, strict=True)):
        if bound.misfit != "false":
            yield _misfit(column, bound)
        if column in keys:
            missing = literal(f"{column.name} is missing, and a key part may not be (R5)")
            yield f"CASE WHEN v{number} IS NULL AND NOT {bound.misfit} THEN {missing} END"
    updated, created = binding.updated, binding.created
    shown = f"left(CAST({updated.shown} AS VARCHAR), {_SHOWN})"
    name = literal(mapping.updated_at or "")
    yield f"CASE WHEN NOT {updated.given} THEN {name} || ' is missing' END"
    yield (
        f"CASE WHEN {updated.given} AND updated IS NULL "
        f"THEN {name} || ' is not a time: ' || {shown} END"
    )
    yield (
        f"CASE WHEN updated > upper + INTERVAL 5 MINUTE THEN {name} || ' ' || {shown} "
        "|| ' lies more than 5 minutes after the upper bound of its run, ' || upper || ' (R14)' END"
    )
    yield (
        f"CASE WHEN {created.given} AND created IS NULL THEN {literal(mapping.created_at or '')} "
        f"|| ' is not a time: ' || left(CAST({created.shown} AS VARCHAR), {_SHOWN}) END"
    )


def _misfit(column: Column, bound: Bound) -> str:
    name, problem = literal(f"{column.name}: "), literal(f" does not fit {column.type}")
    shown = f"left(CAST({bound.shown} AS VARCHAR), {_SHOWN})"
    return f"CASE WHEN {bound.misfit} THEN {name} || {shown} || {problem} END"
