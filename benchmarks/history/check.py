"""Is the history right? Asked of every output before its time counts."""

from math import isclose
from pathlib import Path
from typing import Final

import duckdb

#: What the opened rows are asked, and what the closed ones are.
_OPENED: Final = (
    "SELECT count(*), sum(id), sum(hours), count(DISTINCT summary), bit_xor(hash(summary, status)) "
    "FROM ({})"
)
_CLOSED: Final = "SELECT count(*), sum(id), bit_xor(hash(id)) FROM ({})"
_BATCH: Final = """
    SELECT id, "actualHours" AS hours, summary, "status__name" AS status
    FROM '{data}/batch/*.parquet'
"""


class WrongOutputError(Exception):
    """A history does not hold what the batch makes of it; the text says where they part."""


def check(opened: str, closed: str, data: Path, database: Path | None = None) -> None:
    """Every row of the batch opened a version, and closed the one before it, and nothing else.

    Args:
        opened: SQL of `id`, `hours`, `summary`, `status` of the versions that the batch made.
        closed: SQL of `id` of the versions that are not current any more.
        data: folder of the workload.
        database: a DuckDB file that both speak of.

    Raises:
        WrongOutputError: a number differs.
    """
    batch = _BATCH.format(data=data)
    with duckdb.connect(str(database or ":memory:"), read_only=database is not None) as connection:
        for what, question, found, right in (
            ("opened", _OPENED, opened, batch),
            ("closed", _CLOSED, closed, f"SELECT id FROM ({batch})"),
        ):
            got, wanted = (
                connection.sql(question.format(sql)).fetchall()[0] for sql in (found, right)
            )
            if not all(
                isclose(one, other, rel_tol=1e-12) for one, other in zip(got, wanted, strict=True)
            ):
                raise WrongOutputError(f"{what}: {got} instead of {wanted}")
