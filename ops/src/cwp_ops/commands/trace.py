"""trace: where one record is and was."""

import json
from dataclasses import replace
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table

from cwp_ops import trace as tracing
from cwp_ops.commands.options import AsJson
from cwp_ops.commands.runs import TenantName
from cwp_ops.context import Operator, operator_of
from cwp_ops.mappings import key_columns
from cwp_ops.ranged import RangedObject
from cwp_ops.recover import S3Lake
from cwp_ops.recovery_plan import is_raw
from cwp_ops.trace import CommitOf, Load, Sighting, Trace
from cwp_shared import keys
from cwp_shared.tables import source_table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: cwpipe trace acme service_tickets 4711")(trace)


def trace(  # noqa: PLR0913, PLR0917 - the options of one command
    context: typer.Context,
    tenant: TenantName,
    table: Annotated[str, typer.Argument(help="The source table.", metavar="TABLE")],
    record_id: Annotated[int, typer.Argument(help="The record's id.", metavar="ID")],
    files: Annotated[
        int, typer.Option(min=1, help="Look into so many raw files, newest first.")
    ] = 500,
    warehouse: Annotated[  # noqa: FBT002 - typer's way
        bool, typer.Option(help="Ask the warehouse too; on AWS that may wake it.")
    ] = True,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Show where a record is and was: page, raw file, commit, version, load, statement."""
    operator = operator_of(context)
    operator.book.get(tenant)
    source_table(table)
    found = _traced(operator, tenant, table, record_id, files, ask_warehouse=warehouse)
    if as_json:
        operator.out.print_json(json.dumps(found.as_json(), default=str))
    else:
        _show(operator, found)


def _traced(
    operator: Operator, tenant: str, table: str, record_id: int, most: int, *, ask_warehouse: bool
) -> Trace:
    cloud = operator.cloud
    lake = S3Lake(cloud.s3, cloud.bucket)
    raw_keys = [key for key, _ in lake.keys(keys.raw_prefix(tenant, table)) if is_raw(key)]
    looked_at = raw_keys[-most:]
    with Progress(console=operator.err, disable=not operator.err.is_terminal) as progress:
        bar = progress.add_task("raw files", total=len(looked_at))
        seen = tracing.sightings(
            lambda key: RangedObject(cloud.s3, cloud.bucket, key),
            looked_at,
            record_id,
            lambda count: progress.advance(bar, count),
        )
    commits: list[CommitOf] = []
    loads: list[Load] = []
    versions: dict[str, list[dict[str, Any]]] = {}
    id_columns = key_columns(operator.root)
    for name in operator.canonical_tables.get(table, ()):
        mine = tracing.commits_of(lake, tenant, name, (one.raw_key for one in seen))
        commits += mine
        if ask_warehouse:
            column = id_columns[name][0]
            versions[name] = tracing.versions(cloud.warehouse, tenant, name, column, record_id)
            sequences = [commit.sequence for commit in mine]
            head = operator.stores.load_head(tenant, name) or {}
            loads += tracing.loads_of(cloud.warehouse, tenant, name, sequences, head)
    return Trace(
        tenant_id=tenant,
        table=table,
        id=record_id,
        files=len(raw_keys),
        looked_at=len(looked_at),
        sightings=tuple(_with_landing(operator, tenant, table, one) for one in seen),
        commits=tuple(commits),
        versions=versions,
        loads=tuple(loads),
    )


def _with_landing(operator: Operator, tenant: str, table: str, one: Sighting) -> Sighting:
    """The sighting with its page's landing key, as the run's receipts name the job."""
    for receipt in operator.stores.receipts(one.run_id) if one.absent_at is None else ():
        if (int(receipt["window"]), int(receipt["page"])) == (one.window, one.page):
            key = keys.landing(tenant, table, one.run_id, str(receipt["job_id"]))
            return replace(one, landing_key=key)
    return one


def _show(operator: Operator, found: Trace) -> None:
    out = operator.out
    cut = f" (the newest of {found.files:,})" if found.looked_at < found.files else ""
    out.print(f"{found.table} {found.id}: looked into {found.looked_at:,} raw files{cut}")
    seen = Table("raw file", "run", "page", "lastUpdated", "landing", title="seen in raw/")
    for one in found.sightings:
        said = f"absent since {one.absent_at}" if one.absent_at else one.last_updated or ""
        page = f"{one.window}/{one.page}"
        name = one.raw_key.rsplit("/", 1)[-1]
        seen.add_row(name, one.run_id, page, said, one.landing_key or "")
    out.print(seen)
    commits = Table("table", "raw file", "revision", "sequence", "canonical file", title="commits")
    for commit in found.commits:
        name = commit.raw_key.rsplit("/", 1)[-1]
        number, sequence = str(commit.revision), str(commit.sequence)
        commits.add_row(commit.canonical_table, name, number, sequence, commit.canonical_key or "")
    out.print(commits)
    for name, rows in found.versions.items():
        table = Table(*(rows[0] if rows else ("versions",)), title=f"versions in {name}")
        for row in rows:
            table.add_row(*("" if value is None else str(value) for value in row.values()))
        out.print(table)
    loads = Table("table", "load", "statement", "sequences", "loaded at", title="loads")
    for load in found.loads:
        span = f"{load.first_sequence} to {load.last_sequence}"
        loads.add_row(
            load.canonical_table, load.load_id, load.statement_id or "", span, load.loaded_at
        )
    out.print(loads)
