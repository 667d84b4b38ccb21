"""Measures sandbox to raw Parquet through the deployed services: `make bench-extract`.

    python -m benchmarks.extract [--tickets 20000]

A company of the sandbox is synced in full, then once more after a few hundred rows changed; the
clock runs from the request until the last run has ended, which is when all its pages are in raw/
and counted. Every row must be in raw/ once, and every changed one again.

API requests are counted in the sandbox's own log and held against the least possible
(`made.least`). What a full run makes beyond it buys windows that are read at the same time: three
to learn a table's size and where its ids begin and end, and for each further window a page that is
not full and a count. `companyinfo`, which tells where a company lives, is asked by each function's
container once.
"""

import argparse
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from io import BytesIO
from typing import Any, Final

import pyarrow.parquet as pq

from benchmarks.common.cloud import embedded_cloud
from benchmarks.common.machine import versions
from benchmarks.common.results import Line, line, show, write
from benchmarks.common.tenant import (
    CHANGED,
    REQUESTS_A_MINUTE,
    SEED,
    TABLES,
    NotAsItMustBeError,
    add_tenant,
)
from benchmarks.extract.made import least, made
from cwp_local.sandbox.control import SandboxControl
from cwp_ops.context import Operator
from cwp_shared.clock import utc_now
from cwp_shared.events import SyncRequested

TENANT: Final = "bench"
_LOOK_EVERY_SECONDS: Final = 0.2
_MOST_SECONDS: Final = 600


def main() -> None:
    """Measure, check, print, store."""
    parser = argparse.ArgumentParser(description="Measure sandbox to raw Parquet.")
    parser.add_argument("--tickets", type=int, default=20_000, help="with all that goes with them")
    options = parser.parse_args()
    with embedded_cloud() as operator:
        sandbox = SandboxControl(operator.home.sandbox_url)
        add_tenant(operator, TENANT, options.tickets)
        counts = sandbox.company(TENANT).counts
        rows = {table: counts[table] for table in TABLES}
        first, requests = _measured("all rows, full", operator, sandbox, rows, rows)
        played = sandbox.play(TENANT, **CHANGED, seed=SEED, tables=TABLES).tables
        changed = {table: len(played[table].added + played[table].updated) for table in TABLES}
        for table in TABLES:
            rows[table] += len(played[table].added)
        second, more = _measured("what changed, incremental", operator, sandbox, changed, rows)
    lines = [first, second]
    show(f"{options.tickets:,} tickets and what goes with them to raw Parquet", lines)
    workload = {
        "tickets": options.tickets,
        "seed": SEED,
        "rows": rows,
        "requests_per_minute": REQUESTS_A_MINUTE,
        "requests": {first.name: requests, second.name: more},
    }
    used = versions(["pyarrow", "msgspec", "boto3", "requests"])
    print(write("extract", workload=workload, versions=used, lines=lines))


def _measured(
    name: str,
    operator: Operator,
    sandbox: SandboxControl,
    coming: Mapping[str, int],
    there: Mapping[str, int],
) -> tuple[Line, dict[str, int]]:
    """Sync once. `coming`: rows that must come, by table; `there`: ids that raw/ has then."""
    before, since = _raw(operator), sandbox.log().last
    asked_at, began = utc_now().isoformat(), time.perf_counter()
    operator.cloud.bus.publish([SyncRequested(tenant_id=TENANT, mode="incremental", tables=TABLES)])
    _wait(lambda: all(_ended(operator, table, asked_at) for table in TABLES))
    seconds = time.perf_counter() - began
    _check(before, _raw(operator), coming, there)
    found, fewest = made(sandbox.log(since).entries), least(coming)
    came = sum(coming.values())
    return (
        line(name, [seconds], rows=came, note=f"{came:,} rows; {found.told(fewest)}"),
        {**asdict(found), "all": found.all, "least": fewest},
    )


def _ended(operator: Operator, table: str, asked_at: str) -> bool:
    run = operator.stores.newest_run(TENANT, table) or {}
    if run.get("status") == "FAILED":
        raise NotAsItMustBeError(f"{table}: {run.get('reason_class')}: {run.get('reason')}")
    return run.get("status") == "COMPLETED" and str(run["opened_at"]) >= asked_at


def _wait(is_over: Callable[[], bool]) -> None:
    latest = time.monotonic() + _MOST_SECONDS
    while not is_over():
        if time.monotonic() > latest:
            raise NotAsItMustBeError(f"not over after {_MOST_SECONDS} s; see `cwpipe status`")
        time.sleep(_LOOK_EVERY_SECONDS)


def _raw(operator: Operator) -> dict[str, list[int]]:
    """The ids in raw/ by table, as often as they are there."""
    return {table: list(_ids(operator, table)) for table in TABLES}


def _ids(operator: Operator, table: str) -> Iterable[int]:
    s3: Any = operator.cloud.s3
    place = {"Bucket": operator.cloud.bucket, "Prefix": f"{TENANT}/raw/connectwise/{table}/"}
    for listed in s3.get_paginator("list_objects_v2").paginate(**place):
        for found in listed.get("Contents", ()):
            body = s3.get_object(Bucket=place["Bucket"], Key=found["Key"])["Body"].read()
            yield from pq.read_table(BytesIO(body), columns=["id"])["id"].to_pylist()


def _check(
    before: Mapping[str, list[int]],
    after: Mapping[str, list[int]],
    coming: Mapping[str, int],
    there: Mapping[str, int],
) -> None:
    for table in TABLES:
        came, ids = len(after[table]) - len(before[table]), len(set(after[table]))
        # An incremental run looks back a little: rows changed just before come again.
        if came < coming[table] or ids != there[table] or (not before[table] and came != ids):
            raise NotAsItMustBeError(
                f"{table}: {came} rows came and raw/ has {ids} ids; the sandbox has "
                f"{there[table]}, of which {coming[table]} had to come"
            )


if __name__ == "__main__":
    main()
