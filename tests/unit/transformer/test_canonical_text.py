"""The texts and hashes are promises: what they were yesterday is in every index."""

import hashlib
from typing import Any

import pyarrow as pa
import pytest

from cwp_shared.mapping import Column
from cwp_transformer import canonical_text
from cwp_transformer.canonical_text import Attribute
from cwp_transformer.engine import query


def one(sql: str) -> Any:
    return query(f"SELECT {sql} AS x")["x"][0].as_py()


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("5::BIGINT", "bigint", "5"),
        ("5::INTEGER", "integer", "5"),
        ("5::DECIMAL(18,4)", "decimal", "5"),
        ("5.5::DECIMAL(18,4)", "decimal", "5.5"),
        ("100::DECIMAL(18,0)", "decimal", "100"),
        ("0.0::DECIMAL(18,4)", "decimal", "0"),
        ("5::DOUBLE", "double precision", "5"),
        ("-0.0::DOUBLE", "double precision", "0"),
        ("0.1::DOUBLE", "double precision", "0.1"),
        ("true", "boolean", "true"),
        ("DATE '2026-01-02'", "date", "2026-01-02"),
        ("TIMESTAMP '2026-01-02 03:04:05'", "timestamp", "2026-01-02T03:04:05Z"),
        ("TIMESTAMP '2026-01-02 03:04:05.25'", "timestamp", "2026-01-02T03:04:05.25Z"),
        ("'héllo '", "varchar", "héllo "),
        ("NULL::DECIMAL(18,4)", "decimal", None),
        ("NULL::TIMESTAMP", "timestamp", None),
    ],
)
def test_text_of_each_type(value: str, kind: str, text: str | None) -> None:
    assert one(canonical_text.text(value, kind)) == text


def test_surrogate_key_is_md5_of_netstrings_and_microseconds() -> None:
    columns = [
        Column.model_validate({"name": name, "type": "varchar(9)", "from": name}) for name in "ab"
    ]
    key = canonical_text.key_text("acme", "tickets", columns, ["'é'", "''"])
    start = "TIMESTAMP '2026-01-02 03:04:05'"
    encoded = "4:acme,7:tickets,2:é,0:,1767323045000000"
    expected = hashlib.md5(encoded.encode(), usedforsecurity=False).hexdigest()
    assert one(canonical_text.surrogate_key(key, start)) == expected


def test_change_hash_sorts_by_name_and_leaves_null_out() -> None:
    texts = {"b": "'x'", "a": "''", "c": "NULL::VARCHAR"}
    found = one(canonical_text.change_hash(Attribute(name, sql) for name, sql in texts.items()))
    expected = hashlib.md5(b"\0a=\0b=x", usedforsecurity=False).digest()
    assert found == expected


def test_change_hash_of_a_full_column_is_the_same() -> None:
    pair = [Attribute("a", "'x'"), Attribute("b", "'y'")]
    full = [attribute._replace(is_full=True) for attribute in pair]
    assert one(canonical_text.change_hash(pair)) == one(canonical_text.change_hash(full))


def test_no_attributes_have_a_hash_too() -> None:
    assert one(canonical_text.change_hash([])) == hashlib.md5(usedforsecurity=False).digest()


def test_names_with_quotes_do_not_leave_their_literal() -> None:
    columns = [Column.model_validate({"name": "a", "type": "bigint", "from": "a"})]
    table = pa.table({"k": [1]})
    sql = canonical_text.key_text("o'neil", "t", columns, ["k"])
    assert query(f"SELECT {sql} AS x FROM t", t=table)["x"][0].as_py() == "6:o'neil,1:t,1:1,"
