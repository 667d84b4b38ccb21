"""Is the table right? Asked of every output before its time counts."""

import json
from math import isclose
from pathlib import Path
from typing import Any

import duckdb


class WrongOutputError(Exception):
    """An output does not hold what the pages hold; the text says where they part."""


def check(out: Path, facts: dict[str, Any], names: dict[str, str]) -> None:
    """Compare the Parquet files under `out` with the facts.

    Args:
        out: a folder, searched to any depth.
        facts: what `workload.facts` says.
        names: the output's own names of columns, where they are not ours.

    Raises:
        WrongOutputError: a number of rows, a sum or a sample differs.
    """

    def column(name: str) -> str:
        return f'"{names.get(name, name)}"'

    with duckdb.connect() as connection:
        connection.execute(
            "create view found as select * from "
            f"read_parquet('{out}/**/*.parquet', union_by_name = true)"
        )
        wanted = {"rows": facts["rows"]}
        asked = {"rows": "count(*)"}
        for name, total in facts["sums"].items():
            wanted[f"sum of {name}"], asked[f"sum of {name}"] = total, f"sum({column(name)})"
        for name, number in facts["there"].items():
            wanted[f"count of {name}"], asked[f"count of {name}"] = number, f"count({column(name)})"
        found = _only(connection, f"select {', '.join(asked.values())} from found")
        for what, value in zip(asked, found, strict=True):
            if not isclose(value, wanted[what], rel_tol=1e-9):
                raise WrongOutputError(f"{what}: {value} instead of {wanted[what]}")
        for sample in facts["samples"]:
            _check_sample(connection, sample, {name: column(name) for name in sample})


def _check_sample(
    connection: duckdb.DuckDBPyConnection, sample: dict[str, Any], columns: dict[str, str]
) -> None:
    question = f"select {', '.join(columns.values())} from found where {columns['id']} = ?"
    row = dict(zip(columns, _only(connection, question, [sample["id"]]), strict=True))
    # Absent or null is the same to those that make a struct of all fields.
    row["customFields"] = [
        {name: value for name, value in each.items() if value is not None}
        for each in json.loads(row["customFields"])
    ]
    if row != sample:
        raise WrongOutputError(f"ticket {sample['id']}: {row} instead of {sample}")


def _only(
    connection: duckdb.DuckDBPyConnection, question: str, values: list[Any] | None = None
) -> tuple[Any, ...]:
    rows = connection.execute(question, values or []).fetchall()
    if len(rows) != 1:
        raise WrongOutputError(f"{len(rows)} rows instead of one for {question} {values or ''}")
    return tuple(rows[0])
