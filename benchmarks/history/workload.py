"""The rows that all are given: a first load, and a batch of changes to some of its records.

Raw files as the writer makes them (contract: cwp_shared.raw_columns), tickets of forty attributes
of the kinds that the API has. Every record of the batch has a later `lastUpdated` and a changed
status, owner and summary, so each makes exactly one version and ends another.
"""

import shutil
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.history.columns import CHANGING, OTHERS, REFERENCES, TEXTS
from cwp_shared.mapping import Mapping
from cwp_shared.raw_columns import META_TABLE, META_TENANT

SEED: Final = 11
RAW_FILE_ROWS: Final = 20_000
TENANT: Final = "bench"
SOURCE: Final = "service_tickets"
_BUILD: Final = Path(__file__).parents[2] / ".build"

#: What the writer says of each file.
_OWNER: Final = {META_TENANT: TENANT.encode(), META_TABLE: SOURCE.encode()}
_LOADED: Final = "2026-01-31 00:00:00+00"
_CHANGED: Final = "2026-02-28 00:00:00+00"


def mapping() -> Mapping:
    """The canonical table: a key and forty attributes, all tracked."""
    columns = [{"name": "ticket_id", "type": "bigint", "from": "id"}]
    for name in REFERENCES:
        columns.append({"name": f"{name.lower()}_id", "type": "bigint", "from": f"{name}/id"})
        columns.append(
            {"name": f"{name.lower()}_name", "type": "varchar(200)", "from": f"{name}/name"}
        )
    columns += [{"name": n.lower(), "type": "varchar(400)", "from": n} for n in TEXTS]
    columns += [{"name": n.lower(), "type": kind, "from": n} for n, (kind, _) in OTHERS.items()]
    return Mapping.model_validate(
        {
            "table": "tickets",
            "source": SOURCE,
            "version": 1,
            "key": ["ticket_id"],
            "updated_at": "_info/lastUpdated",
            "columns": columns,
        }
    )


def _time(later: str) -> str:
    return f"strftime(TIMESTAMP '2026-01-01' + {later}, '%Y-%m-%dT%H:%M:%SZ')"


def _fields() -> dict[str, str]:
    time = _time("to_seconds((hash(n, 't') % 2000000)::BIGINT)")
    fields = {"id": "n::BIGINT"}
    for name, many in REFERENCES.items():
        picked = f"(hash(n, '{name}'{', turn' if name in CHANGING else ''}) % {many})"
        fields[f"{name}__id"] = f"{picked}::BIGINT"
        fields[f"{name}__name"] = f"'{name.title()} number ' || {picked}"
    fields |= TEXTS | {name: sql.format(time=time) for name, (_, sql) in OTHERS.items()}
    fields["_info__lastUpdated"] = _time("to_days(turn * 30) + to_seconds(n % 2000000)")
    return fields


def data(history_rows: int, batch_rows: int) -> Path:
    """The folder of raw files, `base/*.parquet` and `batch/*.parquet`; made once, then kept."""
    folder = _BUILD / f"history-raw-{history_rows}-{batch_rows}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        step = history_rows // batch_rows
        _write(partial / "base", history_rows, "place + 1", turn=0, upper=_LOADED)
        # One out of each `step` records, not each `step`-th, which would all be alike.
        some = f"place * {step} + (hash(place) % {step})::BIGINT + 1"
        _write(partial / "batch", batch_rows, some, turn=1, upper=_CHANGED)
        partial.rename(folder)
    return folder


def _write(folder: Path, rows: int, number: str, turn: int, upper: str) -> None:
    folder.mkdir(parents=True)
    fields = ", ".join(f'{sql} AS "{name}"' for name, sql in sorted(_fields().items()))
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        batches = connection.sql(
            f"""
            SELECT 'run-{turn}' AS _cwp_run_id, TIMESTAMPTZ '{upper}' AS _cwp_upper,
                   0::INTEGER AS _cwp_window, (place // 1000)::INTEGER AS _cwp_page,
                   (place % 1000)::INTEGER AS _cwp_row, {fields}
            FROM (SELECT *, {number} AS n, {turn} AS turn FROM range({rows}) AS places (place))
            """
        ).to_arrow_reader(RAW_FILE_ROWS)
        for count, batch in enumerate(batches):
            table = pa.Table.from_batches([batch]).replace_schema_metadata(_OWNER)
            pq.write_table(table, folder / f"{count:05d}.parquet", compression="zstd")
