from typing import Any

import pytest

from cwp_local.redshift.errors import ApiError
from cwp_local.redshift.request_check import check_request

GOOD = {"Sqls": ["SELECT 1"], "Database": "dev", "WorkgroupName": "connectwise-local"}
IDENTITY = "d9b6c0c9-0747-4bf4-b142-e8883122f766"


def test_a_good_request_passes_and_null_is_absent() -> None:
    assert check_request("BatchExecuteStatement", GOOD | {"StatementName": None}) == GOOD


def test_members_the_model_lacks_are_ignored() -> None:
    assert check_request("DescribeStatement", {"Id": IDENTITY, "New": 1})["Id"] == IDENTITY


@pytest.mark.parametrize("identity", [IDENTITY, f"{IDENTITY}:2", f"{IDENTITY}:40"])
def test_ids_of_statements_and_parts(identity: str) -> None:
    check_request("DescribeStatement", {"Id": identity})


@pytest.mark.parametrize(
    ("operation", "body", "words"),
    [
        ("BatchExecuteStatement", [], "not a JSON object"),
        (
            "BatchExecuteStatement",
            {},
            "'sqls' failed to satisfy constraint: Member must not be null",
        ),
        ("BatchExecuteStatement", GOOD | {"Sqls": []}, "'sqls' failed to satisfy constraint"),
        ("BatchExecuteStatement", GOOD | {"Sqls": ["a"] * 41}, "less than or equal to 40"),
        ("BatchExecuteStatement", GOOD | {"Sqls": [1]}, "'sqls.1.member' must be of type string"),
        (
            "BatchExecuteStatement",
            GOOD | {"StatementName": "x" * 2049},
            "less than or equal to 2048",
        ),
        ("BatchExecuteStatement", GOOD | {"ClientToken": "x" * 65}, "less than or equal to 64"),
        ("BatchExecuteStatement", GOOD | {"WorkgroupName": "My Group"}, "regular expression"),
        ("BatchExecuteStatement", GOOD | {"ExecutionMode": "BOTH"}, "enum value set"),
        ("BatchExecuteStatement", GOOD | {"WaitTimeSeconds": 31}, "less than or equal to 30"),
        ("BatchExecuteStatement", GOOD | {"WithEvent": "yes"}, "must be of type boolean"),
        ("BatchExecuteStatement", GOOD | {"WaitTimeSeconds": True}, "must be of type integer"),
        (
            "ExecuteStatement",
            {"Sql": "SELECT :a", "Parameters": [{"name": "a b", "value": "1"}]},
            "'parameters.1.member.name'",
        ),
        ("DescribeStatement", {"Id": "nonsense"}, "'id' failed to satisfy constraint"),
    ],
)
def test_wrong_requests(operation: str, body: Any, words: str) -> None:
    with pytest.raises(ApiError) as refused:
        check_request(operation, body)
    assert refused.value.code == "ValidationException"
    assert words in str(refused.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ApiError, match=r"^2 validation errors detected: "):
        check_request("BatchExecuteStatement", GOOD | {"Sqls": [], "WaitTimeSeconds": 0})
