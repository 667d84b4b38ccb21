"""Raw rows become facts: what a record was at a source time, seen by a run (scd2.md section 2).

A fact is a row of the table that `read_facts` gives. Its narrow part, `fact_schema`, is what the
index keeps; its wide part, `v0`, `v1`, ... in the order of the mapping's columns, is what a
version that begins with it shows; `w0`, ... has, for each column that may be cut, the bytes of the
whole text, NULL where nothing was cut. Rows that cannot be taken are set aside one by one.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from cwp_shared.errors import Terminal
from cwp_shared.mapping import Column, Mapping
from cwp_transformer import canonical_text
from cwp_transformer.binding import Binding, Bound, BoundTime, bind
from cwp_transformer.casts import sql_type
from cwp_transformer.engine import literal, query
from cwp_transformer.fitting import fitting, fitting_times
from cwp_transformer.raw_file import Fields, column_of, fields

#: The two kinds of facts: what a record was, and that it was proven absent (scd2.md R11).
RECORD: Final = "record"
TOMBSTONE: Final = "tombstone"

#: Longest piece of a bad value that a reason shows.
_SHOWN: Final = 80
#: Of texts that many facts share.
_TEXT: Final = pa.dictionary(pa.int32(), pa.string())
_KEY_TYPES: Final = {"bigint": pa.int64(), "integer": pa.int32(), "varchar": pa.string()}


class Facts(NamedTuple):
    """What one raw file says. `rejected` has `raw_row` and `reason`."""

    rows: pa.Table
    rejected: pa.Table


def fact_schema(mapping: Mapping) -> pa.Schema:
    """The narrow part of a fact, which the index keeps.

    `key_hash` identifies the record and `k0`, `k1`, ... are its key parts; `start` is u and
    `upper` is T; `upper, run_id, id_window, page, page_row` in this order are o; `attr_hash` is
    over the tracked attributes, `rest_hash` over the ignored ones, `over_hash` over those that are
    overwritten; `created` is when the record was made (R9); `raw_key` and `raw_row` say where the
    whole row is. Of a tombstone `start` is t, hashes are empty, and `created` is NULL.
    """
    key_parts = [
        pa.field(f"k{n}", _KEY_TYPES[column.kind]) for n, column in enumerate(mapping.key_columns)
    ]
    return pa.schema(
        [
            pa.field("key_hash", pa.binary()),
            *key_parts,
            pa.field("kind", _TEXT),
            pa.field("start", pa.timestamp("us")),
            pa.field("upper", pa.timestamp("us")),
            pa.field("run_id", _TEXT),
            pa.field("id_window", pa.int32()),
            pa.field("page", pa.int32()),
            pa.field("page_row", pa.int32()),
            pa.field("attr_hash", pa.binary()),
            pa.field("rest_hash", pa.binary()),
            pa.field("over_hash", pa.binary()),
            pa.field("created", pa.timestamp("us")),
            pa.field("raw_key", _TEXT),
            pa.field("raw_row", pa.int32()),
            pa.field("mapping_version", pa.int32()),
        ]
    )


def key_parts(schema: pa.Schema) -> list[str]:
    """The columns of facts that are the key's parts: `k0`, `k1`, ..."""
    names: list[str] = schema.names
    return names[1 : names.index("kind")]


def no_values(mapping: Mapping) -> str:
    """SQL for the wide part of a fact that shows nothing."""
    values = [f"NULL::{sql_type(c)} AS v{number}" for number, c in enumerate(mapping.columns)]
    return ", ".join([*values, *(f"NULL::BIGINT AS w{number}" for number in cut_columns(mapping))])


def cut_columns(mapping: Mapping) -> dict[int, Column]:
    """The columns that may be cut, by number."""
    return {n: c for n, c in enumerate(mapping.columns) if c.too_long == "cut"}


def read_facts(raw: pa.Table, raw_key: str, tenant_id: str, mapping: Mapping) -> Facts:
    """Map the rows of `raw_file.read_raw`.

    Raises:
        Terminal: the values cannot be worked with at all (text that is not UTF-8, for example).
    """
    source = _source(fields(raw), mapping)
    table = pa.table(source.binding.inputs)
    try:
        out = query(_statement(source, raw_key, tenant_id, mapping), raw=table)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise Terminal(f"{raw_key} cannot be mapped: {error}") from error
    rows = _typed(out, source, mapping)
    good = pc.equal(out["reason"], "")
    rejected = out.filter(pc.invert(good)).select(["raw_row", "reason"])
    return Facts(rows.filter(good) if len(rejected) else rows, rejected)


class _Source(NamedTuple):
    """A file as SQL input; `fitted` are the columns, by number, that need no cast."""

    binding: Binding
    fitted: dict[int, pa.ChunkedArray]

    @property
    def cut(self) -> list[int]:
        """The columns, by number, in which something was cut."""
        return [n for n, bound in enumerate(self.binding.columns) if bound.is_cut]


def _source(raw: Fields, mapping: Mapping) -> _Source:
    fitted = dict(_fitted(raw, mapping))
    binding = bind(raw, mapping, fitted)
    inputs = binding.inputs | {f"v{number}": values for number, values in fitted.items()}
    # A time that fits is written in its canonical text already.
    inputs |= {
        f"t{n}": raw[column_of(column.source)]
        for n, column in enumerate(mapping.columns)
        if n in fitted and column.kind == "timestamp" and column.source
    }
    updated = _time(raw, mapping.updated_at, binding.updated, "fu", inputs)
    created = _time(raw, mapping.created_at, binding.created, "fc", inputs)
    return _Source(Binding(inputs, binding.columns, updated, created), fitted)


def _fitted(raw: Fields, mapping: Mapping) -> Iterator[tuple[int, pa.ChunkedArray]]:
    for number, column in enumerate(mapping.columns):
        # What is made otherwise than of one field as it is has more to it than a cast.
        if column.source is None or column.values:
            continue
        found = raw.get(column_of(column.source))
        if found is not None and (values := fitting(found, column)) is not None:
            yield number, values


def _time(raw: Fields, path: str | None, bound: BoundTime, name: str, inputs: Fields) -> BoundTime:
    found = None if path is None else raw.get(column_of(path))
    values = None if found is None else fitting_times(found)
    if values is None:
        return bound
    inputs[name] = values
    return replace(bound, value=name, given=f"({name} IS NOT NULL)")


def _typed(out: pa.Table, source: _Source, mapping: Mapping) -> pa.Table:
    """The answer as facts, its columns beside those that did not have to go through SQL."""
    narrow = fact_schema(mapping)
    rows = out.select(narrow.names).cast(narrow)
    # A mere selection keeps its order (engine); all hangs on it here, so it is looked at.
    if not out["raw_row"].equals(source.binding.inputs["raw_row"]):
        raise AssertionError("the answer came in another order than its rows")
    for number in range(len(mapping.columns)):
        name = f"v{number}"
        values = source.fitted[number] if number in source.fitted else out[name]
        rows = rows.append_column(name, values)
    cut = set(source.cut)
    for number in cut_columns(mapping):
        whole = out[f"w{number}"] if number in cut else pa.nulls(len(rows), pa.int64())
        rows = rows.append_column(f"w{number}", whole)
    return rows


def _statement(source: _Source, raw_key: str, tenant_id: str, mapping: Mapping) -> str:
    binding = source.binding
    bound = ((n, b) for n, b in enumerate(binding.columns) if n not in source.fitted)
    typed = [f"{b.value} AS v{number}" for number, b in bound]
    typed += [f"{binding.updated.value} AS updated", f"{binding.created.value} AS created"]
    typed += [f"{binding.columns[n].whole} AS whole{n}" for n in source.cut]
    cast = [f"v{n}" for n in range(len(mapping.columns)) if n not in source.fitted]
    cast += [f"strlen(whole{n}) AS w{n}" for n in source.cut]
    chosen = [*_narrow(source, raw_key, tenant_id, mapping), *cast]
    # Every name and literal below is ours: column names by number, texts quoted by `literal`.
    return f"""
        WITH typed AS NOT MATERIALIZED (SELECT *, {", ".join(typed)} FROM raw)
        SELECT {", ".join(chosen)},
               concat_ws('; ', {", ".join(_reasons(source, mapping))}) AS reason
        FROM typed
    """  # noqa: S608 - see the comment above


def _narrow(source: _Source, raw_key: str, tenant_id: str, mapping: Mapping) -> list[str]:
    keys = [f"v{mapping.columns.index(column)}" for column in mapping.key_columns]
    key_text = canonical_text.key_text(tenant_id, mapping.table, mapping.key_columns, keys)
    # Without a time of its own a record is as of the run that saw it (R14).
    start = "date_trunc('second', updated)" if mapping.updated_at else "upper"
    return [
        f"{canonical_text.hash128(key_text)} AS key_hash",
        *(f"{value} AS k{number}" for number, value in enumerate(keys)),
        f"{literal(RECORD)} AS kind",
        f"{start} AS start",
        "upper, run_id, id_window, page, page_row",
        f"{_hash(source, mapping, 'tracked')} AS attr_hash",
        f"{_hash(source, mapping, 'ignored')} AS rest_hash",
        f"{_hash(source, mapping, 'overwritten')} AS over_hash",
        "created",
        f"{literal(raw_key)} AS raw_key",
        "raw_row",
        f"{mapping.version}::INTEGER AS mapping_version",
    ]


def _hash(source: _Source, mapping: Mapping, history: str) -> str:
    attributes = set(mapping.attributes)
    return canonical_text.change_hash(
        canonical_text.Attribute(
            column.name,
            _text(source, number, column),
            is_full=number in source.fitted and not source.fitted[number].null_count,
        )
        for number, column in enumerate(mapping.columns)
        if column in attributes and column.history == history
    )


def _text(source: _Source, number: int, column: Column) -> str:
    if f"t{number}" in source.binding.inputs:
        return f"t{number}"
    if source.binding.columns[number].is_cut:
        return canonical_text.cut_text(f"v{number}", f"whole{number}")
    return canonical_text.text(f"v{number}", column.kind)


def _reasons(source: _Source, mapping: Mapping) -> Iterator[str]:
    """SQL for each thing that may be wrong with a row: a sentence, or NULL if all is well."""
    keys = set(mapping.key_columns)
    binding = source.binding
    for number, (column, bound) in enumerate(zip(mapping.columns, binding.columns, strict=True)):
        misfit = bound.misfit(f"v{number}")
        if bound.needed != "false":
            yield _misfit(column, bound, misfit)
        if column in keys:
            missing = literal(f"{column.name} is missing, and a key part may not be (R5)")
            yield f"CASE WHEN v{number} IS NULL AND NOT {misfit} THEN {missing} END"
            if number not in source.fitted:
                # NULs are left out of text (casts), which could make one record of two.
                nul = literal(f"{column.name} has a NUL character, and a key part may not")
                yield f"CASE WHEN contains({bound.shown}, chr(0)) THEN {nul} END"
    if mapping.updated_at:
        yield from _wrong_update(mapping.updated_at, binding.updated)
    if mapping.created_at:
        name, created = literal(mapping.created_at), binding.created
        yield f"CASE WHEN {created.given} AND created IS NULL THEN {_no_time(name, created)} END"


def _wrong_update(path: str, updated: BoundTime) -> Iterator[str]:
    name = literal(path)
    yield f"CASE WHEN NOT {updated.given} THEN {name} || ' is missing' END"
    yield f"CASE WHEN {updated.given} AND updated IS NULL THEN {_no_time(name, updated)} END"
    yield (
        f"CASE WHEN updated > upper + INTERVAL 5 MINUTE THEN {name} || ' ' || {_shown(updated)} "
        "|| ' lies more than 5 minutes after the upper bound of its run, ' || upper || ' (R14)' END"
    )


def _no_time(name: str, bound: BoundTime) -> str:
    return f"{name} || ' is not a time: ' || {_shown(bound)}"


def _misfit(column: Column, bound: Bound, misfit: str) -> str:
    name, problem = literal(f"{column.name}: "), literal(f" does not fit {column.type}")
    return f"CASE WHEN {misfit} THEN {name} || {_shown(bound)} || {problem} END"


def _shown(bound: Bound | BoundTime) -> str:
    return f"left(CAST({bound.shown} AS VARCHAR), {_SHOWN})"
