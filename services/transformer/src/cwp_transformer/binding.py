"""Which raw column feeds which canonical column in one file, under names that SQL can take.

DuckDB does not tell `status__Sort` from `status__sort`, so every raw column gets a name by its
place in the mapping: `c0`, `c1`, ...
"""

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from cwp_shared.mapping import CUSTOM_FIELDS, Column, Mapping
from cwp_transformer import casts
from cwp_transformer.canonical_json import canonical_column
from cwp_transformer.custom_fields import custom_values
from cwp_transformer.cutting import beginnings
from cwp_transformer.engine import literal
from cwp_transformer.raw_file import SYSTEM_NAMES, Fields, column_of

#: Of a value that is never cut.
NOT_CUT: Final = "NULL::VARCHAR"


@dataclass(frozen=True)
class Bound:
    """SQL about one canonical column in one file.

    `value` is the typed value; `given` is true where the file has anything for it, `needed` where
    that may not come to NULL, `shown` is that as text. `whole` is the text that `value` is but the
    beginning of, NULL where it is all of it.
    """

    value: str
    needed: str
    given: str
    shown: str
    whole: str = NOT_CUT

    @property
    def is_cut(self) -> bool:
        """Whether the file has values of the column that are cut."""
        return self.whole != NOT_CUT

    def misfit(self, name: str) -> str:
        """Whether the file has something that does not fit the value, which is called `name`."""
        return f"({self.needed} AND {name} IS NULL)"


@dataclass(frozen=True)
class BoundTime:
    """SQL about one of the record's times: `value` is a UTC timestamp, `given` false if blank."""

    value: str
    given: str
    shown: str


@dataclass(frozen=True)
class Binding:
    """A file as SQL input: system columns, `raw_row`, and what the columns are made of."""

    inputs: Fields
    columns: tuple[Bound, ...]
    updated: BoundTime
    created: BoundTime


def bind(raw: Fields, mapping: Mapping, fitted: Container[int] = ()) -> Binding:
    """Bind the rows of `raw_file.read_raw` to a mapping.

    The columns that are `fitted`, by number, are taken for inputs that are called `v` and their
    number, and that need no cast.
    """
    inputs = {name: raw[name] for name in SYSTEM_NAMES} | _custom_inputs(raw, mapping)
    columns = tuple(
        _fitted(f"v{number}")
        if number in fitted
        else _bind_column(raw, column, f"c{number}", inputs)
        for number, column in enumerate(mapping.columns)
    )
    updated = _bind_time(raw, mapping.updated_at, "updated_raw", inputs)
    created = _bind_time(raw, mapping.created_at, "created_raw", inputs)
    return Binding(inputs, columns, updated, created)


def _fitted(name: str) -> Bound:
    return Bound(name, needed="false", given=f"({name} IS NOT NULL)", shown=name)


def _custom_inputs(raw: Fields, mapping: Mapping) -> Fields:
    """For a column of a custom field its text, `c3`, and whether it is unclear, `c3_unclear`."""
    wanted = {
        f"c{number}": column.custom_field
        for number, column in enumerate(mapping.columns)
        if column.custom_field is not None
    }
    lists = column_of(CUSTOM_FIELDS)
    if not wanted or lists not in raw:
        return {}
    inputs = {}
    found = custom_values(raw[lists].cast(pa.string()), list(wanted.values()))
    for name, values in zip(wanted, found, strict=True):
        inputs[name], inputs[f"{name}_unclear"] = values
    return inputs


def _bind_column(raw: Fields, column: Column, name: str, inputs: Fields) -> Bound:
    if column.constant is not None:
        value = casts.constant(column.constant, column)
        return Bound(value, needed="false", given="true", shown=value)
    if column.custom_field is not None:
        return _bind_custom(column, name, inputs)
    return _first(
        [
            _bind_field(raw[column_of(path)], column, f"{name}_{place}", inputs)
            for place, path in enumerate(column.paths)
            if column_of(path) in raw
        ],
        column,
    )


def _bind_custom(column: Column, name: str, inputs: Fields) -> Bound:
    if name not in inputs:
        return _nothing(column)
    bound, unclear = _typed(name, "string", column, inputs), f"{name}_unclear"
    reason = literal(f"{CUSTOM_FIELDS} that do not have {column.custom_field!r} just once")
    return Bound(
        bound.value,
        needed=f"({unclear} OR {bound.needed})",
        given=f"({unclear} OR {bound.given})",
        shown=f"CASE WHEN {unclear} THEN {reason} ELSE {bound.shown} END",
        whole=bound.whole,
    )


def _first(bounds: list[Bound], column: Column) -> Bound:
    """The first that is given; a value that does not fit is not passed over."""
    if len(bounds) == 1:
        return bounds[0]
    if not bounds:
        return _nothing(column)

    def chosen(part: str, otherwise: str) -> str:
        whens = (f"WHEN {bound.given} THEN {getattr(bound, part)}" for bound in bounds)
        return f"CASE {' '.join(whens)} ELSE {otherwise} END"

    return Bound(
        chosen("value", f"NULL::{casts.sql_type(column)}"),
        needed=chosen("needed", "false"),
        given=f"({' OR '.join(bound.given for bound in bounds)})",
        shown=chosen("shown", "NULL"),
        whole=chosen("whole", NOT_CUT) if any(b.is_cut for b in bounds) else NOT_CUT,
    )


def _nothing(column: Column) -> Bound:
    return Bound(f"NULL::{casts.sql_type(column)}", needed="false", given="false", shown="NULL")


def _bind_field(values: pa.ChunkedArray, column: Column, name: str, inputs: Fields) -> Bound:
    inputs[name] = values
    if column.kind != "super":
        return _typed(name, casts.source_kind(values.type) or "", column, inputs)
    texts, invalid = canonical_column(values.cast(pa.string()), as_set=column.as_set)
    inputs[f"{name}_json"], inputs[f"{name}_invalid"] = texts, invalid
    given = f"({name}_invalid OR {name}_json IS NOT NULL)"
    value = casts.cast(f"{name}_json", "string", column)
    return Bound(value, needed=given, given=given, shown=f"CAST({name} AS VARCHAR)")


def _typed(raw: str, kind: str, column: Column, inputs: Fields) -> Bound:
    value = casts.cast(raw, kind, column)
    given = f"({casts.given(raw, kind, column.kind)} IS NOT NULL)"
    bound = Bound(value, needed=given, given=given, shown=f"CAST({raw} AS VARCHAR)")
    # The text of a number says another one when it is cut.
    if column.too_long == "cut" and kind == "string":
        bound = _cut(bound, raw, column, inputs)
    return _mapped(bound, casts.text(raw, kind), column) if column.values else bound


def _cut(bound: Bound, raw: str, column: Column, inputs: Fields) -> Bound:
    """With the beginnings of the texts that are too long in the place of no value."""
    kept = beginnings(inputs[raw], column.sizes[0])
    if kept is None:
        return bound
    inputs[f"{raw}_cut"] = kept
    whole = casts.given(raw, "string", column.kind)
    return replace(
        bound,
        value=f"coalesce({raw}_cut, {bound.value})",
        whole=f"CASE WHEN {raw}_cut IS NOT NULL THEN {whole} END",
    )


def _mapped(bound: Bound, text: str, column: Column) -> Bound:
    """The value map of a column: `text` is the API's value."""
    named = column.values or {}
    whens = " ".join(
        f"WHEN {literal(name)} THEN {casts.constant(to, column)}" for name, to in named.items()
    )
    otherwise = bound.value if column.otherwise == "keep" else f"NULL::{casts.sql_type(column)}"
    is_named = f"{text} IN ({', '.join(literal(name) for name in named)})"
    needed = "false" if column.otherwise == "null" else bound.needed
    keeps_cut = bound.is_cut and column.otherwise == "keep"
    return Bound(
        f"CASE {text} {whens} ELSE {otherwise} END",
        needed=f"CASE WHEN {is_named} THEN false ELSE {needed} END",
        given=bound.given,
        shown=bound.shown,
        whole=f"CASE WHEN NOT {is_named} THEN {bound.whole} END" if keeps_cut else NOT_CUT,
    )


def _bind_time(raw: Fields, path: str | None, name: str, inputs: Fields) -> BoundTime:
    if path is None or column_of(path) not in raw:
        return BoundTime("NULL::TIMESTAMP", "false", "NULL")
    inputs[name] = raw[column_of(path)]
    kind = casts.source_kind(inputs[name].type) or ""
    if kind != "string":
        return BoundTime("NULL::TIMESTAMP", f"({name} IS NOT NULL)", name)
    given = casts.given(name, kind, "timestamp")
    return BoundTime(casts.moment(given, kind), f"({given} IS NOT NULL)", name)
