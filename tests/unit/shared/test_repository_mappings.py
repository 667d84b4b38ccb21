"""The mappings of this repository: complete, of one style, and told in the README."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cwp_shared.catalogue import entity_fields, field_type
from cwp_shared.mapping import Column, Mapping
from cwp_shared.mapping_files import read_mappings
from cwp_shared.tables import source_table, source_tables

ROOT = Path(__file__).resolve().parents[3]
ALL = read_mappings(ROOT / "mappings")
MAPPINGS = {mapping.table: mapping for mapping in ALL.valid}
README = (ROOT / "README.md").read_text("utf-8")

each_mapping = pytest.mark.parametrize("table", MAPPINGS)


def columns() -> Iterator[tuple[Mapping, Column, str]]:
    """Every column, with each path that it reads and the catalogue's type of it."""
    for mapping in MAPPINGS.values():
        for column in mapping.columns:
            for path in column.paths:
                yield mapping, column, field_type(source_table(mapping.source).path, path)


def test_every_source_table_is_mapped() -> None:
    assert ALL.broken == ()
    assert {mapping.source for mapping in MAPPINGS.values()} == set(source_tables())


@each_mapping
def test_every_field_is_mapped_or_left_out_for_a_reason(table: str) -> None:
    mapping = MAPPINGS[table]
    source = source_table(mapping.source)
    read = {path.partition("/")[0] for path in mapping.paths}
    out = set(mapping.left_out)
    assert read & out == set()
    assert set(entity_fields(source.path)) - {"_info"} == (
        (read | out | set(source.sensitive_fields)) - {"_info"}
    )


@each_mapping
def test_a_mapping_begins_with_its_key_and_names_the_schema(table: str) -> None:
    mapping = MAPPINGS[table]
    assert mapping.columns[: len(mapping.key)] == mapping.key_columns
    assert mapping.schema_reference == "./mapping.schema.json"
    touched = [c.history for c in mapping.columns if c.name == "updated_by"]
    # A record of no lastUpdated has no updatedBy either.
    assert touched == (["ignored"] if mapping.updated_at else [])


def test_names_say_what_kind_of_value_a_column_has() -> None:
    for mapping, column, _ in columns():
        name = f"{mapping.table}.{column.name}"
        assert (column.kind == "boolean") == column.name.startswith(("is_", "has_")), name
        assert (column.kind == "timestamp") == column.name.endswith("_at"), name
        assert (column.kind == "date") == column.name.endswith("_date"), name


def test_types_follow_from_what_the_api_documents() -> None:
    for mapping, column, kind in columns():
        name = f"{mapping.table}.{column.name}"
        if kind == "double":
            assert column.type == "decimal(18,4)", name
        if documented := re.fullmatch(r"string\((\d+)\)", kind):
            wanted = min(4 * int(documented[1]), 65_535)
            assert column.kind != "varchar" or column.sizes[0] >= wanted, name
        if kind.startswith("enum:"):
            assert column.sizes[0] >= max(map(len, kind.removeprefix("enum:").split("|"))), name
        if kind.startswith("[]") and not kind.endswith("CustomFieldValue"):
            assert column.as_set, name


def test_the_longest_texts_are_cut_and_nothing_else_is() -> None:
    for mapping, column, _ in columns():
        is_longest = column.type == "varchar(65535)"
        assert (column.too_long == "cut") == is_longest, f"{mapping.table}.{column.name}"


def test_one_name_has_one_type_in_all_tables() -> None:
    kinds: dict[str, set[str]] = {}
    for _, column, _ in columns():
        kinds.setdefault(column.name, set()).add(column.kind)
    assert {name: found for name, found in kinds.items() if len(found) > 1} == {}


@each_mapping
def test_a_file_is_laid_out_like_the_others(table: str) -> None:
    text = (ROOT / "mappings" / f"{table}.json").read_text("utf-8")
    for column in json.loads(text)["columns"]:
        members = ", ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in column.items())
        assert f"\n    {{ {members} }}" in text


def test_the_readme_lists_every_table_and_where_it_comes_from() -> None:
    listed = dict(
        re.findall(r"^\| \[`(\w+)`\]\(mappings/\1\.json\) \| `([^`]+)` \|", README, re.MULTILINE)
    )
    assert listed == {m.table: source_table(m.source).path for m in MAPPINGS.values()}
