"""Every statement is Redshift SQL, within the Data API's limits, and recorded for review.

To record anew after a wanted change: `RECORD_GOLDEN=1 pytest tests/unit/loader/test_sql.py`.
"""

import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from cwp_loader import repair_sql, schema_sql, sql
from cwp_loader.layout import Columns, Shape, warehouse_columns
from cwp_loader.table import TableRef
from cwp_shared.events import WarehouseLayout
from tests.unit.loader.fakes import COLUMNS, ROLE, SHAPE, WIDER, columns

TABLE = TableRef("acme-north", "tickets")
LOAD_ID = "0123456789abcdef0123456789abcdef"
GOLDEN = Path(__file__).parent / "golden"

logging.getLogger("sqlglot").setLevel(logging.ERROR)


def plan(file_columns: Columns = COLUMNS) -> sql.Load:
    return sql.Load(
        load_id=LOAD_ID,
        first=5,
        last=7,
        rows=1234,
        columns=file_columns,
        manifest_url=f"s3://bucket/acme-north/canonical/tickets/manifests/{LOAD_ID}.json",
        copy_role_arn=ROLE,
    )


def shape(file_columns: Columns) -> Shape:
    return Shape(warehouse_columns(file_columns), ("id",))


NONE = Shape((), ())
BATCHES = {
    "prepare": schema_sql.prepare(TABLE, 4),
    "create": schema_sql.shape(TABLE, NONE, SHAPE, LOAD_ID, 0),
    "widen": schema_sql.widen(TABLE, SHAPE, shape(WIDER)),
    "grow": schema_sql.shape(TABLE, SHAPE, shape(WIDER), LOAD_ID, 4),
    "load": sql.load(TABLE, plan()),
    "probe": repair_sql.probe(plan()),
    "set_aside": repair_sql.set_aside(TABLE, 5, LOAD_ID, "Spectrum Scan Error\n  it's \\ broken"),
    "rewind": repair_sql.rewind(TABLE, 5),
}
STATEMENTS = [(name, text) for name, batch in BATCHES.items() for text in batch]


@pytest.mark.parametrize("name", BATCHES)
def test_batches_are_as_recorded(name: str) -> None:
    text = "".join(f"{statement};\n\n" for statement in BATCHES[name])
    path = GOLDEN / f"{name}.sql"
    if os.environ.get("RECORD_GOLDEN"):
        path.write_text(text)
    assert path.read_text() == text


@pytest.mark.parametrize(("name", "text"), STATEMENTS)
def test_statements_are_redshift_sql(name: str, text: str) -> None:
    (tree,) = sqlglot.parse(text, read="redshift")
    assert tree is not None, name
    assert not isinstance(tree, exp.Command), name


@pytest.mark.parametrize(("name", "text"), STATEMENTS)
def test_statements_keep_redshifts_limits(name: str, text: str) -> None:
    assert len(text.encode()) < 100_000
    # It commits, in the middle of the transaction.
    assert "TRUNCATE" not in text.upper(), name


@pytest.mark.parametrize(("name", "text"), STATEMENTS)
def test_every_name_is_quoted(name: str, text: str) -> None:
    (tree,) = sqlglot.parse(text, read="redshift")
    assert tree is not None
    loose = {part.name for part in tree.find_all(exp.Identifier) if not part.args.get("quoted")}
    assert loose <= {"EPOCH"}, name


def test_failing_statements_are_where_settle_looks_for_them() -> None:
    load = BATCHES["load"]
    assert '"guard"' in load[sql.GUARD]
    assert '"row_count"' in load[sql.ROW_COUNT]
    assert load[sql.COPY].startswith("COPY")
    assert BATCHES["probe"][repair_sql.PROBE_COPY].startswith("COPY")
    assert '"guard"' in BATCHES["set_aside"][sql.GUARD]


@pytest.mark.parametrize("name", ["prepare", "create", "grow", "set_aside", "rewind"])
def test_reads_are_where_settle_looks_for_them(name: str) -> None:
    batch = BATCHES[name]
    assert '"all_rows"' in batch[schema_sql.READ_POSITION]
    assert '"column_type"' in batch[schema_sql.READ_COLUMNS]


def test_the_guard_comes_before_anything_is_written() -> None:
    assert BATCHES["load"][0].startswith("SELECT 1 /")


def test_copy_names_all_columns_of_the_file_in_its_order() -> None:
    (copy,) = (text for text in BATCHES["load"] if text.startswith("COPY"))
    assert '("op", "sk", "tenant_id", "id", ' in copy
    assert copy.count('"') == 2 * (len(COLUMNS) + 1)


def test_json_is_staged_as_text_and_parsed_on_the_way_in() -> None:
    batch = "\n".join(BATCHES["load"])
    assert '"tags" VARCHAR(65535)' in batch
    assert 'JSON_PARSE("tags")' in batch


def test_a_table_gets_at_most_a_batch_of_new_columns_at_once() -> None:
    many = (*WIDER, *columns(", ".join(f"c{n} bigint" for n in range(60))))
    batch = schema_sql.shape(TABLE, SHAPE, shape(many), LOAD_ID, 4)
    assert len(batch) == 40
    assert '"c31"' in batch[33]
    assert not any('"c32"' in text for text in batch)


def test_a_wide_table_fits_too() -> None:
    wide = (*COLUMNS, *columns(", ".join(f"{'c' * 58}_{n} super" for n in range(400))))
    batch = sql.load(TABLE, plan(wide))
    batch += schema_sql.shape(TABLE, NONE, shape(wide), LOAD_ID, 0)
    assert max(len(text.encode()) for text in batch) < 100_000


@pytest.mark.parametrize(
    ("by", "style"),
    [("all", "DISTSTYLE ALL"), ("auto", "DISTSTYLE AUTO"), ("id", 'DISTSTYLE KEY DISTKEY ("id")')],
)
def test_a_table_is_stored_as_its_mapping_says(by: str, style: str) -> None:
    layout = WarehouseLayout(sort_by=("id", "effective_from"), distribute_by=by)
    batch = schema_sql.shape(TABLE, NONE, replace(SHAPE, layout=layout), LOAD_ID, 0)
    assert batch[0].endswith(f'{style} SORTKEY ("id", "effective_from")')


def test_the_registry_learns_of_longer_texts_only_after_the_table_has_them() -> None:
    assert not any("load_columns" in text for text in BATCHES["widen"])
    assert any('SET "column_type"' in text for text in BATCHES["grow"])
