"""A warehouse in memory that runs the loader's own SQL: DuckDB, translated by sqlglot.

Deliberately small and separate from the local Redshift of the embedded cloud: two translations by
different hands rarely share a mistake.
"""

import json
import re
from functools import lru_cache
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel

from tests.unit.loader.fakes import TABLE

Row = dict[str, Any]


class Lake:
    """S3 as far as COPY sees it: manifests, and files as lists of rows."""

    def __init__(self) -> None:
        self.manifests: dict[str, list[str]] = {}
        self.files: dict[str, list[Row]] = {}
        #: Files that no COPY can read.
        self.broken: set[str] = set()


class BatchFailed(Exception):
    """A statement failed; `place` is its place in the batch."""

    def __init__(self, error: duckdb.Error, place: int) -> None:
        raced = isinstance(error, duckdb.TransactionException)
        super().__init__(f"1023 {error}" if raced else str(error))
        self.place = place


class Warehouse:
    """One database; each batch is one transaction."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._connection = duckdb.connect(config={"threads": 1})
        self._connection.execute("SET TimeZone = 'UTC'")

    def session(self) -> "duckdb.DuckDBPyConnection":
        """A session of its own, as every batch of the Data API has."""
        session = self._connection.cursor()
        session.execute("SET TimeZone = 'UTC'")
        return session

    def run(self, sqls: list[str]) -> list[list[tuple[Any, ...]]]:
        """Run a batch; the rows of each statement."""
        session = self.session()
        answers: list[list[tuple[Any, ...]]] = []
        try:
            session.execute("BEGIN")
            for text in sqls:
                answers.append(self.execute(session, text))  # noqa: PERF401 - its length is told
            session.execute("COMMIT")
        except duckdb.Error as error:
            raise BatchFailed(error, min(len(answers), len(sqls) - 1)) from error
        finally:
            session.close()
        return answers

    def run_each(self, sqls: list[str]) -> list[list[tuple[Any, ...]]]:
        """Run each statement as a transaction; a failure does not keep the others from running."""
        answers, failures = [], list[BatchFailed]()
        for place, text in enumerate(sqls):
            try:
                answers += self.run([text])
            except BatchFailed as failure:
                failure.place = place
                failures.append(failure)
        if failures:
            raise failures[0]
        return answers

    def execute(self, session: "duckdb.DuckDBPyConnection", text: str) -> list[tuple[Any, ...]]:
        """Run one statement; a COPY reads the lake."""
        if text.startswith("COPY"):
            self._copy(session, text)
            return []
        session.execute(_translated(text))
        return session.fetchall()

    def query(self, text: str) -> list[Row]:
        """Rows as dictionaries, of DuckDB SQL."""
        session = self.session()
        session.execute(text)
        names = [part[0] for part in session.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in session.fetchall()]
        session.close()
        return rows

    def table(self) -> dict[str, Row]:
        """The canonical table by `sk`; twice the same `sk` is an error."""
        rows = self.query(f'SELECT * FROM "{TABLE.tenant_id}"."{TABLE.canonical_table}"')
        by_sk = {row["sk"]: {**row, "tags": _parsed(row["tags"])} for row in rows}
        assert len(by_sk) == len(rows)
        return by_sk

    def _copy(self, session: "duckdb.DuckDBPyConnection", text: str) -> None:
        found = re.fullmatch(
            r"COPY (?P<table>\S+) \((?P<names>.*)\)\nFROM '(?P<url>\S+)'\nIAM_ROLE '\S+'\n"
            r"FORMAT AS PARQUET MANIFEST",
            text,
        )
        assert found, text
        names = [name.strip('"') for name in found["names"].split(", ")]
        for key in self._lake.manifests[found["url"]]:
            if key in self._lake.broken:
                raise duckdb.InvalidInputException(f"Spectrum Scan Error: {key} is not Parquet")
            rows = self._lake.files[key]
            # COPY maps by position.
            assert all(list(row) == names for row in rows), key
            marks = ", ".join("?" * len(names))
            insert = f"INSERT INTO {found['table']} ({found['names']}) VALUES ({marks})"
            if rows:
                session.executemany(insert, [list(row.values()) for row in rows])


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


@lru_cache(4096)
def _translated(text: str) -> str:
    tree = sqlglot.parse_one(text, read="redshift").transform(_rule)
    return tree.sql(dialect="duckdb", unsupported_level=ErrorLevel.IGNORE)


def _rule(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.DataType) and node.this is exp.DataType.Type.SUPER:
        return exp.DataType.build("JSON")
    if isinstance(node, exp.Div):
        # DuckDB makes NULL of what Redshift refuses.
        failure = exp.func("error", exp.Literal.string("Divide by zero"))
        refused = exp.cast(failure, "INT")
        return exp.Case().when(node.expression.eq(0), refused).else_(node.this)
    return node
