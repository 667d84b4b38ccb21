"""The history that canonical files add up to: what any reader of them has to get."""

from collections.abc import Iterable

import pyarrow as pa

from cwp_transformer.engine import query


def history_rows(files: Iterable[pa.Table]) -> pa.Table:
    """The rows after applying every file's operations in sequence order; any order, any repeats.

    An `open` stands until a later operation of its `sk`; a later `close` gives it its interval
    and flags; a later `remove` takes it away. The columns are all that the files have, without
    `op`: a file of an older mapping has NULL in newer columns.
    """
    operations = pa.concat_tables(files, promote_options="default")
    interval = ("effective_from", "effective_to", "is_current", "is_deleted")
    current = ", ".join(
        f"CASE WHEN c.sk IS NULL THEN o.{n} ELSE c.{n} END AS {n}" for n in interval
    )
    return query(
        f"""
        WITH latest AS (
            SELECT * FROM operations
            QUALIFY row_number() OVER (
                PARTITION BY sk, op = 'close' ORDER BY sequence DESC
            ) = 1
        )
        SELECT o.* EXCLUDE (op) REPLACE ({current})
        FROM latest o LEFT JOIN latest c
        ON c.op = 'close' AND c.sk = o.sk AND c.sequence >= o.sequence
        WHERE o.op = 'open'
        ORDER BY o.sk
        """,  # noqa: S608 - the constant above
        operations=operations,
    )
