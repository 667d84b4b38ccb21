"""Runs Redshift's SQL on a warehouse in memory, as the worker does, without the API around it."""

from collections.abc import Mapping
from typing import Any

from cwp_local.redshift.copy.command import CopyCommand
from cwp_local.redshift.sql.catalog import Context
from cwp_local.redshift.sql.plan import plan
from cwp_local.redshift.sql.types import RedshiftType
from cwp_local.redshift.warehouse import Session


class Sql:
    """One session; statements commit by themselves."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.in_batch = False

    def __call__(self, text: str, parameters: Mapping[str, str] | None = None) -> Any:
        """Run a statement: rows of a query, a count of rows changed, or None."""
        context = Context(self.session, "dev", in_batch=self.in_batch)
        steps = plan(text, parameters or {}, context)
        assert not isinstance(steps, CopyCommand)
        if steps.gives == "nothing":
            for step in steps.statements:
                self.session.run(step)
            return None
        for step in steps.statements[:-1]:
            self.session.run(step)
        if steps.gives == "count":
            return self.session.count(steps.statements[-1])
        records = self.session.rows(steps.statements[-1]).records
        return [tuple(map(_value, record)) for record in records]

    def value(self, expression: str, parameters: Mapping[str, str] | None = None) -> Any:
        """The value of one expression."""
        rows = self(f"SELECT {expression}", parameters)
        return rows[0][0]

    def labels(self, query: str) -> list[tuple[str, str]]:
        """Names and types of a query's columns."""
        return [(name, wire) for name, wire, _ in self.types(query)]

    def types(self, query: str) -> list[tuple[str, str, str]]:
        """Names, types and, of a DECIMAL, `(precision,scale)`."""
        steps = plan(query, {}, Context(self.session, "dev"))
        assert not isinstance(steps, CopyCommand)
        return [
            (column.name, column.type.wire, _sizes(column.type))
            for column in self.session.rows(steps.statements[0]).columns
        ]


def _sizes(kind: RedshiftType) -> str:
    return "" if kind.precision is None else f"({kind.precision},{kind.scale})"


def _value(field: dict[str, Any]) -> Any:
    return None if field.get("isNull") else next(iter(field.values()))
