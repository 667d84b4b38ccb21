"""Asking the warehouse, through the Redshift Data API."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cwp_ops.errors import OperatorError

_ENDED = frozenset({"FINISHED", "FAILED", "ABORTED"})
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Answer:
    """A statement's result; a statement without one has no columns."""

    columns: tuple[str, ...]
    rows: list[Row]

    def records(self) -> list[dict[str, Any]]:
        """Each row by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class Warehouse:
    """One workgroup and database."""

    def __init__(
        self,
        client: Any,
        workgroup: str,
        database: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._workgroup = workgroup
        self._database = database
        self._sleep = sleep

    def query(self, sql: str, **parameters: str) -> Answer:
        """Run one statement (`:name` stands for a parameter) and return its rows.

        Raises:
            OperatorError: the warehouse refused it, in the warehouse's own words.
        """
        request: dict[str, Any] = {"Sql": sql}
        if parameters:
            request["Parameters"] = [{"name": n, "value": v} for n, v in parameters.items()]
        statement_id = self._submit(self._client.execute_statement, request)
        if not self._finished(statement_id).get("HasResultSet"):
            return Answer((), [])
        return self._result(statement_id)

    def run(self, *sqls: str) -> None:
        """Run statements in one transaction.

        Raises:
            OperatorError: the warehouse refused one, in the warehouse's own words; none counts.
        """
        self._finished(self._submit(self._client.batch_execute_statement, {"Sqls": list(sqls)}))

    def has_table(self, schema: str, table: str) -> bool:
        """Whether the table exists."""
        answer = self.query(
            "SELECT count(*) FROM information_schema.tables "
            "WHERE table_schema = :schema AND table_name = :name",
            schema=schema,
            name=table,
        )
        return bool(answer.rows[0][0])

    def _submit(self, call: Callable[..., Any], statement: dict[str, Any]) -> str:
        try:
            answer = call(WorkgroupName=self._workgroup, Database=self._database, **statement)
        except ClientError as error:
            message = error.response.get("Error", {}).get("Message", str(error))
            raise OperatorError(f"the warehouse did not take the statement: {message}") from error
        return str(answer["Id"])

    def _finished(self, statement_id: str) -> dict[str, Any]:
        described = self._wait(statement_id)
        if described["Status"] != "FINISHED":
            raise OperatorError(f"the warehouse says: {described.get('Error', 'aborted')}")
        return described

    def _wait(self, statement_id: str) -> dict[str, Any]:
        pause = _FIRST_PAUSE_S
        while True:
            described: dict[str, Any] = self._client.describe_statement(Id=statement_id)
            if described["Status"] in _ENDED:
                return described
            self._sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def _result(self, statement_id: str) -> Answer:
        columns: tuple[str, ...] = ()
        rows: list[Row] = []
        request = {"Id": statement_id}
        while True:
            page = self._client.get_statement_result(**request)
            columns = columns or tuple(column["name"] for column in page["ColumnMetadata"])
            rows += [tuple(_value(field) for field in record) for record in page["Records"]]
            if not page.get("NextToken"):
                return Answer(columns, rows)
            request["NextToken"] = page["NextToken"]


def quoted(*names: str) -> str:
    """`"acme"."tickets"`: names as the warehouse takes them, whatever letters they have."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def _value(field: dict[str, Any]) -> Any:
    """`{"longValue": 3}` is 3, `{"isNull": true}` is None."""
    return None if field.get("isNull") else next(iter(field.values()))
