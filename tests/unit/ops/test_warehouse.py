from dataclasses import dataclass, field
from typing import Any

import pytest

from cwp_ops.errors import OperatorError
from cwp_ops.warehouse import Warehouse, quoted
from tests.unit.ops.fakes import refused


@dataclass
class FakeDataApi:
    """A statement that is running at first, and a result in two pages."""

    status: str = "FINISHED"
    error: str = ""
    has_result: bool = True
    asked: list[dict[str, Any]] = field(default_factory=list)
    describes: int = 0

    def execute_statement(self, **request: Any) -> dict[str, str]:
        self.asked.append(request)
        if request["Sql"] == "refused":
            raise refused("ValidationException")
        return {"Id": "s1"}

    def describe_statement(self, Id: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        assert Id == "s1"
        self.describes += 1
        status = "STARTED" if self.describes < 3 else self.status
        return {"Status": status, "Error": self.error, "HasResultSet": self.has_result}

    def get_statement_result(self, Id: str, NextToken: str = "") -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert Id == "s1"
        metadata = [{"name": "n"}, {"name": "t"}]
        if not NextToken:
            first = [[{"longValue": 1}, {"stringValue": "a"}]]
            return {"ColumnMetadata": metadata, "Records": first, "NextToken": "2"}
        return {
            "ColumnMetadata": metadata,
            "Records": [[{"isNull": True}, {"booleanValue": False}]],
        }


def warehouse(api: FakeDataApi) -> Warehouse:
    return Warehouse(api, "local", "warehouse", sleep=lambda _: None)


def test_a_result_is_read_to_its_end() -> None:
    answer = warehouse(FakeDataApi()).query("select 1")
    assert answer.columns == ("n", "t")
    assert answer.rows == [(1, "a"), (None, False)]
    assert answer.records()[0] == {"n": 1, "t": "a"}


def test_parameters_travel_beside_the_statement() -> None:
    api = FakeDataApi()
    warehouse(api).query("select :x", x="1'; drop")
    assert api.asked[0]["Parameters"] == [{"name": "x", "value": "1'; drop"}]


def test_a_statement_without_a_result_has_no_rows() -> None:
    assert warehouse(FakeDataApi(has_result=False)).query("create schema x").rows == []


def test_a_failed_statement_ends_with_the_warehouses_words() -> None:
    api = FakeDataApi(status="FAILED", error='relation "x" does not exist')
    with pytest.raises(OperatorError, match='relation "x" does not exist'):
        warehouse(api).query("select * from x")


def test_a_refused_statement_is_said_so() -> None:
    with pytest.raises(OperatorError, match="did not take"):
        warehouse(FakeDataApi()).query("refused")


def test_names_are_quoted_whatever_letters_they_have() -> None:
    assert quoted("acme-1", 'ti"ckets') == '"acme-1"."ti""ckets"'
