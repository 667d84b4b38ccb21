"""reconcile: sweep the ids of tables, and follow what that proves into the warehouse."""

import json
import time
from typing import Annotated, Any

import typer

from cwp_ops.commands.options import AsJson
from cwp_ops.commands.runs import TenantName
from cwp_ops.commands.sync import PATIENCE_S, follow, report, wanted_of
from cwp_ops.context import Operator, operator_of
from cwp_ops.errors import OperatorError
from cwp_ops.follow import Tracked
from cwp_ops.queue_depths import wait_until_empty
from cwp_ops.sweep_result import SweepResult, sweep_result

#: What a sweep proves passes these services.
_BEHIND_SWEEPS = frozenset({"transformer", "loader"})


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: cwpipe reconcile acme --table service_tickets")(reconcile)


def reconcile(
    context: typer.Context,
    tenant: TenantName,
    table: Annotated[
        list[str] | None, typer.Option(help="Only this table; may be repeated.")
    ] = None,
    patience: Annotated[
        int, typer.Option(min=5, help="Give up when nothing has moved for so many seconds.")
    ] = PATIENCE_S,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Sweep all ids of tables to find deletes, and wait until these are in the warehouse.

    A delete is believed when two complete sweeps in a row miss the id: what was deleted since the
    last sweep is only noted by this one. Exit code 1 if a sweep failed, or is held back because
    too many ids are missing.
    """
    operator = operator_of(context)
    wanted = wanted_of(operator, tenant, table or (), "reconcile")
    tracked = follow(operator, wanted, patience, quiet=as_json)
    is_well = as_json or report(operator, tracked)
    results = [_result(operator, one, patience) for one in tracked]
    if any(result and result.raw_key for _, result in results):
        operator.say("waiting until histories and warehouse have caught up")
        depths = lambda: [d for d in operator.depths() if d.queue.service in _BEHIND_SWEEPS]  # noqa: E731
        wait_until_empty(depths, patience)
    told = [_told(one, result) for one, result in results]
    if as_json:
        operator.out.print_json(json.dumps(told))
    else:
        for line in told:
            operator.out.print(_line(line), markup=False, soft_wrap=True)
    if not is_well or any(line["status"] != "compared" for line in told):
        raise typer.Exit(1)


def _result(
    operator: Operator, one: Tracked, patience_s: float
) -> tuple[Tracked, SweepResult | None]:
    """What the comparison found, waited for; None: the sweep failed.

    Raises:
        OperatorError: it is not compared in time.
    """
    if one.progress.stage == "failed" or one.run_id is None:
        return one, None
    s3, bucket = operator.cloud.s3, operator.cloud.bucket
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if found := sweep_result(s3, bucket, one.wanted.tenant_id, one.wanted.table, one.run_id):
            return one, found
        time.sleep(0.5)
    raise OperatorError(
        f"sweep {one.run_id} of {one.wanted.table} is complete and not compared after "
        f"{patience_s:.0f} s; see `cwpipe dlq list writer-sweeps`"
    )


def _told(one: Tracked, result: SweepResult | None) -> dict[str, Any]:
    about = {"table": one.wanted.table, "run_id": one.run_id, "ids": one.progress.rows}
    if result is None:
        return {**about, "status": "failed", "reason": one.progress.detail}
    found = {"deleted": result.deleted, "known": result.known, "reason": result.held}
    return {**about, "status": "held" if result.held else "compared", **found}


def _line(told: dict[str, Any]) -> str:
    match told["status"]:
        case "compared":
            return (
                f"{told['table']}: {told['ids']:,} ids listed, {told['deleted']:,} proven deleted"
            )
        case "held":
            return f"{told['table']}: {told['deleted']:,} missing ids held back: {told['reason']}"
        case _:
            return f"{told['table']}: failed: {told['reason']}"
