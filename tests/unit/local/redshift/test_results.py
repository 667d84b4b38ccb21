from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from cwp_local.redshift import results
from cwp_local.redshift.errors import ApiError, SqlError
from cwp_local.redshift.results import ResultColumn, ResultSet, field_of
from cwp_local.redshift.sql.types import RedshiftType
from tests.unit.local.redshift.runner import Sql


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, {"isNull": True}),
        (True, {"booleanValue": True}),
        (7, {"longValue": 7}),
        (2**63, {"stringValue": "9223372036854775808"}),
        (0.5, {"doubleValue": 0.5}),
        ("x", {"stringValue": "x"}),
        (Decimal("1.50"), {"stringValue": "1.50"}),
        (Decimal("0E-10"), {"stringValue": "0.0000000000"}),
        (date(2026, 1, 2), {"stringValue": "2026-01-02"}),
        (time(3, 4, 5), {"stringValue": "03:04:05"}),
        (datetime(2026, 1, 2, 3, 4, 5), {"stringValue": "2026-01-02 03:04:05"}),  # noqa: DTZ001 - a TIMESTAMP
        (datetime(2026, 1, 2, 3, 4, 5, 120_000), {"stringValue": "2026-01-02 03:04:05.12"}),  # noqa: DTZ001 - a TIMESTAMP
        (b"\x01\xff", {"stringValue": "01ff"}),
        ({"a": [1]}, {"stringValue": '{"a":[1]}'}),
    ],
)
def test_fields(value: Any, field: dict[str, Any]) -> None:
    assert field_of(value) == field


def _result(rows: int) -> ResultSet:
    column = ResultColumn("n", RedshiftType("bigint"))
    return ResultSet((column,), tuple([{"longValue": n}] for n in range(rows)), size=rows)


def test_pages_hold_all_rows_once_and_in_order() -> None:
    result = _result(2_500)
    seen: list[int] = []
    token: str | None = None
    pages = 0
    while True:
        page = result.page(token)
        pages += 1
        assert page["TotalNumRows"] == 2_500
        seen += [row[0]["longValue"] for row in page["Records"]]
        token = page.get("NextToken")
        if token is None:
            break
    assert pages == 3
    assert seen == list(range(2_500))


def test_an_empty_result_has_columns_and_one_page() -> None:
    page = _result(0).page(None)
    assert page["Records"] == ()
    assert [column["name"] for column in page["ColumnMetadata"]] == ["n"]
    assert "NextToken" not in page


@pytest.mark.parametrize("token", ["x", "-1", "99999"])
def test_a_foreign_token_is_refused(token: str) -> None:
    with pytest.raises(ApiError, match="Invalid NextToken"):
        _result(5).page(token)


def test_metadata_of_a_decimal() -> None:
    metadata = ResultColumn("price", RedshiftType("numeric", precision=18, scale=4)).metadata()
    assert metadata["typeName"] == "numeric"
    assert (metadata["precision"], metadata["scale"]) == (18, 4)
    assert metadata["label"] == metadata["name"] == "price"


def test_a_result_that_is_too_large_fails(sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "LARGEST_RESULT", 10)
    with pytest.raises(SqlError, match="the result is larger than"):
        sql("SELECT REPEAT('x', 11)")
    assert sql("SELECT REPEAT('x', 10)") == [("x" * 10,)]


def test_times_with_a_zone_are_text_in_utc(sql: Sql) -> None:
    sql("CREATE TABLE t (n INT, at TIMESTAMPTZ)")
    sql("INSERT INTO t VALUES (1, '2026-01-02 03:04:05+01'), (2, NULL)")
    assert sql("SELECT at, n FROM t ORDER BY n") == [("2026-01-02 02:04:05+00", 1), (None, 2)]
    assert sql.labels("SELECT at FROM t") == [("at", "timestamptz")]
