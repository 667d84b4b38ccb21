"""No member of a request is passed over: each is read, or refused with words that name it."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.model import Shape, StructureShape

from cwp_local.redshift.errors import ApiError
from cwp_local.redshift.execute import Execution
from cwp_local.redshift.faults import Faults
from cwp_local.redshift.history import History
from cwp_local.redshift.operations import Operations
from cwp_local.redshift.request_check import check_request, model
from cwp_local.redshift.results import ResultSet
from cwp_local.redshift.sessions import Sessions
from cwp_local.redshift.statements import FINISHED, Outcome, Submission
from cwp_local.redshift.warehouse import Warehouse
from cwp_local.redshift.worker import Worker
from tests.unit.local.redshift.fakes import FakeObjects
from tests.unit.local.redshift.runner import Sql

#: What a request must have to be looked at closely, beside an Id.
NEEDED = {"Sql": "SELECT :a", "Sqls": ["SELECT :a"], "Table": "t"} | {
    "WorkgroupName": "local",
    "Database": "dev",
    "Parameters": [{"name": "a", "value": "1"}],
}
SAMPLES: dict[str, Any] = {
    "ClusterIdentifier": "cluster",
    "ConnectedDatabase": "other",
    "ExecutionMode": "AUTO_COMMIT",
    "ResultFormat": "CSV",
    "RoleLevel": False,
    "SessionId": "d9b6c0c9-0747-4bf4-b142-e8883122f766",
}


class Watched(dict[str, Any]):
    """A body that remembers what was asked of it."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(body)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)


class Calls:
    """The calls, over a worker that never starts, and an ended statement for each format."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.history, faults = History(_clock), Faults()
        sessions = Sessions(warehouse, _clock)
        execution = Execution(self.history, FakeObjects(), faults)
        worker = Worker(warehouse, self.history, execution, faults, sessions, lambda _: None)
        self.by_name = Operations(self.history, worker, faults, sessions, warehouse).calls
        self.ids = {kept: self._ended(kept) for kept in ("JSON", "CSV")}

    def _ended(self, kept: str) -> str:
        one = Submission(("SELECT 1",), "dev", "local", is_batch=False, result_format=kept)
        statement, _ = self.history.submit(one, "")
        self.history.end_part(statement.parts[0], Outcome(0, ResultSet((), (), 0)))
        self.history.end(statement, FINISHED)
        return statement.id


def _clock() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def calls(warehouse: Warehouse, sql: Sql) -> Calls:
    sql("CREATE TABLE t (n INT)")
    return Calls(warehouse)


def _sample(name: str, shape: Shape) -> Any:
    if name in SAMPLES or name in NEEDED:
        return SAMPLES.get(name, NEEDED.get(name))
    if "enum" in shape.metadata:
        return shape.metadata["enum"][-1]
    return {"boolean": True, "integer": 1}.get(shape.type_name, "x")


def _body(calls: Calls, operation: str, name: str, value: Any) -> dict[str, Any]:
    ids = {"Id": calls.ids["CSV" if operation.endswith("V2") else "JSON"]}
    body = {key: known for key, known in (NEEDED | ids).items() if key in _inputs(operation)}
    if name == "SessionId":
        # It has these of its own.
        body = {key: body[key] for key in body if key not in {"WorkgroupName", "Database"}}
    return {name: value} | body if name in ids else body | {name: value}


def _inputs(operation: str) -> dict[str, Shape]:
    shape = model().operation_model(operation).input_shape
    assert isinstance(shape, StructureShape)
    return dict(shape.members)


@pytest.mark.parametrize(
    ("operation", "name"),
    [(operation, name) for operation in model().operation_names for name in _inputs(operation)],
)
def test_a_member_is_read_or_refused(calls: Calls, operation: str, name: str) -> None:
    value = _sample(name, _inputs(operation)[name])
    body = Watched(check_request(operation, _body(calls, operation, name, value)))
    with suppress(ApiError):
        calls.by_name[operation](body)
    assert name in body.asked


def test_every_call_of_the_model_is_here(calls: Calls) -> None:
    assert set(calls.by_name) == set(model().operation_names)
