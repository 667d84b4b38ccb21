from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from cwp_shared.mapping import Column
from cwp_transformer.casts import cast, given, source_kind
from cwp_transformer.engine import query

MISFIT = object()


def taken(value: Any, column_type: str) -> Any:
    """What a raw value becomes in a column of the type; MISFIT if it does not fit."""
    raw = pa.array([value])
    kind = source_kind(raw.type)
    assert kind
    column = Column.model_validate({"name": "x", "type": column_type, "from": "x"})
    something = f"{given('raw', kind, column.kind)} IS NOT NULL"
    sql = f"SELECT {cast('raw', kind, column)} AS value, {something} AS given FROM t"
    row = query(sql, t=pa.table({"raw": raw})).to_pylist()[0]
    return MISFIT if row["given"] and row["value"] is None else row["value"]


@pytest.mark.parametrize(
    ("value", "column_type", "expected"),
    [
        (7, "bigint", 7),
        (7.0, "bigint", 7),
        ("7", "bigint", 7),
        ("7.0", "bigint", 7),
        (" -7 ", "bigint", -7),
        (7.5, "bigint", MISFIT),
        ("7.5", "bigint", MISFIT),
        ("seven", "bigint", MISFIT),
        (True, "bigint", MISFIT),
        (2**31, "integer", MISFIT),
        (2**31 - 1, "integer", 2**31 - 1),
        (1e300, "bigint", MISFIT),
        ("", "bigint", None),
        (0.285, "decimal(18,2)", Decimal("0.29")),
        (0.1 + 0.2, "decimal(18,4)", Decimal("0.3000")),
        (-2.5, "decimal(18,4)", Decimal("-2.5000")),
        (3, "decimal(18,4)", Decimal("3.0000")),
        ("12.50", "decimal(18,4)", Decimal("12.5000")),
        ("1e3", "decimal(18,4)", Decimal("1000.0000")),
        ("+.5", "decimal(18,4)", Decimal("0.5000")),
        ("12,50", "decimal(18,4)", MISFIT),
        ("$5", "decimal(18,4)", MISFIT),
        (1e15, "decimal(18,4)", MISFIT),
        (float("inf"), "decimal(18,4)", MISFIT),
        ("", "decimal(18,4)", None),
        (2, "double precision", 2.0),
        ("2.5", "double precision", 2.5),
        ("nan", "double precision", MISFIT),
        ("1e999", "double precision", MISFIT),
        (True, "boolean", True),
        ("False", "boolean", False),
        (1, "boolean", True),
        (0.0, "boolean", False),
        (2, "boolean", MISFIT),
        ("yes", "boolean", MISFIT),
        ("", "boolean", None),
        ("", "varchar(5)", ""),
        ("hello", "varchar(5)", "hello"),
        ("héllo", "varchar(5)", MISFIT),
        ("a\0b", "varchar(2)", "ab"),
        (12, "varchar(5)", "12"),
        (1.5, "varchar(5)", "1.5"),
        (2.0, "varchar(5)", "2"),
        (-1234567890123456.0, "varchar(20)", "-1234567890123456"),
        (float(2**53), "varchar(20)", str(2**53)),
        (1e300, "varchar(20)", "1e+300"),
        (True, "varchar(5)", "true"),
        ("2018-05-04T16:06:39Z", "timestamp", datetime(2018, 5, 4, 16, 6, 39)),  # noqa: DTZ001 - UTC without a zone
        ("2018-05-04T16:06:39.25", "timestamp", datetime(2018, 5, 4, 16, 6, 39, 250_000)),  # noqa: DTZ001 - UTC without a zone
        ("2018-05-04T16:06:39+05:30", "timestamp", datetime(2018, 5, 4, 10, 36, 39)),  # noqa: DTZ001 - UTC without a zone
        ("2018-05-04T16:06:39-0530", "timestamp", datetime(2018, 5, 4, 21, 36, 39)),  # noqa: DTZ001 - UTC without a zone
        ("2018-05-04", "timestamp", datetime(2018, 5, 4)),  # noqa: DTZ001 - UTC without a zone
        ("1800-01-01T08:00:00Z", "timestamp", None),
        ("0001-01-01T00:00:00Z", "date", None),
        ("1801-01-01T00:00:00Z", "date", date(1801, 1, 1)),
        ("1200 hours", "timestamp", MISFIT),
        ("2018-13-04T16:06:39Z", "timestamp", MISFIT),
        ("04/05/2018", "timestamp", MISFIT),
        ("infinity", "timestamp", MISFIT),
        ("epoch", "timestamp", MISFIT),
        (1525449999, "timestamp", MISFIT),
        ("", "timestamp", None),
        ("2018-05-17T00:00:00Z", "date", date(2018, 5, 17)),
        ("soon", "date", MISFIT),
    ],
)
def test_what_fits_and_what_does_not(value: Any, column_type: str, expected: Any) -> None:
    found = taken(value, column_type)
    assert found is expected if expected is MISFIT else found == expected


@pytest.mark.parametrize(
    ("arrow_type", "kind"),
    [
        (pa.int64(), "int"),
        (pa.float64(), "float"),
        (pa.bool_(), "bool"),
        (pa.large_string(), "string"),
        (pa.list_(pa.int64()), None),
        (pa.timestamp("us"), None),
    ],
)
def test_kinds_of_raw_columns(arrow_type: pa.DataType, kind: str | None) -> None:
    assert source_kind(arrow_type) == kind
